package tree

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// decode returns the text of a scalar that is not simply the bytes between its quotes.
func (t *Tree) decode(n *node) []byte {
	b := t.src[n.start:n.end]
	switch n.style {
	case SingleQuoted:
		return decodeSingle(b[1 : len(b)-1])
	case DoubleQuoted:
		if t.json {
			var s string
			if json.Unmarshal(b, &s) == nil {
				return unsafeBytes(s)
			}
			return nil // cannot be: the parser has checked the string
		}
		return decodeDouble(b[1 : len(b)-1])
	case Literal, Folded:
		// Unusual headers are decoded while parsing, here are only | and > with an optional minus.
		k := bytes.IndexByte(b, '\n')
		chomp := chompClip
		if bytes.IndexByte(commentless(b[:k]), '-') >= 0 {
			chomp = chompStrip
		}
		end := int(n.end)
		for end < t.end && t.src[end] != '\n' {
			end++ // a carriage return at most
		}
		if end < t.end {
			end++
		}
		body := t.src[int(n.start)+k+1 : end]
		return decodeBlock(body, bodyIndent(body), n.style == Folded, chomp)
	default:
		return foldPlain(b)
	}
}

func commentless(header []byte) []byte {
	if before, _, ok := bytes.Cut(header, []byte{'#'}); ok {
		return before
	}
	return header
}

// whitespace returns the end of the blanks and line breaks that begin at i, and how many line breaks are among them.
func whitespace(b []byte, i int) (end, breaks int) {
	for ; i < len(b); i++ {
		switch b[i] {
		case '\n':
			breaks++
		case ' ', '\t':
		case '\r':
			if i+1 == len(b) || b[i+1] != '\n' {
				return i, breaks
			}
		default:
			return i, breaks
		}
	}
	return i, breaks
}

// fold appends what the blanks and breaks b[i:end] become in a flow scalar: one break is a space, more are one less.
func fold(dst, b []byte, i, end, breaks int) []byte {
	switch breaks {
	case 0:
		return append(dst, b[i:end]...)
	case 1:
		return append(dst, ' ')
	}
	for range breaks - 1 {
		dst = append(dst, '\n')
	}
	return dst
}

func foldPlain(b []byte) []byte {
	dst := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if c := b[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			dst = append(dst, c)
			i++
			continue
		}
		end, breaks := whitespace(b, i)
		dst = fold(dst, b, i, end, breaks)
		i = max(end, i+1)
	}
	return dst
}

func decodeSingle(b []byte) []byte {
	dst := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		switch c := b[i]; c {
		case '\'':
			dst = append(dst, '\'')
			i += 2
		case ' ', '\t', '\n', '\r':
			end, breaks := whitespace(b, i)
			dst = fold(dst, b, i, end, breaks)
			i = max(end, i+1)
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

func decodeDouble(b []byte) []byte {
	dst := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		switch c := b[i]; c {
		case '\\':
			i++
			if b[i] == '\n' || b[i] == '\r' {
				// An escaped line break vanishes, with the blanks behind it; blank lines behind it do not.
				end, breaks := whitespace(b, i)
				for range breaks - 1 {
					dst = append(dst, '\n')
				}
				i = end
				continue
			}
			r, n := unescape(b[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		case ' ', '\t', '\n', '\r':
			end, breaks := whitespace(b, i)
			dst = fold(dst, b, i, end, breaks)
			i = max(end, i+1)
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// unescape reads what stands behind a backslash; n is 0 if that is no escape of YAML 1.1.
func unescape(b []byte) (r rune, n int) {
	digits := 0
	switch b[0] {
	case '0':
		return 0, 1
	case 'a':
		return '\a', 1
	case 'b':
		return '\b', 1
	case 't', '\t':
		return '\t', 1
	case 'n':
		return '\n', 1
	case 'v':
		return '\v', 1
	case 'f':
		return '\f', 1
	case 'r':
		return '\r', 1
	case 'e':
		return 0x1b, 1
	case ' ', '"', '\'', '\\':
		return rune(b[0]), 1
	case 'N':
		return 0x85, 1
	case '_':
		return 0xA0, 1
	case 'L':
		return 0x2028, 1
	case 'P':
		return 0x2029, 1
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0, 0
	}
	if len(b) < 1+digits {
		return 0, 0
	}
	v := uint64(0)
	for _, c := range b[1 : 1+digits] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, 0
		}
		v = v<<4 | uint64(c)
	}
	if v > utf8.MaxRune || v >= 0xD800 && v <= 0xDFFF {
		return 0, 0
	}
	return rune(v), 1 + digits
}

// What becomes of the line breaks at the end of a block scalar.
const (
	chompClip  = 0
	chompStrip = -1
	chompKeep  = 1
)

// bodyIndent returns the indentation of the first line of a block scalar that is not blank.
func bodyIndent(body []byte) int {
	indent := 0
	for i := range body {
		switch body[i] {
		case ' ':
			indent++
		case '\n':
			indent = 0
		case '\r':
		default:
			return indent
		}
	}
	return indent
}

// decodeBlock returns the text of a block scalar, given the lines behind its header.
func decodeBlock(body []byte, indent int, folded bool, chomp int) []byte {
	dst := make([]byte, 0, len(body))
	broken := false  // the line before ended in a line break that is not written yet
	breaks := 0      // blank lines behind it
	wasMore := false // the line before began with a blank
	for len(body) > 0 {
		line, rest, isBroken := body, []byte(nil), false
		if k := bytes.IndexByte(body, '\n'); k >= 0 {
			line, rest, isBroken = body[:k], body[k+1:], true
			if k > 0 && line[k-1] == '\r' {
				line = line[:k-1]
			}
		}
		body = rest
		i := 0
		for i < len(line) && i < indent && line[i] == ' ' {
			i++
		}
		line = line[i:]
		if len(line) == 0 {
			if isBroken {
				breaks++
			}
			continue
		}
		more := line[0] == ' ' || line[0] == '\t'
		switch {
		case folded && broken && !wasMore && !more:
			if breaks == 0 {
				dst = append(dst, ' ')
			}
		case broken:
			dst = append(dst, '\n')
		}
		for range breaks {
			dst = append(dst, '\n')
		}
		dst = append(dst, line...)
		broken, breaks, wasMore = isBroken, 0, more
	}
	if broken && chomp != chompStrip {
		dst = append(dst, '\n')
	}
	if chomp == chompKeep {
		for range breaks {
			dst = append(dst, '\n')
		}
	}
	return dst
}
