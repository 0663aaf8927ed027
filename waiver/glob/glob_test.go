package glob

import (
	"strings"
	"testing"
	"time"
)

func TestName(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"web", []string{"web"}, []string{"", "we", "webs", "Web"}},
		{"", []string{""}, []string{"a"}},
		{"*", []string{"", "a", "a/b", "äöü"}, nil},
		{"web-*", []string{"web-", "web-1"}, []string{"web", "my-web-1"}},
		{"*-web-*", []string{"a-web-b", "-web-"}, []string{"web"}},
		{"w?b", []string{"web", "wäb"}, []string{"wb", "weeb"}},
		{"{web,api}-*", []string{"web-1", "api-2"}, []string{"db-1"}},
		{"a**b", []string{"ab", "axxb"}, []string{"a"}},
		{`a\*b`, []string{"a*b"}, []string{"axb"}},
		{`a\{b`, []string{"a{b"}, []string{"ab"}},
		{"{,x}a", []string{"a", "xa"}, []string{"ya"}},
	} {
		check(t, Name, Glob.Match, c.pattern, c.yes, c.no)
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"deploy/web.yaml", []string{"deploy/web.yaml"}, []string{"web.yaml", "x/deploy/web.yaml"}},
		{"*.yaml", []string{"web.yaml"}, []string{"deploy/web.yaml"}},
		{"**/*.yaml", []string{"web.yaml", "a/b/web.yaml"}, []string{"web.yml"}},
		{"charts/**", []string{"charts", "charts/a", "charts/a/b"}, []string{"chart/a"}},
		{"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b", "a/b/b"}, []string{"a/b/c", "b"}},
		{"**/a/**/b", []string{"a/b", "x/a/y/a/z/b"}, []string{"a", "b", "a/x"}},
		{"**", []string{"a", "a/b"}, nil},
		{"./a/", []string{"a"}, []string{"a/b"}},
		{"{a,b/c}/*", []string{"a/x", "b/c/x"}, []string{"b/x"}},
		{"a/*/c", []string{"a/b/c"}, []string{"a/c", "a/b/b/c"}},
	} {
		check(t, Path, Glob.Match, c.pattern, c.yes, c.no)
	}
	check(t, Path, Glob.Covers, "charts/vendor", []string{"charts/vendor", "charts/vendor/a/b.yaml"}, []string{"charts", "charts/vendored"})
	check(t, Path, Glob.Covers, "**/test", []string{"test/a", "a/test/b"}, []string{"a/testing/b"})
}

func check(t *testing.T, compile func(string) (Glob, error), match func(Glob, string) bool, pattern string, yes, no []string) {
	t.Helper()
	g, err := compile(pattern)
	if err != nil {
		t.Errorf("%s: %v", pattern, err)
		return
	}
	for _, s := range yes {
		if !match(g, s) {
			t.Errorf("%s does not match %q", pattern, s)
		}
	}
	for _, s := range no {
		if match(g, s) {
			t.Errorf("%s matches %q", pattern, s)
		}
	}
}

func TestErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"{a":                        "not closed",
		"a}":                        "not open",
		"{a,{b}}":                   "not closed",
		`a\`:                        "backslash",
		"[ab]":                      "brackets",
		"../a":                      "above its folder",
		"\xff":                      "UTF-8",
		strings.Repeat("{a,b}", 7):  "alternatives",
		strings.Repeat("a", 1+4096): "longer",
	} {
		if _, err := Path(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", pattern, err, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for pattern, want := range map[string]bool{"web": true, "web-*": false, "{a,b}": false, `a\*`: true} {
		g, err := Name(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := g.Literal(); ok != want {
			t.Errorf("%s: literal %v", pattern, ok)
		}
	}
}

// TestHostile matches patterns that take simple matchers exponential time.
func TestHostile(t *testing.T) {
	start := time.Now()
	name, _ := Name(strings.Repeat("*a", 1000) + "b")
	if name.Match(strings.Repeat("a", 20_000)) {
		t.Error("matches")
	}
	path, _ := Path(strings.Repeat("**/a/", 500) + "b")
	if path.Match(strings.Repeat("a/", 20_000)) {
		t.Error("matches")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("a/**/*.{yaml,yml}", "a/b/c.yaml")
	f.Add(`\*?{,x}`, "*a")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 1000 {
			return
		}
		for _, compile := range []func(string) (Glob, error){Name, Path} {
			g, err := compile(pattern)
			if err != nil {
				continue
			}
			if g.Match(text) && !g.Covers(text) {
				t.Error("matches but does not cover")
			}
		}
	})
}
