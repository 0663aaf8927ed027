package terminal

import (
	"testing"
	"unicode"
)

func TestSanitize(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"shop/web":            "shop/web",
		"\x1b[31m\x07":        `\x1b[31m\x07`,
		"a\r\n\tb\x7f":        `a\r\n    b\x7f`,
		"\u009b31m":           `\u009b31m`,
		"\xff\xc3":            `\xff\xc3`,
		"\u202ea\u2066\u200b": `\u202ea\u2066\u200b`,
		"\ufeff\u2028":        `\ufeff\u2028`,
		"\U000e0041":          `\U000e0041`,
		"社内 é e\u0301":        "社内 é e\u0301",
	} {
		if got := Sanitize(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "shop/web": 8, "社内x": 5, "e\u0301": 1, "é": 1, "🚀": 2} {
		if got := WidthInString(text); got != want || Width([]byte(text)) != want {
			t.Errorf("%q: %d and %d columns, want %d", text, got, Width([]byte(text)), want)
		}
	}
}

func TestAppendRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := string(r)
		b, size, n := AppendRune(nil, s)
		if size != len(s) {
			t.Fatalf("%U: %d bytes of %d", r, size, len(s))
		}
		if Width(b) != n || WidthInString(string(b)) != n {
			t.Fatalf("%U: shown as %q in %d columns, not %d", r, b, Width(b), n)
		}
		for _, c := range string(b) {
			if unicode.In(c, unicode.C, unicode.Zl, unicode.Zp) && !unicode.In(c, unicode.Co) && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Cs) {
				t.Fatalf("%U: shown as %q", r, b)
			}
		}
	}
}
