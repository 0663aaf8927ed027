package component

import (
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// distributed makes an instance of what a distribution sets by itself and the arguments that the user adds: a mapping of names, a list of name
// and value, or a list of name=value.
func (b *builder) distributed(d *document, k Kind, v Version, distribution string, extra *field, at Place, defaults []argument) *Instance {
	node, _ := b.index.nodeOf(d.file)
	i := &Instance{
		Kind: k, Version: v, Object: d.object, Path: at.Path, File: d.file, Node: nodeName(node), Distribution: distribution, files: b.index,
		list: at.Path, Name: k.String() + " of " + distribution,
	}
	given := extra.arguments()
	for _, a := range defaults {
		s := statement{name: a.name, text: a.value, place: nowhere(), value: nowhere(), source: FromDistribution}
		replaced := false
		for n := range given {
			switch g := &given[n]; {
			case g.name != a.name:
			case g.merge == "append":
				s.text, s.place, s.value, s.source, s.sum, g.done = s.text+g.text, g.place, g.value, FromFlag, true, true
			case g.merge == "prepend":
				s.text, s.place, s.value, s.source, s.sum, g.done = g.text+s.text, g.place, g.value, FromFlag, true, true
			case g.merge == "keep":
			default:
				replaced = true
			}
		}
		if !replaced {
			i.add(s)
		}
	}
	for _, g := range given {
		if !g.done {
			i.add(g.statement)
		}
	}
	return i
}

// extraArgument is one that the user adds.
type extraArgument struct {
	statement
	merge string // kubeadm's mergeMethod, or "keep" if the distribution's own value stays beside it
	done  bool
}

// arguments reads extra arguments in every form that distributions have.
func (f *field) arguments() []extraArgument {
	if f == nil {
		return nil
	}
	var out []extraArgument
	add := func(name, text string, at, value Place, merge string) {
		name = normal(strings.TrimLeft(name, "-"))
		out = append(out, extraArgument{statement{name: name, text: text, place: at, value: value, source: FromFlag}, strings.ToLower(merge), false})
	}
	switch f.kind {
	case tree.Mapping:
		for n, key := range f.keys {
			item := f.items[n]
			if item.kind == tree.Sequence {
				for _, one := range item.items {
					add(key, one.argText(), one.place, one.place, "")
				}
				continue
			}
			add(key, item.argText(), item.place, item.place, "")
		}
	case tree.Sequence:
		for _, item := range f.items {
			if item.kind == tree.Mapping {
				at := item.get("value")
				if at == nil {
					at = item
				}
				add(item.get("name").str(), item.get("value").argText(), item.place, at.place, item.get("mergeMethod").str())
				continue
			}
			name, text, ok := strings.Cut(item.text, "=")
			if !ok {
				text = "true"
			}
			// https://docs.k3s.io/installation/configuration#value-merge-behavior
			merge := ""
			if kept := strings.TrimRight(name, "+-"); kept != name {
				name, merge = kept, "keep"
			}
			add(name, text, item.place, item.place, merge)
		}
	case tree.Scalar:
		if name, text, ok := strings.Cut(f.text, "="); ok {
			add(name, text, f.place, f.place, "")
		}
	case tree.Missing:
	}
	return out
}

// argText is the text that a YAML value becomes as an argument.
func (f *field) argText() string {
	if f != nil && f.kind == tree.Scalar && f.scalar == tree.Bool {
		return boolText(f.text)
	}
	return f.str()
}

func (f *field) argument(name string) *extraArgument {
	for _, a := range f.arguments() {
		if a.name == name {
			return &a
		}
	}
	return nil
}

func (f *field) texts() []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, item := range f.items {
		out = append(out, item.text)
	}
	return out
}
