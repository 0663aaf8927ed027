package values

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Advice is what to write into one place of a template for one object or container: the suggestions for several findings.
type Advice struct {
	Suggestion
	Ref      control.Ref
	Reason   string
	Controls []string
}

// Advise puts suggestions together that are for the same place and object, in the order of what is left.
func Advise(left []Left) []Advice {
	type place struct {
		file, path    string
		line          int
		inPlace, gone bool
		ref           control.Ref
		reason        string
	}
	at := map[place]int{}
	var out []Advice
	for i := range left {
		l := &left[i]
		if l.Suggestion == nil || l.Status != control.Fail {
			continue
		}
		s := *l.Suggestion
		p := place{s.File, "", s.Line, s.InPlace, s.Text == "", l.Ref, l.Reason}
		if s.Text == "" || s.InPlace {
			p.path = s.Path
		}
		k, known := at[p]
		if !known {
			at[p] = len(out)
			out = append(out, Advice{s, l.Ref, l.Reason, []string{l.Control.ID}})
			continue
		}
		a := &out[k]
		if !slices.Contains(a.Controls, l.Control.ID) {
			a.Controls = append(a.Controls, l.Control.ID)
		}
		a.fields = together(a.fields, s.fields)
		if a.fields != nil {
			a.Text = strings.TrimSuffix(marshal(a.fields), "\n")
		}
	}
	return out
}

// together is both of two values; where they say different things it is the first.
func together(a, b any) any {
	x, ok := a.(map[string]any)
	y, also := b.(map[string]any)
	if !ok || !also {
		return a
	}
	both, _ := tree.Clone(x).(map[string]any)
	for name, v := range y {
		if old, ok := both[name]; ok {
			v = together(old, v)
		}
		both[name] = v
	}
	return both
}
