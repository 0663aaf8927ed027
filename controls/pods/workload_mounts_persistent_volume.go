package pods

import (
	"path"
	"slices"

	"github.com/kubeharden/kubeharden/control"
)

// WorkloadMountsPersistentVolume: who reaches stored data should be known.
var WorkloadMountsPersistentVolume = control.Control{
	ID: "workload-mounts-persistent-volume", Section: "other", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Review the workloads that reach stored data",
	Scope:    control.PodSpecs,
	Require:  &control.Func{Check: mounting("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"), Text: "PersistentVolumeClaims that a pod mounts must be listed in the parameter known"},
	Params:   []control.Param{knownStores("PersistentVolumeClaims")},
	Fix:      control.Advice,
	NoFix:    "Whether the program needs it, only a person can say.",
	NoPolicy: noListInCEL,
	Risk:     "Nothing stops working: this is a list to review.",
	Remedy:   "Look whether the program needs the data; then list the claim in the parameter known.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1005"},
		Source: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0257"},
	},
	Why: `Data outlives the pod. Whoever takes over a program reads and changes all that its claims hold, also what other programs put there. The list says which
data is within reach of which program.`,
	Bad: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "persistentVolumeClaim": map[string]any{"claimName": "data"}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "persistentVolumeClaim": map[string]any{"claimName": "app-data"}}}, Name: "known"},
	},
}

// noListInCEL is why there is no policy for lists to review.
const noListInCEL = "Patterns with * have no equal in CEL, and to refuse a pod is not the point of a list to review."

// knownStores is the setting of a list to review.
func knownStores(kinds string) control.Param {
	return control.Param{
		Name: "known", Doc: kinds + " whose users are known, as NAMESPACE/NAME; * stands for any text without a slash", Default: []string{}, Example: []string{"shop/app-*"},
		Valid: func(v string) bool { _, err := path.Match(v, ""); return err == nil },
	}
}

// isKnown reports whether a name in the namespace of the subject is listed as known.
func isKnown(s *control.Subject, name string) bool {
	return slices.ContainsFunc(s.Params["known"], func(pattern string) bool {
		ok, _ := path.Match(pattern, s.Object.EffectiveNamespace()+"/"+name)
		return ok
	})
}
