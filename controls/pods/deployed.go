package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// deployed says how to know a program by its image, or by one of the labels of its pods.
type deployed struct {
	image  *pattern
	labels [][2]string // key and value
	names  []string    // of the pod
	what   string
}

// withoutProgram requires that a pod does not run a program.
func withoutProgram(d *deployed, text string) control.Rule {
	return &control.Func{
		Text: text,
		Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
			found := false
			for c := range s.Pod.Containers() {
				if n := c.Node.Get("image"); n.Exists() && d.image.matches(n.Text()) {
					found = true
					if !fail(control.Violation{At: n, Problem: "is " + d.what}) {
						return
					}
				}
			}
			if n := s.Pod.Meta.Get("name"); !found && slices.Contains(d.names, n.Text()) {
				fail(control.Violation{At: n, Problem: "is " + d.what})
				return
			}
			for _, l := range d.labels {
				if n := s.Pod.Meta.Get("labels").Get(l[0]); !found && n.StrIs(l[1]) {
					fail(control.Violation{At: n, Problem: "is the label of " + d.what})
					return
				}
			}
		},
		Expr: func(c control.CEL) string {
			lists := make([]string, 0, 3)
			for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
				lists = append(lists, c.Pod+".?"+list+".orValue([])")
			}
			parts := []string{"(" + strings.Join(lists, " + ") + ").exists(c, c.?image.orValue('').matches(" + control.Quote(d.image.text) + "))"}
			parts = append(parts, c.Metadata+".?name.orValue('') in "+control.QuoteAll(d.names))
			for _, l := range d.labels {
				parts = append(parts, c.Metadata+".?labels[?"+control.Quote(l[0])+"].orValue('') == "+control.Quote(l[1]))
			}
			return "!(" + strings.Join(parts, " || ") + ")"
		},
	}
}
