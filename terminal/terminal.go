// Package terminal shows texts that are not trusted on terminals, and knows how wide they are there. Whatever moves the cursor,
// changes colours, reorders or hides text is shown by its escape. It knows no formats and no Kubernetes.
package terminal

import (
	"unicode"
	"unicode/utf8"
)

// tab is how a tab is shown. It does not depend on the column, so that a line that is cut looks as one that is not.
const tab = "    "

// Sanitize returns a text as a terminal may see it.
func Sanitize(s string) string { return string(AppendSanitized(make([]byte, 0, len(s)), s)) }

// AppendSanitized appends s as a terminal may see it.
func AppendSanitized(dst []byte, s string) []byte {
	for i := 0; ; {
		start := i
		for i < len(s) && s[i] >= 0x20 && s[i] < 0x7f {
			i++
		}
		dst = append(dst, s[start:i]...)
		if i == len(s) {
			return dst
		}
		var size int
		dst, size, _ = AppendRune(dst, s[i:])
		i += size
	}
}

// AppendRune appends the first character of s, which is not empty, as a terminal may see it, and returns its bytes in s and its
// columns on the screen.
func AppendRune(dst []byte, s string) (out []byte, size, width int) {
	switch c := s[0]; {
	case c >= 0x20 && c < 0x7f:
		return append(dst, c), 1, 1
	case c == '\t':
		return append(dst, tab...), 1, len(tab)
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
		start := len(dst)
		dst, size = AppendEscape(dst, s)
		return dst, size, len(dst) - start
	}
	return append(dst, s[:size]...), size, RuneWidth(r)
}

// AppendEscape appends the escape of the first character of s, which is not empty, and returns its bytes in s: those of Go's string
// literals, all of them plain ASCII.
func AppendEscape(dst []byte, s string) (out []byte, size int) {
	const hex = "0123456789abcdef"
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == '\n':
		return append(dst, `\n`...), size
	case r == '\r':
		return append(dst, `\r`...), size
	case r == '\t':
		return append(dst, `\t`...), size
	case r < utf8.RuneSelf, r == utf8.RuneError && size == 1:
		return append(dst, '\\', 'x', hex[s[0]>>4], hex[s[0]&0xf]), 1
	case r < 0x10000:
		return append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf]), size
	}
	return append(dst, '\\', 'U', '0', '0', hex[r>>20], hex[r>>16&0xf], hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf]), size
}
