package pods

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// annotations yields the pod's annotations whose keys start with prefix, by what follows the prefix. Of two equal keys
// only the last one counts.
func annotations(s *control.Subject, prefix string) iter.Seq2[string, tree.Node] {
	return func(yield func(string, tree.Node) bool) {
		for key, value := range s.Pod.Meta.Get("annotations").Pairs() {
			if rest, ok := strings.CutPrefix(key.Text(), prefix); ok && !key.Overridden() && !yield(rest, value) {
				return
			}
		}
	}
}

// text returns an annotation's value; null is the empty text, as it is to the API server.
func text(n tree.Node) string {
	if n.IsNull() {
		return ""
	}
	return n.Text()
}

// byName returns a function that finds a container of the pod by its name, nil if there is none. The names are collected when the
// first one is asked for.
func byName(pod *object.Pod) func(name string) *object.Container {
	var all map[string]*object.Container
	return func(name string) *object.Container {
		if all == nil {
			all = map[string]*object.Container{}
			for c := range pod.Containers() {
				if all[c.Name] == nil {
					all[c.Name] = c
				}
			}
		}
		return all[name]
	}
}

// quoted writes an annotation's value into a message, cut off if it is long.
func quoted(value string) string {
	const most = 60
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "…"
	}
	return `"` + value + `"`
}
