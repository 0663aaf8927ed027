package report

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
)

// output collects bytes and writes them in large pieces. After an error it writes nothing more.
type output struct {
	w   io.Writer
	buf []byte
	err error
}

// chunk is how many bytes wait before they are written.
const chunk = 32 << 10

// spill writes what waits if it is worth a call.
func (o *output) spill() {
	if len(o.buf) >= chunk {
		_ = o.flush() // kept in o.err
	}
}

// flush writes what waits.
func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}

func (o *output) text(s string) { o.buf = append(o.buf, s...) }

// spaces appends n spaces.
func (o *output) spaces(n int) {
	for ; n > 0; n-- {
		o.buf = append(o.buf, ' ')
	}
}

const ones = 0x0101010101010101

// plain8 reports whether the eight bytes of x stand for themselves in a JSON string.
func plain8(x uint64) bool {
	return (x|(x-ones*0x20)|((x^ones*'"')-ones)|((x^ones*'\\')-ones))&(ones*0x80) == 0
}

// appendString appends s as a JSON string. What is not valid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	start := 0
	for i := 0; i < len(s); {
		if i+8 <= len(s) {
			v := s[i : i+8]
			if plain8(uint64(v[0]) | uint64(v[1])<<8 | uint64(v[2])<<16 | uint64(v[3])<<24 |
				uint64(v[4])<<32 | uint64(v[5])<<40 | uint64(v[6])<<48 | uint64(v[7])<<56) {
				i += 8
				continue
			}
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(b, s[start:i]...)
				b = append(b, `\ufffd`...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
		i++
		start = i
	}
	return append(b, s[start:]...)
}

// appendOptional appends a member with a string value unless it is empty. The key is `,"name":`.
func appendOptional(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, key...), s)
}

// appendNumber appends a member with a number. The key is `,"name":`.
func appendNumber(b []byte, key string, n int) []byte {
	return strconv.AppendInt(append(b, key...), int64(n), 10)
}

// appendStrings appends a member with a list of strings unless it is empty.
func appendStrings(b []byte, key string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, key...)
	for i, s := range list {
		b = append(b, "[,"[min(i, 1)])
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendSubject appends what a finding is about: "Deployment/shop/web, container app".
func appendSubject(b []byte, r *control.Ref) []byte {
	b = append(append(b, r.Kind...), '/')
	if r.Namespace != "" {
		b = append(append(b, r.Namespace...), '/')
	}
	b = append(b, r.Name...)
	if r.Container != "" {
		b = append(b, ", "...)
		b = append(append(b, cmp.Or(r.ContainerSort, "container")...), ' ')
		b = append(b, r.Container...)
	}
	return b
}

// placeFile is the file of a place, which may be another one than was scanned: the template of what was rendered.
func placeFile(path string, p *control.Place) string { return repoPath(cmp.Or(p.File, path)) }

// appendPosition appends where something is: "deploy/web.yaml:21:23".
func appendPosition(b []byte, path string, p *control.Place) []byte {
	b = append(b, placeFile(path, p)...)
	if p.Line > 0 {
		b = appendNumber(b, ":", p.Line)
		b = appendNumber(b, ":", max(p.Column, 1))
	}
	return b
}

// lastLine is the last line that a place has a character in.
func lastLine(p *control.Place) int {
	if p.EndLine > p.Line && p.EndColumn <= 1 {
		return p.EndLine - 1
	}
	return max(p.EndLine, p.Line)
}

// appendMessage appends what is wrong, and for a finding that is no failure what it is.
func appendMessage(b []byte, f *control.Finding) []byte {
	if f.Status == control.Unknown {
		b = append(append(append(b, "could not judge "...), f.Control.ID...), ": "...)
		return append(b, cmp.Or(f.Reason, f.Message)...)
	}
	return append(b, f.Message...)
}

// epoch stands where a format demands a time and the run has none.
const epoch = "1970-01-01T00:00:00Z"

// timeOr returns the first text that is a time.
func timeOr(texts ...string) string {
	for _, s := range texts {
		if _, err := time.Parse("2006-01-02T15:04:05Z", s); err == nil && len(s) == len(epoch) {
			return s
		}
	}
	return epoch
}

// appendUUID appends the UUID of version 5 (RFC 9562) that belongs to the parts of a name.
func appendUUID(b []byte, parts ...string) []byte {
	var room [128]byte
	// The namespace is the version 5 UUID of the homepage in the namespace of URLs.
	name := append(room[:0], "\xdf\xd8\x4b\x21\x1a\xcf\x5f\x65\x91\xe7\x62\xf8\x1b\xfe\x40\xb1"...)
	for _, part := range parts {
		name = append(append(name, part...), 0)
	}
	sum := sha1.Sum(name)
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	b = hex.AppendEncode(b, sum[:4])
	for i := 4; i < 10; i += 2 {
		b = hex.AppendEncode(append(b, '-'), sum[i:i+2])
	}
	return hex.AppendEncode(append(b, '-'), sum[10:16])
}
