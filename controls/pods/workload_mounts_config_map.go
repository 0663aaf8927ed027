package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WorkloadMountsConfigMap: what configures a program should be known.
var WorkloadMountsConfigMap = control.Control{
	ID: "workload-mounts-config-map", Section: "other", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Review the workloads that mount ConfigMaps",
	Scope:    control.PodSpecs,
	Require:  &control.Func{Check: mounting("configMap", "name", "ConfigMap"), Text: "ConfigMaps that a pod mounts must be listed in the parameter known"},
	Params:   []control.Param{knownStores("ConfigMaps")},
	Fix:      control.Advice,
	NoFix:    "Whether the program needs it, only a person can say.",
	NoPolicy: noListInCEL,
	Risk:     "Nothing stops working: this is a list to review.",
	Remedy:   "Look who may change the ConfigMap; then list it in the parameter known.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0258"},
	},
	Why: `A mounted ConfigMap changes in a running pod when somebody changes the object: whoever may write it steers the program, and whoever takes over the
program reads it. The list says who reaches what.`,
	Bad: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "configMap": map[string]any{"name": "settings"}}}, Name: "volume"},
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "projected": map[string]any{"sources": []any{map[string]any{"configMap": map[string]any{"name": "settings"}}}}}}, Name: "projected"},
	},
	Good: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "configMap": map[string]any{"name": "app-settings"}}}, Name: "known"},
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "projected": map[string]any{"sources": []any{map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt"}}}}}}, Name: "of Kubernetes"},
	},
}

// mounting tells the volumes of a sort that are not listed as known.
func mounting(source, field, kind string) func(*control.Subject, tree.Node, control.FailFunc) {
	return func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		tell := func(name tree.Node) bool {
			// kube-root-ca.crt is what the API server itself puts into every pod.
			if name.Text() == "" || name.IsNull() || name.StrIs("kube-root-ca.crt") || isKnown(s, name.Text()) {
				return true
			}
			return fail(control.Violation{At: name, Problem: "gives the pod " + kind + " " + control.Show(name)})
		}
		for _, v := range at.Get("volumes").Items() {
			if !tell(v.Get(source).Get(field)) {
				return
			}
			for _, projected := range v.Get("projected").Get("sources").Items() {
				if !tell(projected.Get(source).Get(field)) {
					return
				}
			}
		}
	}
}
