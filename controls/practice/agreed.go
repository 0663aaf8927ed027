package practice

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// owned are the objects that somebody answers for.
var owned = slices.Concat(workloads, in("", "Namespace", "Service", "PersistentVolumeClaim"))

// agreed requires the keys in a setting below field, labels or annotations.
func agreed(setting, field string) control.Rule {
	at := control.NewField(field)
	// missing calls do for every key that is not there or empty.
	missing := func(s *control.Subject, root tree.Node, do func(key, value string) bool) {
		for _, entry := range s.Params[setting] {
			key, value, _ := strings.Cut(entry, "=")
			if n := at.Find(root).Get(key); (n.IsNull() || n.Text() == "") && !do(key, value) {
				return
			}
		}
	}
	return &control.Func{
		Text: field + " must have the keys in the settings",
		Check: func(s *control.Subject, root tree.Node, fail control.FailFunc) {
			missing(s, root, func(key, _ string) bool {
				f := control.NewField(field + `["` + key + `"]`)
				if f.Find(root).Exists() {
					return fail(f.Violation(root, "is empty"))
				}
				return fail(f.Violation(root, "is missing"))
			})
		},
		Fix: func(s *control.Subject, root tree.Node, out []control.Edit) []control.Edit {
			missing(s, root, func(key, value string) bool {
				if value != "" {
					f := control.NewField(field + `["` + key + `"]`)
					out = append(out, f.Set(root, value))
				}
				return true
			})
			return out
		},
		Expr: func(c control.CEL) string {
			tests := []string{"true"}
			for _, entry := range c.Params[setting] {
				key, _, _ := strings.Cut(entry, "=")
				f := control.NewField(field + `["` + key + `"]`)
				tests = append(tests, f.CEL(c.At)+".orValue('') != ''")
			}
			return "(" + strings.Join(tests, " && ") + ")"
		},
	}
}
