package report

import (
	"unicode"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
)

// tab is how a tab is shown. It does not depend on the column, so that a line that is cut looks as one that is not.
const tab = "    "

// appendShown appends the character at s[i] as a terminal may see it, and returns its bytes in s and its columns on the screen.
// Files are not trusted: whatever moves the cursor, changes colours, reorders or hides text is shown by its escape.
func appendShown(dst []byte, s string, i int) (out []byte, size, columns int) {
	const hex = "0123456789abcdef"
	c := s[i]
	switch {
	case c >= 0x20 && c < 0x7f:
		return append(dst, c), 1, 1
	case c == '\t':
		return append(dst, tab...), 1, len(tab)
	case c == '\n':
		return append(dst, `\n`...), 1, 2
	case c == '\r':
		return append(dst, `\r`...), 1, 2
	case c < utf8.RuneSelf:
		return append(dst, '\\', 'x', hex[c>>4], hex[c&0xf]), 1, 4
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == utf8.RuneError && size == 1:
		return append(dst, '\\', 'x', hex[c>>4], hex[c&0xf]), 1, 4
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
		start := len(dst)
		if r < 0x10000 {
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		} else {
			dst = append(dst, '\\', 'U', '0', '0', hex[r>>20], hex[r>>16&0xf], hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		}
		return dst, size, len(dst) - start
	}
	return append(dst, s[i:i+size]...), size, columnsOf(r)
}

// columnsOf returns how many columns of a terminal a printable character takes.
func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// appendClean appends s as a terminal may see it.
func appendClean(dst []byte, s string) []byte {
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
		dst, size, _ = appendShown(dst, s, i)
		i += size
	}
}

// Sanitize returns text from files as a terminal may see it: whatever moves the cursor, changes colours, reorders or hides
// text is shown by its escape.
func Sanitize(s string) string { return string(appendClean(make([]byte, 0, len(s)), s)) }

// columns returns how many columns a clean text takes.
func columns(s []byte) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		n += columnsOf(r)
		i += size
	}
	return n
}

// appendCut appends the clean text s in at most width columns. If it is longer, its end is cut, or its beginning if
// left is set, and the mark stands there.
func appendCut(dst, s []byte, width int, left bool, mark string) []byte {
	over := columns(s) - width
	if over <= 0 {
		return append(dst, s...)
	}
	room := width - columns([]byte(mark))
	if room <= 0 {
		return append(dst, mark[:max(0, min(width, len(mark)))]...)
	}
	if left {
		at := len(s)
		for at > 0 {
			r, size := utf8.DecodeLastRune(s[:at])
			if room -= columnsOf(r); room < 0 {
				break
			}
			at -= size
		}
		return append(append(dst, mark...), s[at:]...)
	}
	part, _ := fitting(s, room)
	return append(append(dst, part...), mark...)
}

// fitting returns the beginning of the clean text s that fits into a width, and its columns. It is never empty.
func fitting(s []byte, width int) (part []byte, columns int) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		n := columnsOf(r)
		if columns+n > width && i > 0 {
			return s[:i], columns
		}
		columns += n
		i += size
	}
	return s, columns
}

// wide are the characters of East Asian width W or F, Unicode 16, with the gaps between them closed where nobody is assigned.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1},
		{0x231a, 0x231b, 1},
		{0x2329, 0x232a, 1},
		{0x23e9, 0x23ec, 1},
		{0x23f0, 0x23f0, 1},
		{0x23f3, 0x23f3, 1},
		{0x25fd, 0x25fe, 1},
		{0x2614, 0x2615, 1},
		{0x2630, 0x2637, 1},
		{0x2648, 0x2653, 1},
		{0x267f, 0x267f, 1},
		{0x268a, 0x268f, 1},
		{0x2693, 0x2693, 1},
		{0x26a1, 0x26a1, 1},
		{0x26aa, 0x26ab, 1},
		{0x26bd, 0x26be, 1},
		{0x26c4, 0x26c5, 1},
		{0x26ce, 0x26ce, 1},
		{0x26d4, 0x26d4, 1},
		{0x26ea, 0x26ea, 1},
		{0x26f2, 0x26f3, 1},
		{0x26f5, 0x26f5, 1},
		{0x26fa, 0x26fa, 1},
		{0x26fd, 0x26fd, 1},
		{0x2705, 0x2705, 1},
		{0x270a, 0x270b, 1},
		{0x2728, 0x2728, 1},
		{0x274c, 0x274c, 1},
		{0x274e, 0x274e, 1},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2795, 0x2797, 1},
		{0x27b0, 0x27b0, 1},
		{0x27bf, 0x27bf, 1},
		{0x2b1b, 0x2b1c, 1},
		{0x2b50, 0x2b50, 1},
		{0x2b55, 0x2b55, 1},
		{0x2e80, 0x303e, 1},
		{0x3041, 0xa4cf, 1},
		{0xa960, 0xa97f, 1},
		{0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1},
		{0xfe10, 0xfe19, 1},
		{0xfe30, 0xfe6f, 1},
		{0xff01, 0xff60, 1},
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{
		{0x16fe0, 0x18dff, 1},
		{0x1aff0, 0x1b2ff, 1},
		{0x1d300, 0x1d376, 1},
		{0x1f004, 0x1f004, 1},
		{0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1},
		{0x1f191, 0x1f19a, 1},
		{0x1f200, 0x1f320, 1},
		{0x1f32d, 0x1f335, 1},
		{0x1f337, 0x1f37c, 1},
		{0x1f37e, 0x1f393, 1},
		{0x1f3a0, 0x1f3ca, 1},
		{0x1f3cf, 0x1f3d3, 1},
		{0x1f3e0, 0x1f3f0, 1},
		{0x1f3f4, 0x1f3f4, 1},
		{0x1f3f8, 0x1f43e, 1},
		{0x1f440, 0x1f440, 1},
		{0x1f442, 0x1f4fc, 1},
		{0x1f4ff, 0x1f53d, 1},
		{0x1f54b, 0x1f54e, 1},
		{0x1f550, 0x1f567, 1},
		{0x1f57a, 0x1f57a, 1},
		{0x1f595, 0x1f596, 1},
		{0x1f5a4, 0x1f5a4, 1},
		{0x1f5fb, 0x1f64f, 1},
		{0x1f680, 0x1f6c5, 1},
		{0x1f6cc, 0x1f6cc, 1},
		{0x1f6d0, 0x1f6d2, 1},
		{0x1f6d5, 0x1f6df, 1},
		{0x1f6eb, 0x1f6ec, 1},
		{0x1f6f4, 0x1f6fc, 1},
		{0x1f7e0, 0x1f7f0, 1},
		{0x1f90c, 0x1f93a, 1},
		{0x1f93c, 0x1f945, 1},
		{0x1f947, 0x1f9ff, 1},
		{0x1fa70, 0x1faff, 1},
		{0x20000, 0x2fffd, 1},
		{0x30000, 0x3fffd, 1},
	},
}

// appendRelatedLine appends one other object that decided, for people: "Role/shop/ci allows create on pods (rbac.yaml:12:3)".
func appendRelatedLine(b []byte, r *control.Related) []byte {
	if r.Ref.Kind != "" {
		b = append(append(b, r.Ref.String()...), ' ')
	}
	b = append(b, r.Text...)
	if r.Place.Line > 0 {
		b = append(b, " ("...)
		b = append(b, r.Place.File...)
		b = appendNumber(b, ":", r.Place.Line)
		b = append(appendNumber(b, ":", max(r.Place.Column, 1)), ')')
	}
	return b
}
