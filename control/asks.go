package control

import (
	"slices"

	"github.com/kubeharden/kubeharden/component"
)

// Asks reports whether the control has something to say of objects of a kind, or decides by them. AnyKind stands for any kind of the group. Of custom
// resources with a pod template only those count that a control names: in a running cluster their pods are there themselves.
func (c *Control) Asks(k Kind) bool {
	if on, ok := c.Require.(*OnComponents); ok {
		return slices.ContainsFunc(shownBy(on), func(of Kind) bool { return of == k || k.Kind == AnyKind && of.Group == k.Group })
	}
	if t, ok := c.Require.(*Together); ok && t.Mentions && k.Group != "apiextensions.k8s.io" {
		return true
	}
	if c.Values && k == SecretValues() {
		return true
	}
	same := func(of Kind) bool {
		return of.Group == k.Group && (of.Kind == k.Kind || of.Kind == AnyKind || k.Kind == AnyKind)
	}
	if slices.ContainsFunc(c.Kinds, same) || slices.ContainsFunc(c.ObjectKinds, same) || slices.ContainsFunc(c.Needs, same) {
		return true
	}
	return (c.Scope == Containers || c.Scope == PodSpecs) && slices.ContainsFunc(WorkloadKinds(), same)
}

// shownBy are the kinds in which a running cluster shows how its components are configured: static pods, what kubeadm keeps, and what kubelets say.
func shownBy(c *OnComponents) []Kind {
	kinds := []Kind{{"", "Pod"}, {"", "ConfigMap"}, {"apps", "DaemonSet"}}
	if slices.Contains(c.Of, component.APIServer) {
		kinds = append(kinds, Kind{"kubeharden.io", "APIServer"})
	}
	if slices.Contains(c.Of, component.Kubelet) {
		kinds = append(kinds, Kind{"", "Node"}, Kind{"kubeharden.io", "Kubelet"})
	}
	return kinds
}
