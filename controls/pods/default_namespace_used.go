package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DefaultNamespaceUsed: the default namespace belongs to nobody.
var DefaultNamespaceUsed = control.Control{
	ID: "default-namespace-used", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Do not deploy into the default namespace",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Kind: "Pod"},
		{Kind: "ReplicationController"},
		{Kind: "PodTemplate"},
		{Kind: "Service"},
		{Kind: "ConfigMap"},
		{Kind: "Secret"},
		{Kind: "ServiceAccount"},
		{Kind: "PersistentVolumeClaim"},
		{Kind: "Endpoints"},
		{Group: "apps", Kind: "Deployment"},
		{Group: "apps", Kind: "StatefulSet"},
		{Group: "apps", Kind: "DaemonSet"},
		{Group: "apps", Kind: "ReplicaSet"},
		{Group: "apps.openshift.io", Kind: "DeploymentConfig"},
		{Group: "batch", Kind: "Job"},
		{Group: "batch", Kind: "CronJob"},
		{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"},
		{Group: "policy", Kind: "PodDisruptionBudget"},
		{Group: "networking.k8s.io", Kind: "Ingress"},
		{Group: "networking.k8s.io", Kind: "NetworkPolicy"},
		{Group: "rbac.authorization.k8s.io", Kind: "Role"},
		{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
		{Group: "coordination.k8s.io", Kind: "Lease"},
		{Group: "discovery.k8s.io", Kind: "EndpointSlice"},
		{Group: "storage.k8s.io", Kind: "CSIStorageCapacity"},
	},
	Unless:  renderedWithout,
	Require: &control.Func{Check: checkDefaultNamespace, Text: "metadata.namespace must not be default, and must be set for what runs pods or grants rights", Expr: defaultNamespaceCEL},
	Fix:     control.Advice,
	NoFix:   "Which namespace the object belongs in, only a person can say.",
	Risk:    "In another namespace the object is another one: Services get another DNS name, volumes and Secrets have to be moved.",
	Remedy:  "Give each application a namespace of its own, with its own quotas, network policies and Pod Security level.",
	Refs: control.Refs{
		CIS:    []string{"5.6.4"},
		NSA:    []string{"Network separation: namespaces"},
		Source: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"use-namespace"},
		Kubescape:  []string{"C-0061", "C-0212"},
		Trivy:      []string{"KSV-0110"},
		Checkov:    []string{"CKV_K8S_21"},
		Kyverno:    []string{"best-practices/disallow-default-namespace"},
		KubeBench:  []string{"5.6.4"},
		Other:      []string{"terrascan:AC-K8-OE-PO-M-0166", "kics:default_namespace"},
	},
	Why: `A namespace is where roles, quotas, network policies and Pod Security levels take hold. What lies in default shares all that with whatever else was put there by
mistake. A manifest without a namespace lands there unless whoever applies it takes care; of those only workloads, Roles and RoleBindings are judged. Charts and
kustomizations are not judged for that: who installs them names the namespace.`,
	Bad: append(withoutNamespace(placed), control.Change{Path: "metadata.namespace", Value: "default"}),
	Good: append(withoutNamespace([]string{"PodTemplate", "Service", "ConfigMap", "Secret", "NetworkPolicy"}),
		control.Change{Path: "metadata", Name: "of the cluster itself", Value: map[string]any{"name": "kubernetes", "namespace": "default", "labels": map[string]any{"component": "apiserver", "provider": "kubernetes"}}},
	),
}

// placed are the kinds that name their namespace: where pods run, and where rights hold, should not depend on who applies the
// manifest. The others go where these are.
var placed = []string{
	"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "DeploymentConfig", "Role", "RoleBinding",
}

// withoutNamespace is the change that takes the namespace away, for each of the kinds.
func withoutNamespace(kinds []string) []control.Change {
	list := make([]control.Change, len(kinds))
	for i, kind := range kinds {
		list[i] = control.Change{Kind: kind, Path: "metadata.namespace", Name: "missing"}
	}
	return list
}

// clusterOwn are objects that every cluster makes in its default namespace.
var clusterOwn = []string{"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"}

// isClusterOwn holds for the API server's Service and its endpoints, too.
func isClusterOwn(s *control.Subject, at tree.Node) bool {
	return slices.Contains(clusterOwn, s.Object.Kind+"/"+s.Object.Name) ||
		s.Object.Name == "kubernetes" && (labelled(at.Get("metadata"), "component", "apiserver") || strings.HasPrefix(s.Object.Kind, "Endpoint"))
}

func checkDefaultNamespace(s *control.Subject, at tree.Node, fail control.FailFunc) {
	switch n := namespace.Find(at); {
	case isClusterOwn(s, at):
	case !n.Exists() && slices.Contains(placed, s.Object.Kind):
		fail(namespace.Violation(at, "is missing, so the object lands in the namespace default unless whoever applies it says otherwise"))
	case n.StrIs("default"):
		fail(control.Violation{At: n, Problem: "is default"})
	}
}

func defaultNamespaceCEL(c control.CEL) string {
	return "(" + namespace.CEL(c.At) + ".orValue(object.kind in " + control.QuoteAll(placed) + " ? 'default' : '') != 'default' || (object.kind + '/' + object.metadata.?name.orValue('')) in " + control.QuoteAll(clusterOwn) +
		" || object.metadata.?name.orValue('') == 'kubernetes' && (object.metadata.?labels.?component.orValue('') == 'apiserver' || object.kind.startsWith('Endpoint')))"
}
