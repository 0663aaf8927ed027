package diagram

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/terminal"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"shop/web":                        "shop/web",
		"\x1b[31m\x07":                    `\x1b[31m\x07`,
		"a\r\n\tb\x7f":                    `a\r\n\tb\x7f`,
		"\u009b31m":                       `\u009b31m`,
		"\xff\xc3":                        `\xff\xc3`,
		"\u202ea\u2066\u200b":             `\u202ea\u2066\u200b`,
		"\ufeff\u2028\ufffe":              `\ufeff\u2028\ufffe`,
		"\U000e0041":                      `\U000e0041`,
		"\u3164\u2800":                    `\u3164\u2800`,
		"社内 é e\u0301":                    "社内 é e\u0301",
		"\u0301x":                         `\u0301x`,
		"\u200b\u0301":                    `\u200b\u0301`,
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301\u0301" + `\u0301`,
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"shop/web", 8, "shop/web"},
		{"shop/frontend", 8, "shop…end"},
		{"shop/frontend", 7, "sho…end"},
		{"社内社内社内", 7, "社…社内"},
		{"社内社内社内", 8, "社内…内"},
		{"ab", 1, "…"},
		{"ab", 0, ""},
		{"abcdefe\u0301", 4, "ab…e\u0301"},
		{"abcdef\u0301x", 3, "a…x"},
	} {
		if got := shorten(c.text, c.width, terminal.RuneWidth, "…"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 5, ""},
		{"one two", 7, "one two"},
		{"one two", 6, "one|two"},
		{"one  two three", 8, "one  two|three"},
		{"ns/deployer-long", 12, "ns/deployer-|long"},
		{"a/deployerlongname", 12, "a/deployerlo|ngname"},
		{"abcdefgh", 3, "abc|def|gh"},
		{"社内社", 3, "社|内|社"},
		{"社", 1, "社"},
		{"a b c d e f g", 1, "a|b|c|…"},
	} {
		if got := strings.Join(wrap(c.text, c.width, 4, terminal.RuneWidth, "…"), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	table := Table{
		Head: []string{"SUBJECT", "HOPS", "PATH"},
		Rows: [][]string{
			{"ci/deployer", "4", "create pods → run as service account → get secrets → use token"},
			{"社内\x1b[31m", "1"},
		},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "" +
			"SUBJECT       HOPS  PATH\n" +
			"ci/deployer   4     create pods → run as service account → get secrets → use token\n" +
			`社内\x1b[31m  1` + "\n"},
		{56, "" +
			"SUBJECT       HOPS  PATH\n" +
			"ci/deployer   4     create pods → run as service account\n" +
			"                    → get secrets → use token\n" +
			`社内\x1b[31m  1` + "\n"},
		{10, "" + // as 40
			"SUBJECT       HOPS  PATH\n" +
			"ci/deployer   4     create pods → run as\n" +
			"                    service account →\n" +
			"                    get secrets → use\n" +
			"                    token\n" +
			`社内\x1b[31m  1` + "\n"},
	} {
		got := string(written(t, func(w io.Writer) error { return table.Write(w, c.width) }))
		if got != c.want {
			t.Errorf("width %d:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
	records := Table{Head: []string{"A", "B", "C", "D"}, Rows: [][]string{{"first long value", "second long value", "third long value", strings.Repeat("x", 40)}, {"e"}}}
	want := "A  first long value\nB  second long value\nC  third long value\nD  " + strings.Repeat("x", 37) + "\n   xxx\n\nA  e\n"
	if got := string(written(t, func(w io.Writer) error { return records.Write(w, 40) })); got != want {
		t.Errorf("records:\n%s\nwant\n%s", got, want)
	}
}

// fits checks a text for a terminal: no line is wider, and nothing in it moves the cursor.
func fits(t *testing.T, text []byte, width int, ascii bool) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("invalid UTF-8: %q", text)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		for _, r := range line {
			if !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) || ascii && r == '…' {
				t.Fatalf("%U in %q", r, line)
			}
		}
		if n := terminal.WidthInString(line); n > width {
			t.Fatalf("%d columns, more than %d: %q", n, width, line)
		}
	}
}

func TestTerminal(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		width := 20 + r.IntN(150)
		m := randomMatrix(r, r.IntN(30), r.IntN(120), hostile)
		var b bytes.Buffer
		if err := m.Text(&b, width, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		fits(t, b.Bytes(), max(width, 40), false)
		table := &Table{}
		for range r.IntN(10) {
			row := make([]string, r.IntN(6))
			for i := range row {
				row[i] = hostile[r.IntN(len(hostile))]
			}
			table.Rows = append(table.Rows, row)
		}
		if len(table.Rows) > 0 {
			table.Head = table.Rows[0]
		}
		b.Reset()
		if err := table.Write(&b, width); err != nil {
			t.Fatal(err)
		}
		fits(t, b.Bytes(), max(width, 40), false)
	}
}

// Every cell of a matrix is in its text once, also if it comes in parts, and symbols do not depend on colour.
func TestMatrixParts(t *testing.T) {
	m := &Matrix{}
	for i := range 50 {
		m.Columns = append(m.Columns, fmt.Sprintf("namespace-%d", i))
	}
	m.Rows = []string{"a", "b"}
	m.Cells = [][]Cell{make([]Cell, 50), make([]Cell, 50)}
	for c := range 50 {
		m.Cells[0][c].Kind = "allow"
		m.Cells[1][c].Kind = "deny"
	}
	var b bytes.Buffer
	if err := m.Text(&b, 60, TextOptions{ASCII: true}); err != nil {
		t.Fatal(err)
	}
	fits(t, b.Bytes(), 60, true)
	if n := bytes.Count(b.Bytes(), []byte("#")); n != 51 { // and the legend
		t.Errorf("%d symbols, want 51:\n%s", n, b.Bytes())
	}
	if !strings.Contains(b.String(), "\n50 namespace-49\n") {
		t.Errorf("no list of the columns:\n%s", b.Bytes())
	}
}

// readDOT reads what DOT wrote as Graphviz' scanner does, and returns the texts in quotes.
func readDOT(t *testing.T, dot string) (texts []string) {
	t.Helper()
	for line := range strings.Lines(dot) {
		for rest := line; ; {
			_, after, ok := strings.Cut(rest, `"`)
			if !ok {
				if strings.ContainsAny(strings.TrimSpace(rest), `"\`) {
					t.Fatalf("outside of quotes: %q", rest)
				}
				break
			}
			end := 0
			for end < len(after) && after[end] != '"' {
				if after[end] == '\\' {
					end++
					if end >= len(after) || !strings.ContainsRune(`\"n`, rune(after[end])) {
						t.Fatalf("an escape with a meaning in %q", line)
					}
				}
				end++
			}
			if end >= len(after) {
				t.Fatalf("a text without an end in %q", line)
			}
			texts = append(texts, after[:end])
			rest = after[end+1:]
		}
	}
	return texts
}

func TestDOT(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		g := randomGraph(r, 10, 20, hostile)
		dot := string(written(t, g.DOT))
		for _, text := range readDOT(t, dot) {
			for i := range len(text) {
				if text[i] == '&' && !strings.HasPrefix(text[i:], "&amp;") {
					t.Fatalf("an entity in %q", text)
				}
			}
		}
		if n := strings.Count(dot, " -> n"); n < len(g.Edges) {
			t.Fatalf("%d edges, want %d", n, len(g.Edges))
		}
	}
	if got, want := quoted(`a\N"b&lt;`, "c"), `"a\\N\"b&amp;lt;\nc"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzLabel puts a text everywhere that a text can be.
func FuzzLabel(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g := &Graph{
			Title: s, Description: s, Legend: Legend{s, s},
			Nodes: []Node{{ID: "a", Label: s, Kind: s}, {ID: "b" + s, Kind: "user"}},
			Edges: []Edge{{From: "a", To: "b" + s, Label: s, Note: s, Highlight: true}, {From: "a", To: "a", Label: s, Dashed: true}},
		}
		wellFormed(t, written(t, g.SVG))
		readDOT(t, string(written(t, g.DOT)))
		m := &Matrix{
			Title: s, Rows: []string{s}, Columns: []string{s, "b"}, Cells: [][]Cell{{{Text: s, Kind: s, Title: s}, {Text: s, Kind: "allow"}}},
			Legend: MatrixLegend{Allow: s, Unknown: s},
		}
		wellFormed(t, written(t, m.SVG))
		fits(t, written(t, func(w io.Writer) error { return m.Text(w, 40, TextOptions{}) }), 40, false)
		table := &Table{Head: []string{s, "b"}, Rows: [][]string{{"a", s}, {s, s, s}}}
		fits(t, written(t, func(w io.Writer) error { return table.Write(w, 40) }), 40, false)
	})
}
