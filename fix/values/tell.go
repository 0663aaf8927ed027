package values

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/tree"
)

type part = helm.Part

// Unused is a value that is named as if it hardened something, and does not come out.
type Unused struct {
	Key string
	// File and Line are where it is declared; File is "" if that is not known.
	File string
	Line int
	// Mentioned says that a template speaks of it: it may come out with other values.
	Mentioned bool
}

// tell fills in what became of the findings.
func (h *hardener) tell(before []Found, now *trial, accepted []*change, changes map[string]*change) {
	docs, _ := documents(now.manifests, unchanged)
	for i := range before {
		f := &before[i]
		if f.Status != control.Fail || now.has(f) {
			continue
		}
		fixed := Fixed{Found: *f}
		if c := changes[identity(f)]; c != nil && slices.Contains(accepted, c) {
			fixed.Keys = c.keys()
		}
		h.result.Fixed = append(h.result.Fixed, fixed)
	}
	known := map[string]bool{}
	for i := range before {
		known[identity(&before[i])] = true
	}
	for i := range now.found {
		f := &now.found[i]
		left := Left{Found: *f, Reason: fix.Reason(&f.Finding, h.opts.Most)}
		if left.Reason == "" {
			left.Reason = "no value of the chart reaches it"
			if c := changes[identity(f)]; c != nil && c.reason != "" {
				left.Reason = c.reason
			}
			for _, d := range docs {
				if f.Fix != nil && d.manifest == f.Manifest && d.start == f.Fix.Document {
					left.Suggestion = suggestion(d, f.Fix.Edits)
				}
			}
		}
		left.New = !known[identity(f)]
		h.result.Left = append(h.result.Left, left)
	}
	slices.SortStableFunc(h.result.Dropped, func(a, b Dropped) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Control, b.Control), cmp.Compare(a.Reason, b.Reason))
	})
}

var (
	word   = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*`)
	chains = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)*)`)
)

// uses is what templates speak of: words, and values by their paths from the chart that a template is for.
type uses struct {
	words map[string]bool
	paths map[string]bool
	// starts are the paths and all that is above them.
	starts map[string]bool
}

func usesOf(parts []part) *uses {
	u := &uses{words: map[string]bool{}, paths: map[string]bool{}, starts: map[string]bool{}}
	for i := range parts {
		for _, t := range parts[i].Templates {
			for _, w := range word.FindAll(t.Source, -1) {
				u.words[string(w)] = true
			}
			for _, m := range chains.FindAllSubmatch(t.Source, -1) {
				path := strings.TrimPrefix(string(m[1]), ".")
				u.paths[path] = true
				for i := range path {
					u.starts[path[:i]] = u.starts[path[:i]] || path[i] == '.'
				}
				u.starts[path] = true
			}
		}
	}
	return u
}

// mention reports whether a template may use a value: whether one has the path to where the hardening begins, or a
// part of it and the word.
func (u *uses) mention(parts []part, k key) bool {
	at := slices.IndexFunc(k, func(s step) bool { return s.index < 0 && isHardening(s.key) })
	if at < 0 {
		return true
	}
	for i := range parts {
		prefix := keyOf(parts[i].Prefix...)
		if !k.begins(prefix) || at < len(prefix) {
			continue
		}
		for n := len(prefix); n <= at+1; n++ {
			var names []string
			for _, s := range k[len(prefix):n] {
				names = append(names, s.key)
			}
			path := strings.Join(names, ".")
			if (u.paths[path] || n == at+1 && u.starts[path]) && u.words[k[at].key] && u.words[k.last()] {
				return true
			}
		}
	}
	return false
}

// maxUnused bounds how many of them are told.
const maxUnused = 200

// unused finds values that are named as if they hardened something, and that did not come out whatever was tried.
func (h *hardener) unused() []Unused {
	u := usesOf(h.in.Parts)
	alive := map[string]bool{} // keys of tables of which something comes out
	whole := map[string]bool{} // keys of what comes out as a whole
	var dead []*candidate
	for _, c := range h.p.all {
		switch {
		case c.sort == undeclared:
		case c.seen || c.bad || (c.sort == yes || c.sort == no) && u.mention(h.in.Parts, c.key):
			for n := len(c.key); n > 0 && !alive[c.key[:n].String()]; n-- {
				alive[c.key[:n].String()] = true
			}
			if c.seen && c.sort == table {
				whole[c.key.String()] = true
			}
		case hardened(c.key):
			dead = append(dead, c)
		}
	}
	var out []Unused
	var told key
	where := newPlaces(h.in.Parts)
	for _, c := range dead {
		// Tables of which nothing comes out are told once.
		if alive[c.key.String()] || told != nil && c.key.begins(told) || above(whole, c.key) {
			continue
		}
		if len(out) == maxUnused {
			break
		}
		told = c.key // what is below it comes next
		one := Unused{Key: c.key.String(), Mentioned: h.unreadable > 0 || u.mention(h.in.Parts, c.key)}
		one.File, one.Line = where.of(c.key)
		out = append(out, one)
	}
	return out
}

func above(keys map[string]bool, k key) bool {
	for n := range k {
		if keys[k[:n].String()] {
			return true
		}
	}
	return false
}

// places knows the lines of values files.
type places struct {
	parts []part
	trees [][]tree.Node
	lines []*tree.Lines
}

func newPlaces(parts []part) *places {
	p := &places{parts: parts}
	for i := range parts {
		var roots []tree.Node
		for d := range tree.Split(parts[i].ValuesSource) {
			if t, err := tree.NewParser().Parse(parts[i].ValuesSource, d); err == nil {
				roots = append(roots, t.Root())
			}
		}
		p.trees, p.lines = append(p.trees, roots), append(p.lines, tree.NewLines(parts[i].ValuesSource))
	}
	return p
}

// of finds the line of a values file that a key stands in.
func (p *places) of(k key) (file string, line int) {
	for i := range p.parts {
		prefix := keyOf(p.parts[i].Prefix...)
		if !k.begins(prefix) {
			continue
		}
		for _, root := range p.trees[i] {
			at := root
			for _, s := range k[len(prefix):] {
				at = child(at, s)
			}
			if !at.Exists() {
				continue
			}
			start, _ := at.Span()
			if name := at.Key(); name.Exists() {
				start, _ = name.Span()
			}
			line, _ := p.lines[i].Position(start)
			return p.parts[i].ValuesFile, line
		}
	}
	return "", 0
}
