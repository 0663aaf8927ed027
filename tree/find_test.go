package tree

import (
	"slices"
	"testing"
)

func TestFindIsTheInverseOfPath(t *testing.T) {
	for path, src := range files(t, "testdata", 1<<16) {
		for doc := range Split(src) {
			parsed, err := NewParser().Parse(src, doc)
			if err != nil {
				continue
			}
			root, n := parsed.Root(), 0
			var walk func(Node)
			walk = func(at Node) {
				if n++; n > 2000 {
					return
				}
				if p := root.Path(at); p != "" {
					got, missing := root.Find(p)
					// Of equal keys the last one is found, whatever the path was made from; a merge key can bring such keys too.
					if len(missing) > 0 || got != at && !overridden(root, at) && !at.Aliased() {
						t.Errorf("%s: %s leads elsewhere", path, p)
					}
				}
				for _, v := range at.Pairs() {
					walk(v)
				}
				for _, v := range at.Items() {
					walk(v)
				}
			}
			walk(root)
		}
	}
}

// overridden reports whether a key on the way to n is overridden by a later one.
func overridden(root, n Node) bool {
	for at := root; at != n; {
		next := Node{}
		for k, v := range at.Pairs() {
			if v.Contains(n) {
				if k.Overridden() {
					return true
				}
				next = v
			}
		}
		for _, v := range at.Items() {
			if v.Contains(n) {
				next = v
			}
		}
		at = next
	}
	return false
}

func TestFindTellsWhatIsMissing(t *testing.T) {
	root := parse(t, "spec:\n  list: [{a: b}]\n  \"x.y/z\": 1\n").Root()
	for _, c := range []struct {
		path    string
		at      string
		missing []string
	}{
		{"", "", nil},
		{"spec.list[0].a", "spec.list[0].a", nil},
		{`spec["x.y/z"]`, `spec["x.y/z"]`, nil},
		{"spec.list[1].a", "spec.list", []string{"1", "a"}},
		{"spec.nothing.at.all", "spec", []string{"nothing", "at", "all"}},
		{"spec.list.a", "spec.list", []string{"a"}},
		{`spec["broken`, "spec", []string{`["broken`}},
		{"spec[", "spec", []string{"["}},
		{"spec[-1]", "spec", []string{"[-1]"}},
		{"..", "", []string{"."}},
	} {
		at, missing := root.Find(c.path)
		if got := root.Path(at); got != c.at || !slices.Equal(missing, c.missing) {
			t.Errorf("%q: at %q, missing %q", c.path, got, missing)
		}
	}
}
