package diagram

import (
	"hash/fnv"
	"strconv"
	"strings"
)

func decimal(n int) string { return strconv.Itoa(n) }

// svg collects the body of a picture.
type svg struct{ strings.Builder }

// add appends markup. Numbers are coordinates, strings are markup of this package; texts go through text.
func (s *svg) add(parts ...any) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			s.WriteString(p)
		case int:
			s.WriteString(decimal(p))
		}
	}
}

// escaped escapes a clean text for XML.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace

// text appends a clean text, of a class and with its left end, or its middle, at x.
func (s *svg) text(class string, x, y int, t string) {
	s.add(`<text class="`, class, `" x="`, x, `" y="`, y, `">`, escaped(t), "</text>\n")
}

// picture is what stands around a body.
type picture struct {
	title, description string // clean
	w, h               int
	style              string // rules without a prefix, one a line; dark ones are in dark
	dark               string
}

// bytes puts the picture together. Its names are made from its content, so that several pictures can stand in one page; its rules hold
// inside of it only.
func (p *picture) bytes(body string) []byte {
	h := fnv.New64a()
	for _, part := range []string{p.title, p.description, body} {
		h.Write([]byte(part))
	}
	id := "kd" + strconv.FormatUint(h.Sum64(), 36)
	var s svg
	s.add(`<svg xmlns="http://www.w3.org/2000/svg" id="`, id, `" role="img" aria-labelledby="`, id, `-t `, id, `-d" width="`, p.w,
		`" height="`, p.h, `" viewBox="0 0 `, p.w, ` `, p.h, "\">\n",
		`<title id="`, id, `-t">`, escaped(p.title), "</title>\n",
		`<desc id="`, id, `-d">`, escaped(p.description), "</desc>\n<style>\n")
	rules(&s, id, common+p.style)
	s.add("@media screen and (prefers-color-scheme:dark){\n")
	rules(&s, id, commonDark+p.dark)
	s.add("}\n</style>\n", `<rect class="bg" width="`, p.w, `" height="`, p.h, "\" rx=\"10\"/>\n", body, "</svg>\n")
	return []byte(s.String())
}

// rules writes rules of style with the picture's id in front. No rule here has a comma in its selector.
func rules(s *svg, id, lines string) {
	for line := range strings.Lines(lines) {
		s.add("#", id, " ", line)
	}
}

const common = `text{font-family:` + fonts + `}
.bg{fill:#fff}
.title{font-size:18px;font-weight:700;fill:#18212e}
.key{font-size:12px;fill:#4a5565}
.rule{stroke:#dfe4ea}
`

const commonDark = `.bg{fill:#0f151d}
.title{fill:#eef2f7}
.key{fill:#a9b4c2}
.rule{stroke:#2a3441}
`

var (
	titleFont = font{18, true}
	keyFont   = font{12, false}
)

// key is an entry of a legend: a drawing of 20 pixels, and words.
type key struct {
	draw  func(s *svg, x, y int) // x is the left end, y the middle
	words string
}

// legend draws entries in lines of at most the given width and returns their height.
func legend(s *svg, keys []key, x0, y0, width int) (height int) {
	if len(keys) == 0 {
		return 0
	}
	const line = 26
	x, y := x0, y0+line/2
	for _, k := range keys {
		w := 28 + keyFont.width(k.words)
		if x > x0 && x+w > x0+width {
			x, y = x0, y+line
		}
		k.draw(s, x, y)
		s.text("key", x+28, y+4, k.words)
		x += w + 22
	}
	return y + line/2 - y0
}
