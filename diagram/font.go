package diagram

import "github.com/kubeharden/kubeharden/terminal"

// fonts are metrically alike, so that one table of widths is right for nearly all readers.
const fonts = `Helvetica,Arial,"Liberation Sans","Nimbus Sans",Roboto,sans-serif`

// font is a size in pixels and a weight.
type font struct {
	size int
	bold bool
}

// advances are the widths of the printable ASCII characters in thousandths of the size, from Helvetica's metrics.
var advances = [...]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// advance returns the width of a character in thousandths of a pixel, a little more than the table says.
func (f font) advance(r rune) int {
	em := 640 // letters of other alphabets
	switch {
	case r >= ' ' && r <= '~':
		em = int(advances[r-' '])
	case r == '…':
		em = 1000
	default:
		switch terminal.RuneWidth(r) {
		case 0:
			return 0
		case 2:
			em = 1060
		}
	}
	if f.bold {
		em += em/16 + 10
	}
	return (em + em/32) * f.size
}

// width returns the width of a clean text in pixels, rounded up.
func (f font) width(s string) int {
	n := 0
	for _, r := range s {
		n += f.advance(r)
	}
	return (n + 999) / 1000
}

// cut shortens a clean text to a width in pixels.
func (f font) cut(s string, width int) string { return shorten(s, width*1000, f.advance, "…") }

// lines wraps a clean text to a width in pixels; no lines if it is empty.
func (f font) lines(s string, width, most int) []string {
	if s == "" {
		return nil
	}
	return wrap(s, width*1000, most, f.advance, "…")
}

// widest returns the width in pixels of the widest of some lines.
func (f font) widest(lines []string) int {
	n := 0
	for _, l := range lines {
		n = max(n, f.width(l))
	}
	return n
}
