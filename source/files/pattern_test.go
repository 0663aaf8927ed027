package files

import (
	"strings"
	"testing"
	"time"
)

// ignores judges the path as git does: by its parents from the top, then itself.
func ignores(patterns []pattern, path string, isDir bool) bool {
	r := rules{git: []level{{patterns: patterns}}}
	names := strings.Split(path, "/")
	for i, name := range names {
		if r.ignored(name, isDir || i < len(names)-1) {
			return true
		}
		r = r.enter(name)
	}
	return false
}

func TestIgnore(t *testing.T) {
	for _, test := range []struct {
		file, ignored, kept string // paths by blanks, written _ where they have one; a folder ends in /
	}{
		{"a", "a a/ x/a a/x", "b ab"},
		{"/a", "a a/x", "x/a"},
		{"a/", "a/ a/x x/a/y", "a x/a"},
		{"a/b", "a/b a/b/c", "x/a/b b a"},
		{"a/b/", "a/b/ a/b/c", "a/bc/ a/b a/bc/d"},
		{"*.yaml", "x.yaml a/.yaml", "x.yml"},
		{"a/*", "a/x a/x/y", "a/ b/x"},
		{"a*/x", "a/x abc/x", "a/b/x"},
		{"**/b", "b a/b a/c/b", "ab"},
		{"a/**", "a/x a/x/y", "a/ b/a/x"},
		{"a/**/b", "a/b a/x/b a/x/y/b", "a/xb ab"},
		{"a/***/b", "a/b a/x/y/b", "ab"},
		{"**/a/**/b/**/c", "a/b/c x/a/y/b/z/c a/b/b/a/c", "b/a/c a/c"},
		{"**/a*b/c*d", "acb/ced x/ab/ab/cd", "x/ab/y/cd"},
		{"a/**\\/b", "a/x/b a/x/y/b", "a/b"},
		{"a**b", "ab axxb x/ab", "a/b"},
		{"a**/b", "a/b ax/b", "ax/y/b"},
		{"x/a**/b", "x/a/b x/ac/b", "x/ab x/a/c/b"}, // where git before 2.53 errs
		{"**", "a a/b", ""},
		{"/**", "a a/b", ""},
		{"*\n!*.yaml", "a a/b.yaml", "b.yaml"},
		{"*\n!*/\n!*.yaml", "a a/b", "a/ a/b.yaml b.yaml"},
		{"a/\n!a/b", "a/b", ""},
		{"a\n!a\na\n!a", "", "a"},
		{"\\#a\n#b", "#a", "b a"},
		{"\\!a", "!a", "a"},
		{"!!a", "", "!a a"},
		{"a  \nb\\ \nc\\  \nd\\\\ ", "a b_ c_ d\\", "a_ b c"},
		{"a\t", "a\t", "a"},
		{" a", "_a", "a"},
		{"a\r\nb\r", "a b", ""},
		{"\ufeffa", "a", ""},
		{"a\x00b", "a", "b"},
		{"a\\", "", "a a\\"},
		{"a\\b", "ab", "a\\b"},
		{"a?", "ab a?", "a abc a/b"},
		{"a??", "a\u00e9", "a\u00e9e"}, // bytes, not letters
		{"[ab]c", "ac bc", "cc [ab]c"},
		{"[!ab]c", "cc", "ac bc"},
		{"[^ab]c", "cc", "ac bc"},
		{"[a-c-e]", "a b c - e", "d"},
		{"[]-]", "] -", "a"},
		{"[!]]", "a", "]"},
		{"[a\\]]", "a ]", "\\"},
		{"[\\a-\\c]", "a b c", "- d"},
		{"[c-a]", "c", "a b -"},
		{"[[:digit:]x]", "1 x", "d :"},
		{"[[:space:]]", "_ \t \r", "\v \f a"},
		{"[[:punct:]]", "! ~ _ [", "a 1"},
		{"[[:nope:]]", "", "n : ["},
		{"[[:al]", "[ : a l", "x"},
		{"[a", "", "[a a"},
		{"x/[a/]b", "x/ab", "x//b x/a/b"},
		{"a//b\n//c\n/\n!\n\n   ", "", "a/b c"},
	} {
		patterns := parseIgnore([]byte(test.file))
		check := func(paths string, want bool) {
			for path := range strings.SplitSeq(paths, " ") {
				if path == "" {
					continue
				}
				path, isDir := strings.CutSuffix(strings.ReplaceAll(path, "_", " "), "/")
				if strings.Contains(test.file, "punct") && path == " " {
					path = "_"
				}
				if got := ignores(patterns, path, isDir); got != want {
					t.Errorf("%q: %q (folder %v): ignored is %v", test.file, path, isDir, got)
				}
			}
		}
		check(test.ignored, true)
		check(test.kept, false)
	}
}

// A repository must not be able to stall the scan by its ignore file: these take other matchers hours.
func TestIgnoreIsNotExponential(t *testing.T) {
	patterns := parseIgnore([]byte(strings.Repeat("*a", 200) + "b\n" +
		strings.Repeat("**/a/", 200) + "b\n" + strings.Repeat("**/*a*a*a*/", 50) + "b\n"))
	start := time.Now()
	if ignores(patterns, strings.Repeat("a", 4000), false) || ignores(patterns, strings.Repeat("a/", 500)+"c", false) {
		t.Error("matched")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzIgnore(f *testing.F) {
	f.Add("a/**/b\n!*.yaml\n[!a-z[:digit:]\\]]?\\ ", "a/x/b.yaml", true)
	f.Add("**/a**/\\/**\r\n\ufeff#", "a/b//c", false)
	f.Add("[[:alpha:]-[", "-", false)
	f.Fuzz(func(t *testing.T, file, path string, isDir bool) {
		if len(file) > 1<<12 || len(path) > 1<<10 {
			t.Skip()
		}
		start := time.Now()
		patterns := parseIgnore([]byte(file))
		ignores(patterns, path, isDir)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		// A path is a pattern for itself, once its wildcards are escaped.
		if name := path; name != "" && !strings.ContainsAny(name, "/\n\r\x00") {
			var escaped strings.Builder
			for i := range len(name) {
				escaped.WriteByte('\\')
				escaped.WriteByte(name[i])
			}
			if !ignores(parseIgnore([]byte(escaped.String())), name, false) {
				t.Errorf("%q does not match %q", escaped.String(), name)
			}
		}
	})
}

func BenchmarkIgnore(b *testing.B) {
	patterns := parseIgnore([]byte(strings.Repeat("*.log\n/build/\nnode_modules/\n**/tmp/*.yaml\nvendor/**\n*.py[co]\n", 10)))
	r := rules{git: []level{{patterns: patterns}}, path: "deploy/base/app/"}
	b.ReportAllocs()
	for b.Loop() {
		r.ignored("deployment.yaml", false)
	}
}
