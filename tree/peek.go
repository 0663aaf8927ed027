package tree

import (
	"bytes"
	"encoding/binary"
)

// Peek looks for top-level keys that have plain one-word values, kind: Pod, without parsing the document. It sets
// values[i] to the value of keys[i], nil if there is no such key, and reports true only if that is certain. values must be
// as long as keys.
//
// A key that the document has cannot be hidden from Peek, nor can it have another value than the one reported. Only a
// document that lacks a key may pretend to have it, by a quoted scalar with a line that looks like it; or the document
// is broken.
//
// It is certain if the document begins with a plain key at column 0 and no other line at column 0 begins with anything
// but a letter, a dash or a comment: then all its top-level keys stand there, spelled out.
func Peek(src []byte, doc Document, keys []string, values [][]byte) bool {
	clear(values)
	body := src[doc.Start:doc.End]
	if isMarker(body, 0) {
		i := endOfLine(body, 3)
		if i < 0 || body[0] == '.' {
			return false
		}
		body = body[i:]
	}
	if !simpleBytes(body) {
		return false
	}
	// waiting is set while the line after a value that was taken is not known: it must not go on with it.
	started, waiting := false, false
	for i := 0; i < len(body); i = lineAfter(body, i) {
		c := body[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			started, waiting = true, false
			for k, key := range keys {
				if key[0] != c || !bytes.HasPrefix(body[i:], []byte(key)) {
					continue
				}
				j := skipSpaces(body, i+len(key))
				if j >= len(body) || body[j] != ':' {
					if j < len(body) && body[j] == '\t' {
						return false
					}
					continue
				}
				value := simpleWord(body, j+1)
				if value == nil || values[k] != nil {
					return false
				}
				values[k], waiting = value, true
			}
		case c == '\n', c == '\r', c == '#':
		case c == ' ':
			if started && !waiting {
				continue
			}
			// Before the first key, and behind a value, only blank lines and comments will do.
			if j := skipSpaces(body, i); atBreak(body, j) < 0 && body[j] != '#' {
				return false
			}
		case c == '-':
			if !started || !isDash(body, i) {
				return false
			}
			waiting = false
		default:
			return false
		}
	}
	return started
}

// simpleWord returns the word that makes up the rest of a line from i on, comment aside; nil if it is anything else.
func simpleWord(s []byte, i int) []byte {
	start := skipSpaces(s, i)
	if start == i || start >= len(s) || !isWordByte(s[start]) || s[start] == '-' || s[start] == '.' {
		return nil
	}
	end := start
	for end < len(s) && isWordByte(s[end]) {
		end++
	}
	if endOfLine(s, end) < 0 {
		return nil
	}
	return s[start:end]
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '/' || c == '-'
}

// simpleBytes reports whether no line break hides in s but \n and \r\n.
func simpleBytes(s []byte) bool {
	for i := 0; ; {
		k := bytes.IndexByte(s[i:], '\r')
		if k < 0 {
			break
		}
		if i += k + 1; i == len(s) || s[i] != '\n' {
			return false
		}
	}
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if binary.LittleEndian.Uint64(s[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for ; i < len(s) && s[i] < 0x80; i++ {
	}
	s = s[i:]
	for _, odd := range []string{"\u0085", "\u2028", "\u2029", bom} {
		if bytes.Contains(s, []byte(odd)) {
			return false
		}
	}
	return true
}
