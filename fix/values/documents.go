package values

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/tree"
)

// document is one rendered document.
type document struct {
	id       string // what it is, the same in every rendering of the chart
	manifest string // path of its manifest
	start    int    // in it
	root     tree.Node
	origin   func(line int) (string, int, string, bool)
	lines    *tree.Lines
}

// documents reads what was rendered. Those that cannot be read are left out, and counted. name undoes what a rendering changed in names.
func documents(manifests []render.Manifest, name func(string) string) (all []*document, unreadable int) {
	for i := range manifests {
		m := &manifests[i]
		taken := map[string]int{}
		var lines *tree.Lines
		for d := range tree.Split(m.Source) {
			t, err := tree.NewParser().Parse(m.Source, d)
			if err != nil {
				unreadable++
				continue
			}
			root := t.Root()
			if root.Kind() != tree.Mapping {
				continue
			}
			meta := root.Get("metadata")
			id := strings.Join([]string{m.Path, root.Get("kind").Text(), name(meta.Get("namespace").Text()), name(meta.Get("name").Text())}, "\x00")
			if taken[id]++; taken[id] > 1 {
				id = fmt.Sprintf("%s\x00%d", id, taken[id])
			}
			if lines == nil {
				lines = tree.NewLines(m.Source)
			}
			all = append(all, &document{id: id, manifest: m.Path, start: d.Start, root: root, origin: m.Origin, lines: lines})
		}
	}
	return all, unreadable
}

// String is the document for people: Kind/name.
func (d *document) String() string {
	return d.root.Get("kind").Text() + "/" + d.root.Get("metadata").Get("name").Text()
}

func unchanged(s string) string { return s }

// byID finds documents again.
func byID(all []*document) map[string]*document {
	m := make(map[string]*document, len(all))
	for _, d := range all {
		m[d.id] = d
	}
	return m
}

// paired finds for each document of another rendering the one that it was: by what it is, then by the order of those of its kind, as a mark
// may have made a name that is made of several values another one.
func paired(docs, base []*document) map[*document]*document {
	was, left := byID(base), map[string][]*document{}
	pairs, taken := map[*document]*document{}, map[*document]bool{}
	for _, d := range docs {
		if b := was[d.id]; b != nil {
			pairs[d], taken[b] = b, true
		}
	}
	kind := func(d *document) string { return d.manifest + "\x00" + d.root.Get("kind").Text() }
	for _, b := range base {
		if !taken[b] {
			left[kind(b)] = append(left[kind(b)], b)
		}
	}
	more := map[string][]*document{}
	for _, d := range docs {
		if pairs[d] == nil {
			more[kind(d)] = append(more[kind(d)], d)
		}
	}
	for k, list := range more {
		if len(list) == len(left[k]) {
			for i, d := range list {
				pairs[d] = left[k][i]
			}
		}
	}
	return pairs
}

// maxDepth bounds how deep documents are looked into.
const maxDepth = 200

// walk calls visit for every mapping, list and scalar of a document.
func walk(n tree.Node, depth int, visit func(tree.Node)) {
	if depth > maxDepth {
		return
	}
	visit(n)
	switch n.Kind() {
	case tree.Mapping:
		for _, v := range n.Pairs() {
			walk(v, depth+1, visit)
		}
	case tree.Sequence:
		for _, v := range n.Items() {
			walk(v, depth+1, visit)
		}
	default:
	}
}

// aligned is where a path of one rendering of a document leads in another: items of lists that have names are found by them.
func aligned(from, to tree.Node, path key, name func(string) string) (key, bool) {
	out := make(key, 0, len(path))
	for _, s := range path {
		if s.index < 0 {
			from, to = from.Get(s.key), to.Get(s.key)
			out = append(out, s)
			continue
		}
		list, length := to, from.Len()
		wanted := nameOf(from.At(s.index))
		from, to = from.At(s.index), list.At(s.index)
		if wanted = name(wanted); wanted != "" && nameOf(to) != wanted {
			found := false
			for i, item := range list.Items() {
				if found = nameOf(item) == wanted; found {
					s.index, to = i, item
					break
				}
			}
			// A name may have been changed.
			if !found && list.Len() != length {
				return nil, false
			}
		}
		out = append(out, s)
	}
	return out, true
}

func nameOf(n tree.Node) string {
	if n.Kind() != tree.Mapping {
		return ""
	}
	return n.Get("name").Text()
}
