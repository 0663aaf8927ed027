package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
	"github.com/kubeharden/kubeharden/tree"
)

// BarePod: nobody brings a bare pod back.
var BarePod = control.Control{
	ID: "bare-pod", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Run pods under a controller",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Kind: "Pod"}},
	Unless:  staticpods.ControlPlane,
	Require: &control.Func{Check: checkBarePod, Text: "a pod must belong to a Deployment, StatefulSet, DaemonSet, Job or another controller", Expr: barePodCEL},
	Fix:     control.Generate,
	NoFix:   "The object has to become another one: a Deployment, StatefulSet, DaemonSet or Job around the pod.",
	Risk:    "Under a controller the pod gets another name, and there may be more than one of it for a moment.",
	Remedy:  "Put the pod into a Deployment, StatefulSet or DaemonSet if it keeps running, into a Job if it ends.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1610"},
		Source: []string{"https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs", "https://kubernetes.io/docs/concepts/workloads/pods/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0073"},
		Kyverno:   []string{"other/prevent-bare-pods", "cleanup/clean-bare-pods"},
		Other:     []string{"popeye:208"},
	},
	Why: `A pod without a controller is gone for good when its node fails or is drained, and no rollout ever brings it a fixed image. Attackers, too, mostly
start bare pods, so where there are none by rule one stands out.`,
	Bad: []control.Change{
		{Path: "metadata.ownerReferences", Name: "missing"},
		{Path: "metadata.ownerReferences", Value: []any{}, Name: "empty"},
	},
	Good: []control.Change{
		{Path: "metadata", Name: "test of a chart", Value: map[string]any{"name": "test", "annotations": map[string]any{"helm.sh/hook": "test"}}},
		{Path: "metadata", Name: "static pod", Value: map[string]any{"name": "kube-apiserver", "annotations": map[string]any{"kubernetes.io/config.mirror": "0123"}}},
	},
}

var owners = control.NewField("metadata.ownerReferences")

// ownedOtherwise are annotations of pods that the kubelet or Helm starts again.
var ownedOtherwise = []string{"kubernetes.io/config.mirror", "kubernetes.io/config.source", "helm.sh/hook"}

func checkBarePod(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if owners.Find(at).Len() > 0 {
		return
	}
	annotations := at.Get("metadata").Get("annotations")
	for _, key := range ownedOtherwise {
		if n := annotations.Get(key); n.Exists() && !n.IsNull() {
			return
		}
	}
	fail(owners.Violation(at, "is missing: no controller starts the pod again"))
}

func barePodCEL(c control.CEL) string {
	parts := []string{owners.CEL(c.At) + ".orValue([]).size() > 0"}
	for _, key := range ownedOtherwise {
		parts = append(parts, c.At+".?metadata.?annotations[?"+control.Quote(key)+"].hasValue()")
	}
	return "(" + strings.Join(parts, " || ") + ")"
}
