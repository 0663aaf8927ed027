package diagram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/terminal"
)

// maxMarks is how many combining marks may stand on a character. Languages need up to four; more climb over the lines around.
const maxMarks = 4

// clean returns a text as terminals and pictures may show it: what is not printable, not valid UTF-8, or moves, reorders or hides
// text, is shown by its escape. What it returns holds no control character and nothing that XML forbids.
func clean(s string) string {
	if plain(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	marks := maxMarks // none at the beginning: it would join what stands before
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		broken := r == utf8.RuneError && size == 1
		mark, none := unicode.In(r, unicode.Mn, unicode.Me), false
		if broken || mark && marks >= maxMarks || !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) || blank(r) {
			b, size = terminal.AppendEscape(b, s[i:])
			mark, none = false, !broken && r >= utf8.RuneSelf
		} else {
			b = append(b, s[i:i+size]...)
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
	return string(b)
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
