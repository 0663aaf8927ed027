package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SystemNamespaceUsed: the namespaces of the system are for the system.
var SystemNamespaceUsed = control.Control{
	ID: "system-namespace-used", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Do not deploy user workloads into kube-system / kube-public",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Kind: "Pod"},
		{Kind: "ReplicationController"},
		{Group: "apps", Kind: "Deployment"},
		{Group: "apps", Kind: "StatefulSet"},
		{Group: "apps", Kind: "DaemonSet"},
		{Group: "apps", Kind: "ReplicaSet"},
		{Group: "apps.openshift.io", Kind: "DeploymentConfig"},
		{Group: "batch", Kind: "Job"},
		{Group: "batch", Kind: "CronJob"},
	},
	Unless:  noNamespace,
	Require: &control.Func{Check: checkSystemNamespace, Text: "metadata.namespace must be none of the system's, unless the pods are part of the system", Expr: systemNamespaceCEL},
	Params: []control.Param{{
		Name: "namespaces", Doc: "namespaces of the system", Default: []string{"kube-system", "kube-public", "kube-node-lease"},
	}, {
		Name: "allowed", Doc: "names of workloads that are part of the system, besides those that say so themselves", Default: []string{}, Example: []string{"node-agent"},
	}},
	Fix:    control.Advice,
	NoFix:  "Which namespace the workload belongs in, only a person can say.",
	Risk:   "In another namespace the workload needs its own Secrets, roles and quota, and may not use the PriorityClasses of the system.",
	Remedy: "Move the workload into a namespace of its own. What belongs to the cluster says so by the label k8s-app, or by a PriorityClass of the system with tolerations, or is listed in the parameter allowed.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: namespaces", "Pod security: Pod security enforcement"},
		MITRE:  []string{"T1036.005"},
		Source: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/", "https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0037"},
		Other: []string{"stig:V-242417"},
	},
	Why: `Policies, Pod Security and mesh injection commonly leave kube-system out, and its service accounts and Secrets can run the whole
cluster. That is why attackers hide there, and why an ordinary workload there has more rights and fewer checks than anywhere else.`,
	Bad: []control.Change{
		{Path: "metadata.namespace", Value: "kube-system"},
		{Path: "metadata.namespace", Value: "kube-public"},
	},
	Good: []control.Change{
		{Path: "metadata", Name: "listed", Value: map[string]any{"name": "node-agent", "namespace": "kube-system"}},
		{Path: "metadata", Name: "add-on", Value: map[string]any{"name": "coredns", "namespace": "kube-system", "labels": map[string]any{"k8s-app": "kube-dns"}}},
		{Path: "metadata.namespace", Value: "kube-system-2"},
	},
}

// systemLabels are what parts of the system are labelled with: static pods by kubeadm, add-ons by their authors and by the add-on manager.
var systemLabels = []string{"k8s-app", "kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode", "eks.amazonaws.com/component"}

func checkSystemNamespace(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n := namespace.Find(at)
	if slices.Contains(s.Params["namespaces"], n.Text()) && !slices.Contains(s.Params["allowed"], s.Object.Name) && !isSystem(s, at) {
		fail(control.Violation{At: n, Problem: "is " + n.Text() + ", which is for the system"})
	}
}

func isTrue(n tree.Node) bool {
	b, ok := n.Bool()
	return ok && b
}

// isSystem looks at the labels of the object, and at the priority of its pods.
func isSystem(s *control.Subject, at tree.Node) bool {
	meta := at.Get("metadata")
	for _, key := range systemLabels {
		if n := meta.Get("labels").Get(key); n.Exists() && !n.IsNull() {
			return true
		}
	}
	if labelled(meta, "tier", "control-plane") && meta.Get("labels").Get("component").Exists() {
		return true
	}
	for pod := range s.Object.Pods() {
		// Critical add-ons tolerate the taints of the nodes that they keep alive; the class alone is easily taken.
		if strings.HasPrefix(priorityClass.Find(pod.Spec).Text(), systemPrefix) &&
			(pod.Spec.Get("tolerations").Len() > 0 || isTrue(pod.Spec.Get("hostNetwork"))) {
			return true
		}
	}
	return false
}

func systemNamespaceCEL(c control.CEL) string {
	labels := "object.metadata.?labels"
	parts := []string{
		"!(" + namespace.CEL(c.At) + ".orValue('') in " + control.QuoteAll(c.Params["namespaces"]) + ")",
		"object.metadata.?name.orValue('') in " + control.QuoteAll(c.Params["allowed"]),
		labels + ".?tier.orValue('') == 'control-plane' && " + labels + ".?component.hasValue()",
	}
	for _, key := range systemLabels {
		parts = append(parts, labels+"[?"+control.Quote(key)+"].hasValue()")
	}
	for _, spec := range []string{".?spec", ".?spec.?template.?spec", ".?spec.?jobTemplate.?spec.?template.?spec"} {
		parts = append(parts, "object"+spec+".?priorityClassName.orValue('').startsWith('"+systemPrefix+"') && (object"+spec+
			".?tolerations.orValue([]).size() > 0 || object"+spec+".?hostNetwork.orValue(false) == true)")
	}
	return "(" + strings.Join(parts, " || ") + ")"
}
