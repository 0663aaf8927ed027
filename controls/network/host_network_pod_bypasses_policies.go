package network

import (
	"github.com/kubeharden/kubeharden/control"
)

// HostNetworkPodBypassesPolicies: a policy does nothing for a pod on the host network.
var HostNetworkPodBypassesPolicies = control.Control{
	ID: "host-network-pod-bypasses-policies", Section: "default-deny", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Do not count on network policies for pods on the host network",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.PolicyKinds(), control.Core("Namespace")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkHostNetwork, Text: "no network policy for chosen pods may select a pod with hostNetwork"},
	Risk:     "A pod that leaves the host network needs other ports and addresses.",
	Fix:      control.Advice,
	NoFix:    "Whether the pod can leave the host network only a person can say.",
	Remedy:   "Remove hostNetwork: true, or protect the node with a firewall or a host policy of the network plugin.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods"},
	},
	Why: `What a pod on the host network sends and receives is the node's traffic to the network plugin, and most plugins do not apply policies to it. The
policy looks like protection and is none.`,
	Examples: []control.Example{
		{
			Name: "selected by a policy",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: agent}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: shop}
spec: {podSelector: {matchLabels: {app: agent}}}
`,
			Want: []string{"Pod/shop/agent spec.hostNetwork"},
		},
		{
			Name: "in the pod network",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {containers: [{name: agent}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: shop}
spec: {podSelector: {matchLabels: {app: agent}}}
`,
		},
		{
			Name: "a default for the namespace",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {hostNetwork: true, containers: [{name: a}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d, namespace: shop}, spec: {podSelector: {}}}
`,
		},
	},
}

// checkHostNetwork looks for policies that name the pods: one that selects all pods of a namespace was hardly meant for these.
func checkHostNetwork(v *control.Verdicts) {
	policies := v.Connectivity().Policies()
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if !w.HostNetwork {
			v.Pass(1)
			continue
		}
		labels := v.Index().NamespaceLabels(w.Namespace)
		var by []int
		for k := range policies {
			if s := &policies[k].Subject; !s.AllPods() && s.Selects(w.Namespace, labels, w.Labels) {
				by = append(by, policies[k].Object)
			}
		}
		if len(by) == 0 {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{
			Object: w.Object, Path: w.SpecPath() + ".hostNetwork", Message: "is on the host network, where the policy that selects it has no effect",
			Related: deciders(by, "selects its pods"),
		})
	}
}
