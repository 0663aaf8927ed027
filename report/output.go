package report

import (
	"io"
	"strconv"
	"unicode/utf8"
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
	const hex = "0123456789abcdef"
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
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
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
