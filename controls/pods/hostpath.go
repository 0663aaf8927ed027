package pods

import (
	"iter"
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

const volumeDocs = "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"

var (
	hostPath  = control.NewField("hostPath.path")
	mountName = control.NewField("name")
	readOnly  = control.NewField("readOnly")
)

// slashes stands for a slash of a path; the kernel reads //etc/./ssh/ as /etc/ssh. The API server refuses "..".
const (
	slashes    = `/+(?:\./+)*`
	endOfPath  = `(?:/+\.?)*$`
	endOfName  = `(?:/|$)`
	rootFolder = `(?:/+\.?)+$`
)

// pathPattern matches the paths themselves and what lies below the others; * stands for any name.
func pathPattern(exactly, below []string) *pattern {
	alternatives := make([]string, 0, len(exactly)+len(below))
	add := func(path, end string) {
		path = strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, `[^/]+`)
		alternatives = append(alternatives, strings.ReplaceAll(path, "/", slashes)+end)
	}
	for _, path := range exactly {
		if path == "/" {
			alternatives = append(alternatives, rootFolder)
			continue
		}
		add(path, endOfPath)
	}
	for _, path := range below {
		add(path, endOfName)
	}
	return newPattern("^(?:" + strings.Join(alternatives, "|") + ")")
}

// hostPathNot requires that no hostPath volume has a path of the pattern.
func hostPathNot(p *pattern, text, problem string) control.Rule {
	return control.Each("volumes", map[string]any{"name": "scratch"}, &control.Func{
		Text: text,
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if n := hostPath.Find(at); n.Exists() && p.matches(n.Text()) {
				fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", " + problem})
			}
		},
		Expr: func(c control.CEL) string {
			path := hostPath.CEL(c.At)
			return "(!" + path + ".hasValue() || !" + path + ".value().matches(" + control.Quote(p.text) + "))"
		},
	})
}

// readOnlyHostPath requires that mounts of hostPath volumes are read-only. With a pattern it is about paths that match.
func readOnlyHostPath(p *pattern, text string) control.Rule {
	return &control.Func{
		Text: text,
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			for mount, path := range writableHostPaths(s, at) {
				if p != nil && !p.matches(path.Text()) {
					continue
				}
				problem := "is missing, so host path " + control.Show(path) + " is writable"
				switch n := readOnly.Find(mount); {
				case n.Type() == tree.String:
					problem = "is the text " + quoted(n.Text()) + ", not a boolean"
				case n.Exists():
					problem = "is " + control.Show(n) + ", so host path " + control.Show(path) + " is writable"
				}
				if !fail(readOnly.Violation(mount, problem)) {
					return
				}
			}
		},
		Expr: func(c control.CEL) string {
			match := "v.?hostPath.hasValue()"
			if p != nil {
				match = "v.?hostPath.?path.orValue('').matches(" + control.Quote(p.text) + ")"
			}
			return "!" + c.At + ".?volumeMounts.orValue([]).exists(m, m.?readOnly.orValue(false) != true && " +
				c.Pod + ".?volumes.orValue([]).exists(v, v.?name == m.?name && " + match + "))"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for mount, path := range writableHostPaths(s, at) {
				if p == nil || p.matches(path.Text()) {
					out = append(out, readOnly.Set(mount, true))
				}
			}
			return out
		},
	}
}

// writableHostPaths yields the writable mounts of hostPath volumes of a container, with the path of the volume.
func writableHostPaths(s *control.Subject, at tree.Node) iter.Seq2[tree.Node, tree.Node] {
	return func(yield func(mount, path tree.Node) bool) {
		volumes, mounts := s.Pod.Spec.Get("volumes"), at.Get("volumeMounts")
		var index map[string]tree.Node
		const many = 1 << 14
		if volumes.Len()*mounts.Len() > many {
			index = make(map[string]tree.Node, volumes.Len())
			for _, v := range volumes.Items() {
				index[v.Get("name").Text()] = v
			}
		}
		for _, mount := range mounts.Items() {
			if ro, _ := readOnly.Find(mount).Bool(); ro {
				continue
			}
			volume := volumeNamed(volumes, index, mountName.Find(mount))
			if source := volume.Get("hostPath"); source.Exists() && !source.IsNull() && !yield(mount, hostPath.Find(volume)) {
				return
			}
		}
	}
}

// volumeNamed looks in the index if there is one.
func volumeNamed(volumes tree.Node, index map[string]tree.Node, name tree.Node) tree.Node {
	if !name.Exists() {
		return tree.Node{}
	}
	if index != nil {
		return index[name.Text()]
	}
	for _, v := range volumes.Items() {
		if v.Get("name").StrIs(name.Text()) {
			return v
		}
	}
	return tree.Node{}
}
