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
	for i := range now.found {
		f := &now.found[i]
		left := Left{Found: *f, Reason: fix.ReasonNot(&f.Finding, h.opts.Most)}
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
		h.result.Left = append(h.result.Left, left)
	}
	slices.SortStableFunc(h.result.Dropped, func(a, b Dropped) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Control, b.Control), cmp.Compare(a.Reason, b.Reason))
	})
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*`)

// unused finds values that are named as if they hardened something, and that did not come out whatever was tried.
func (h *hardener) unused() []Unused {
	words := map[string]bool{}
	for i := range h.in.Parts {
		for _, src := range h.in.Parts[i].Templates {
			for _, w := range word.FindAll(src, -1) {
				words[string(w)] = true
			}
		}
	}
	// Tables of which nothing comes out are told once.
	alive := map[string]bool{}
	var dead []*candidate
	for _, c := range h.p.all {
		if c.sort == undeclared {
			continue
		}
		if c.seen || c.bad || (c.sort == yes || c.sort == no) && words[c.key.last()] {
			for n := range c.key {
				alive[c.key[:n+1].String()] = true
			}
			continue
		}
		if hardened(c.key) {
			dead = append(dead, c)
		}
	}
	var out []Unused
	var told []key
	for _, c := range dead {
		if alive[c.key.String()] || slices.ContainsFunc(told, c.key.begins) || !isBelow(c.key) {
			continue
		}
		told = append(told, c.key)
		u := Unused{Key: c.key.String(), Mentioned: mentioned(c.key, words)}
		u.File, u.Line = h.declared(c.key)
		out = append(out, u)
	}
	return out
}

// isBelow reports whether the hardening begins at the key or above it.
func isBelow(k key) bool { return hardened(k) }

// mentioned reports whether the templates use the name that is about hardening, and the key's own.
func mentioned(k key, words map[string]bool) bool {
	i := slices.IndexFunc(k, func(s step) bool { return s.index < 0 && isHardening(s.key) })
	return i >= 0 && words[k[i].key] && words[k.last()]
}

// declared finds the line of a values file that a key stands in.
func (h *hardener) declared(k key) (file string, line int) {
	for i := range h.in.Parts {
		p := &h.in.Parts[i]
		prefix := keyOf(p.Prefix...)
		if !k.begins(prefix) {
			continue
		}
		for d := range tree.Split(p.ValuesSource) {
			t, err := tree.NewParser().Parse(p.ValuesSource, d)
			if err != nil {
				continue
			}
			at, missing := t.Root().Find(strings.TrimPrefix(k[len(prefix):].String(), "."))
			if len(missing) > 0 {
				continue
			}
			start, _ := at.Span()
			if name := at.Key(); name.Exists() {
				start, _ = name.Span()
			}
			line, _ := tree.NewLines(p.ValuesSource).Position(start)
			return p.ValuesFile, line
		}
	}
	return "", 0
}
