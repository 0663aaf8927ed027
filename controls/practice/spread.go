package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// longSelectors is why there is no policy for what depends on selectors.
const longSelectors = "Comparing the selectors of affinity terms with the pod's own labels is more than a policy should do at each admission."

// single are workloads with one pod, or with as many as an autoscaler says.
var single = control.Range("spec.replicas", 0, 1)

// template returns the pod template of a workload.
func template(at tree.Node) tree.Node {
	spec := at.Get("spec")
	if job := spec.Get("jobTemplate"); job.Exists() {
		spec = job.Get("spec")
	}
	return spec.Get("template")
}

// spreadOver reports whether a pod template has a topology spread constraint with a key; "" stands for any.
func spreadOver(pod tree.Node, key string) bool {
	for _, c := range pod.Get("spec").Get("topologySpreadConstraints").Items() {
		if key == "" || c.Get("topologyKey").StrIs(key) {
			return true
		}
	}
	return false
}

// repels reports whether a pod template has an anti-affinity to pods like itself.
func repels(s *control.Subject, pod tree.Node) bool {
	affinity := pod.Get("spec").Get("affinity").Get("podAntiAffinity")
	for _, term := range affinity.Get("requiredDuringSchedulingIgnoredDuringExecution").Items() {
		if meets(s, term, pod) {
			return true
		}
	}
	for _, preferred := range affinity.Get("preferredDuringSchedulingIgnoredDuringExecution").Items() {
		if meets(s, preferred.Get("podAffinityTerm"), pod) {
			return true
		}
	}
	return false
}

// meets reports whether an affinity term is about pods like pod in its own namespace. Whether a selector for
// namespaces picks that one cannot be seen here; it is taken to.
func meets(s *control.Subject, term, pod tree.Node) bool {
	names := term.Get("namespaces")
	own := names.Len() == 0 || s.Object.Namespace == "" || term.Get("namespaceSelector").Kind() == tree.Mapping
	for _, n := range names.Items() {
		own = own || n.StrIs(s.Object.Namespace)
	}
	selector := term.Get("labelSelector")
	return own && selector.Kind() == tree.Mapping && selects(selector, pod.Get("metadata").Get("labels"))
}
