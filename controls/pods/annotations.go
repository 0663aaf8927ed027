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
		all := s.Pod.Meta.Get("annotations")
		for key, value := range all.Pairs() {
			if rest, ok := strings.CutPrefix(key.Text(), prefix); ok && all.Get(key.Text()) == value && !yield(rest, value) {
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

// containerNamed returns the container of the pod with a name, nil if there is none.
func containerNamed(pod *object.Pod, name string) *object.Container {
	for c := range pod.Containers() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// quoted writes an annotation's value into a message, cut off if it is long.
func quoted(value string) string {
	const most = 60
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "…"
	}
	return `"` + value + `"`
}
