package diagram

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may stand on a character. Languages need up to four; more climb over the lines around.
const maxMarks = 4

// clean returns a text as terminals and pictures may show it: what is not printable, not valid UTF-8, or moves, reorders or hides
// text, is shown by its escape. What it returns holds no control character and nothing that XML forbids.
func clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	marks := maxMarks // none at the beginning: it would join what stands before
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		mark, none := unicode.In(r, unicode.Mn, unicode.Me), false
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			mark = false
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case mark && marks >= maxMarks, !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r), blank(r):
			if r < 0x10000 {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				fmt.Fprintf(&b, `\U%08x`, r)
			}
			mark = false
			none = true
		default:
			b.WriteRune(r)
		}
		switch {
		case mark:
			marks++
		case none:
			marks = maxMarks
		default:
			marks = 0
		}
		i += size
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// blank reports letters and symbols that show nothing, so that two names that differ look the same: fillers of Hangul, the empty
// Braille pattern.
func blank(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800:
		return true
	}
	return false
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

// columns returns how many columns of a terminal a clean text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

// shorten returns a clean text in at most the given width, with the mark in place of its middle if it is longer. Both ends of names
// matter: the beginning says the namespace, the end tells apart what a controller made.
func shorten(s string, width int, of func(rune) int, mark string) string {
	total, markWidth := 0, 0
	for _, r := range s {
		total += of(r)
	}
	if total <= width {
		return s
	}
	for _, r := range mark {
		markWidth += of(r)
	}
	room := width - markWidth
	if room < 0 {
		return ""
	}
	head, used := 0, 0
	for i, r := range s {
		if used+of(r) > (room+1)/2 {
			break
		}
		used += of(r)
		head = i + utf8.RuneLen(r)
	}
	tail := len(s)
	for tail > head {
		r, size := utf8.DecodeLastRuneInString(s[:tail])
		if used+of(r) > room {
			break
		}
		used += of(r)
		tail -= size
	}
	// A mark that lost its letter would stand on the mark of the cut.
	for tail < len(s) {
		r, size := utf8.DecodeRuneInString(s[tail:])
		if of(r) > 0 {
			break
		}
		tail += size
	}
	return s[:head] + mark + s[tail:]
}

// wrap breaks a clean text into lines of at most the given width: between words, else behind the marks that join the parts of names,
// else anywhere. Of more lines than most, the last one is shortened.
func wrap(s string, width, most int, of func(rune) int, mark string) []string {
	var lines []string
	for {
		s = strings.TrimLeft(s, " ")
		at, fits := breakAt(s, width, of)
		if fits {
			return append(lines, s)
		}
		if len(lines) == most-1 {
			return append(lines, shorten(s, width, of, mark))
		}
		lines = append(lines, strings.TrimRight(s[:at], " "))
		s = s[at:]
	}
}

// breakAt returns where the first line of s ends, or that s fits into it. The line is never empty.
func breakAt(s string, width int, of func(rune) int) (at int, fits bool) {
	used, space, joint := 0, 0, 0
	for i, r := range s {
		n := of(r)
		if used+n > width && i > 0 && n > 0 {
			switch {
			case r == ' ':
				return i, false
			case space > 0:
				return space, false
			case joint > 0 && joint*3 > i:
				return joint, false
			}
			return i, false
		}
		used += n
		switch r {
		case ' ':
			space = i + 1
		case '/', ':', ',', '-', '.', '=', '_', '|', ';':
			joint = i + 1
		}
	}
	return len(s), true
}

// wide are the characters of East Asian width W and F (Unicode Standard Annex 11), in coarse ranges.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1},
		{0x231a, 0x231b, 1},
		{0x23e9, 0x23ec, 1},
		{0x23f0, 0x23f3, 3},
		{0x25fd, 0x25fe, 1},
		{0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1},
		{0x267f, 0x2693, 20},
		{0x26a1, 0x26a1, 1},
		{0x26aa, 0x26ab, 1},
		{0x26bd, 0x26be, 1},
		{0x26c4, 0x26c5, 1},
		{0x26ce, 0x26d4, 6},
		{0x26ea, 0x26ea, 1},
		{0x26f2, 0x26f3, 1},
		{0x26f5, 0x26fa, 5},
		{0x26fd, 0x2705, 8},
		{0x270a, 0x270b, 1},
		{0x2728, 0x2728, 1},
		{0x274c, 0x274e, 2},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2795, 0x2797, 1},
		{0x27b0, 0x27bf, 15},
		{0x2b1b, 0x2b1c, 1},
		{0x2b50, 0x2b55, 5},
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
		{0x1f004, 0x1f004, 1},
		{0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1},
		{0x1f191, 0x1f19a, 1},
		{0x1f200, 0x1f320, 1},
		{0x1f32d, 0x1f64f, 1},
		{0x1f680, 0x1f6fc, 1},
		{0x1f7e0, 0x1f7f0, 1},
		{0x1f90c, 0x1f9ff, 1},
		{0x1fa70, 0x1faff, 1},
		{0x20000, 0x2fffd, 1},
		{0x30000, 0x3fffd, 1},
	},
}
