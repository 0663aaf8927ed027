package cluster

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeWorkloadsOnControlPlane: next to the API server runs what belongs to it.
var NodeWorkloadsOnControlPlane = control.Control{
	ID: "node-workloads-on-control-plane", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Keep the control-plane taint, and tenants from tolerating it",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkControlPlaneTolerations,
		Text: "tolerations must not hold the taint node-role.kubernetes.io/control-plane or node-role.kubernetes.io/master, unless the pod is of a DaemonSet, " +
			"of a namespace of the system, on the host's network, or has a PriorityClass of the system",
		Expr: controlPlaneTolerationsCEL,
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			checkControlPlaneTolerations(s, at, func(v control.Violation) bool {
				out = append(out, control.Edit{Op: control.Remove, At: v.At})
				return true
			})
			return out
		},
	},
	RequireObject: &control.Func{
		Check: checkControlPlaneTaints,
		Text:  "nodeRegistration.taints of a control plane must not take the taint away",
	},
	ObjectKinds: []control.Kind{{Group: "kubeadm.k8s.io", Kind: "InitConfiguration"}, {Group: "kubeadm.k8s.io", Kind: "JoinConfiguration"}},
	Params: []control.Param{{
		Name: "namespaces", Doc: "namespaces whose workloads may run on the control plane", Default: []string{"kube-system", "kube-public", "kube-node-lease"},
	}},
	Risk:    "On a cluster whose nodes are all control plane the pods stay pending.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Take the toleration and selectors of the control plane out of the pod; let nodes register with the taint node-role.kubernetes.io/control-plane:NoSchedule.",
	Refs: control.Refs{
		NSA:   []string{"Network separation: worker node segmentation"},
		MITRE: []string{"T1611"},
		Source: []string{
			"https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane-taint",
			"https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
		},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-controlplane-scheduling", "other/restrict-node-selection", "other/restrict-node-affinity", "other/protect-node-taints"},
	},
	Why: `The nodes of the control plane hold the keys of the cluster and all of etcd: whoever breaks out of a container there has everything. A toleration
without a key holds that taint too. Agents that have to run on every node are DaemonSets.`,
	Bad: []control.Change{
		{Path: "tolerations", Name: "the taint", Value: tolerating(mapping{"key": controlPlane, "effect": "NoSchedule"})},
		{Path: "tolerations", Name: "exists", Value: tolerating(mapping{"key": controlPlane, "operator": "Exists"})},
		{Path: "tolerations", Name: "the old name", Value: tolerating(mapping{"key": master, "operator": "Exists", "effect": "NoSchedule"})},
		{Path: "tolerations", Name: "everything", Value: tolerating(mapping{"operator": "Exists"})},
	},
	Good: []control.Change{
		{Path: "tolerations", Name: "another taint", Value: tolerating(mapping{"key": "gpu", "operator": "Exists"})},
		{Path: "tolerations", Name: "another value", Value: tolerating(mapping{"key": controlPlane, "value": "a"})},
		{Path: "tolerations", Name: "while it ends", Value: tolerating(mapping{"operator": "Exists", "effect": "NoExecute"})},
		{Path: "tolerations", Name: "none", Value: []any{}},
	},
}

// The taints of the control plane; the second was there up to 1.24.
const (
	controlPlane = "node-role.kubernetes.io/control-plane"
	master       = "node-role.kubernetes.io/master"
)

func tolerating(toleration mapping) []any { return []any{toleration} }

// checkControlPlaneTolerations names the tolerations of taints with one of the keys, no value and the effect NoSchedule.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go
func checkControlPlaneTolerations(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if runsEverywhere(s, at) {
		return
	}
	for _, t := range at.Get("tolerations").Items() {
		key, operator, effect, value := t.Get("key").Text(), t.Get("operator").Text(), t.Get("effect").Text(), t.Get("value").Text()
		named := key == controlPlane || key == master
		holds := operator == "Exists" && (key == "" || named) || named && (operator == "" || operator == "Equal") && value == ""
		if !holds || effect != "" && effect != "NoSchedule" {
			continue
		}
		problem := "tolerates the taint of the control plane"
		if key == "" {
			problem = "tolerates every taint, that of the control plane too"
		}
		if !fail(control.Violation{At: t, Problem: problem}) {
			return
		}
	}
}

// runsEverywhere reports whether a pod belongs to the system or to an agent.
func runsEverywhere(s *control.Subject, spec tree.Node) bool {
	meta := s.Object.Root.Get("metadata")
	for _, owner := range meta.Get("ownerReferences").Items() {
		if owner.Get("kind").StrIs("DaemonSet") {
			return true
		}
	}
	if on, _ := spec.Get("hostNetwork").Bool(); on {
		return true // what sets up the network has to run before the nodes are ready; tenants may not, which is another control
	}
	return s.Object.Kind == "DaemonSet" || slices.Contains(s.Params["namespaces"], meta.Get("namespace").Text()) ||
		strings.HasPrefix(spec.Get("priorityClassName").Text(), "system-")
}

func controlPlaneTolerationsCEL(c control.CEL) string {
	field := func(name string) string { return "t.?" + name + ".orValue('')" }
	named := field("key") + " in " + control.QuoteAll([]string{controlPlane, master})
	return "(object.?kind.orValue('') == 'DaemonSet' || object.metadata.?ownerReferences.orValue([]).exists(o, o.?kind.orValue('') == 'DaemonSet') || " +
		"object.metadata.?namespace.orValue('') in " + control.QuoteAll(c.Params["namespaces"]) + " || " +
		c.At + ".?hostNetwork.orValue(false) == true || " +
		c.At + ".?priorityClassName.orValue('').startsWith('system-') || " +
		c.At + ".?tolerations.orValue([]).all(t, !(" + field("effect") + " in ['', 'NoSchedule'] && (" +
		field("operator") + " == 'Exists' && (" + field("key") + " == '' || " + named + ") || " +
		named + " && " + field("operator") + " in ['', 'Equal'] && " + field("value") + " == ''))))"
}

// checkControlPlaneTaints names a list of taints, of a node that joins the control plane, that does not have its taint: kubeadm sets it only if
// the list is not given. https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-NodeRegistrationOptions
func checkControlPlaneTaints(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if s.Object.Kind == "JoinConfiguration" && !at.Get("controlPlane").Exists() {
		return
	}
	taints := at.Get("nodeRegistration").Get("taints")
	if taints.Kind() != tree.Sequence {
		return
	}
	for _, t := range taints.Items() {
		if key, effect := t.Get("key").Text(), t.Get("effect").Text(); (key == controlPlane || key == master) && effect != "PreferNoSchedule" {
			return
		}
	}
	fail(control.Violation{At: taints, Problem: "takes the taint of the control plane away"})
}
