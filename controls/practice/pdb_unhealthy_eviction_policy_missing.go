package practice

import "github.com/kubeharden/kubeharden/control"

// PDBUnhealthyEvictionPolicyMissing: a broken pod does not hold up a drain.
var PDBUnhealthyEvictionPolicyMissing = control.Control{
	ID: "pdb-unhealthy-eviction-policy-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Set unhealthyPodEvictionPolicy",
	Scope:   control.Objects,
	Kinds:   budgets,
	From:    27, // on by default from 1.27
	Require: control.Present("spec.unhealthyPodEvictionPolicy", "AlwaysAllow"),
	Fix:     control.Auto,
	Risk:    "Pods that run but are not ready are evicted at once, without the chance to become ready first.",
	Remedy:  "Set spec.unhealthyPodEvictionPolicy: AlwaysAllow, or IfHealthyBudget where pods that are not ready still hold data.",
	Refs:    control.Refs{Source: []string{budgetDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"pdb-unhealthy-pod-eviction-policy"},
	},
	Why: `By default a pod that runs but is not ready may only be evicted while enough others are healthy. A workload that never becomes ready, such
as one in a crash loop, then blocks every drain of its node until somebody steps in.`,
}
