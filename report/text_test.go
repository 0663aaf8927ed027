package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("a", 50) + "KEY" + strings.Repeat("b", 50)
	for name, c := range map[string]struct {
		line       string
		line1      bool
		from, upTo int // columns; upTo 0 is another line
		width      int
		text, mark string
	}{
		"value":             {"a: true", false, 4, 8, 20, "a: true", "   ^^^^"},
		"to another line":   {"a: [1,  ", false, 4, 0, 20, "a: [1,  ", "   ^^^"},
		"nothing":           {"a:", false, 3, 3, 20, "a:", "  ^"},
		"behind the end":    {"a:", false, 9, 12, 20, "a:", "  ^"},
		"empty line":        {"", false, 1, 1, 20, "", "^"},
		"CRLF":              {"a: b\r\n", false, 4, 5, 20, "a: b", "   ^"},
		"BOM":               {"\ufeffa: b", true, 4, 5, 20, "a: b", "   ^"},
		"tab before":        {"\ta:\tb", false, 5, 6, 20, "    a:    b", "          ^"},
		"tab inside":        {"a: b\tc", false, 4, 7, 20, "a: b    c", "   ^^^^^^"},
		"two bytes":         {"ä: öü", false, 4, 6, 20, "ä: öü", "   ^^"},
		"wide":              {"社: 内x", false, 4, 5, 20, "社: 内x", "    ^^"},
		"emoji":             {"🦀: x", false, 4, 5, 20, "🦀: x", "    ^"},
		"combining":         {"e\u0301: x", false, 5, 6, 20, "e\u0301: x", "   ^"},
		"control character": {"a\x1b: x", false, 5, 6, 20, `a\x1b: x`, "       ^"},
		"invalid UTF-8":     {"a\xff: x", false, 5, 6, 20, `a\xff: x`, "       ^"},
		"bidi":              {"\u202ea: x", false, 5, 6, 20, `\u202ea: x`, "         ^"},
		"exactly as wide":   {"0123456789", false, 10, 11, 10, "0123456789", "         ^"},
		"cut right":         {"0123456789a", false, 1, 3, 10, "0123456...", "^^"},
		"cut both":          {long, false, 51, 54, 20, "...aaaaaKEYbbbbbb...", "        ^^^"},
		"cut left":          {long, false, 101, 104, 20, "..." + strings.Repeat("b", 17), strings.Repeat(" ", 17) + "^^^"},
		"longer than width": {long, false, 11, 99, 20, "...aa" + strings.Repeat("a", 12) + "...", "     ^^^^^^^^^^^^"},
	} {
		t.Run(name, func(t *testing.T) {
			p := control.Place{Line: 2, Column: c.from, EndLine: 2, EndColumn: c.upTo}
			if c.line1 {
				p.Line, p.EndLine = 1, 1
			}
			if c.upTo == 0 {
				p.EndLine, p.EndColumn = 4, 3
			}
			var e excerpt
			e.cut(&cursor{}, c.line, &p, c.width, "...")
			mark := strings.Repeat(" ", e.from) + strings.Repeat("^", e.upTo-e.from)
			if string(e.text) != c.text || mark != c.mark {
				t.Errorf("got\n%s|\n%s|\nwant\n%s|\n%s|", e.text, mark, c.text, c.mark)
			}
		})
	}
}

// Any place in any line is shown inside of the width, and a cursor that is used again finds the same.
func TestExcerptAnywhere(t *testing.T) {
	line := strings.Repeat("a: {\tö社e\u0301\x07", 20)
	n := len([]rune(line))
	var again cursor
	for width := 20; width < 60; width += 13 {
		for from := 1; from <= n; from++ {
			for _, upTo := range []int{from, from + 1, from + 30} {
				p := control.Place{Line: 5, EndLine: 5, Column: from, EndColumn: upTo}
				var e, f excerpt
				e.cut(&cursor{}, line, &p, width, "...")
				f.cut(&again, line, &p, width, "...")
				if !bytes.Equal(e.text, f.text) || e.from != f.from || e.upTo != f.upTo {
					t.Fatalf("columns %d to %d: %q %d %d, with a used cursor %q %d %d", from, upTo, e.text, e.from, e.upTo, f.text, f.from, f.upTo)
				}
				if terminal.Width(e.text) > width || e.from < 0 || e.upTo <= e.from || e.upTo > width+1 {
					t.Fatalf("columns %d to %d in %d: %q %d %d", from, upTo, width, e.text, e.from, e.upTo)
				}
			}
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "  fix     ",
		"one  two ":                     "  fix     one two",
		"eleven letters and some more":  "  fix     eleven\n          letters\n          and some\n          more",
		"xy abcdefghijklmnop q":         "  fix     xy\n          abcdefghij\n          klmnop q",
		"社内社内社内 a":                      "  fix     社内社内社\n          内 a",
		"a\nb\tc\x1b[31m":               `  fix     a\nb` + "\n" + `          c\x1b[31m`,
		"exactly tenletters":            "  fix     exactly\n          tenletters",
		strings.Repeat("0123456789", 2): "  fix     0123456789\n          0123456789",
		"a " + strings.Repeat("z", 11):  "  fix     a\n          zzzzzzzzzz\n          z",
		"\u200bhidden \u2066reordered":  "  fix     \\u200bhidd\n          en\n          \\u2066reor\n          dered",
	} {
		var out bytes.Buffer
		p := &pretty{out: output{w: &out}, opts: PrettyOptions{Width: 20}}
		p.paragraph("fix", plain, text)
		if err := p.out.flush(); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestAppendCut(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		left  bool
		want  string
	}{
		{"abcdef", 6, false, "abcdef"},
		{"abcdef", 5, false, "ab..."},
		{"abcdef", 5, true, "...ef"},
		{"abcdef", 2, false, ".."},
		{"社内社内", 6, false, "社..."},
		{"社内社内", 6, true, "...内"},
		{"", 0, false, ""},
	} {
		if got := string(appendCut(nil, []byte(c.s), c.width, c.left, "...")); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.s, c.width, got, c.want)
		}
	}
}
