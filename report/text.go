package report

import (
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// appendCut appends the clean text s in at most width columns. If it is longer, its end is cut, or its beginning if
// left is set, and the mark stands there.
func appendCut(dst, s []byte, width int, left bool, mark string) []byte {
	over := terminal.Width(s) - width
	if over <= 0 {
		return append(dst, s...)
	}
	room := width - terminal.Width([]byte(mark))
	if room <= 0 {
		return append(dst, mark[:max(0, min(width, len(mark)))]...)
	}
	if left {
		at := len(s)
		for at > 0 {
			r, size := utf8.DecodeLastRune(s[:at])
			if room -= terminal.RuneWidth(r); room < 0 {
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
		n := terminal.RuneWidth(r)
		if columns+n > width && i > 0 {
			return s[:i], columns
		}
		columns += n
		i += size
	}
	return s, columns
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
