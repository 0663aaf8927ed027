package network

import "github.com/kubeharden/kubeharden/control"

// NamespaceNetworkPolicyMissing: somebody has thought about the network.
var NamespaceNetworkPolicyMissing = control.Control{
	ID: "namespace-network-policy-missing", Section: "default-deny", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:      "Have at least one network policy for every namespace",
	Scope:      control.Everything,
	Needs:      control.AllOf(control.WorkloadKinds(), control.PolicyKinds()),
	Kinds:      []control.Kind{{Kind: "Namespace"}},
	Require:    &control.Together{Check: checkAnyPolicy, Text: "some network policy must select pods of the namespace"},
	Suppresses: []string{"default-deny-ingress-missing", "default-deny-egress-missing"},
	Risk:       "Traffic that no policy allows stops: allow what the services need first.",
	Fix:        control.Generate,
	NoFix:      "The policies that allow what is needed have to be made with it: kubeharden generate network-policies makes both.",
	Remedy:     "Add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress], and policies that allow what is needed.",
	NoPolicy:   "An admission policy does not see the policies of the namespace.",
	Refs: control.Refs{
		CIS:    []string{"5.3.2"},
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0049", "C-0054", "C-0206"}},
	Why: `Without any policy every pod of the namespace talks to every pod of the cluster and to the Internet, in both directions. One vulnerable workload is then
enough to reach all of them.`,
	Examples: []control.Example{
		{
			Name:      "no policy",
			Manifests: "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
			Want:      []string{"Namespace/shop"},
		},
		{
			Name: "a policy",
			Manifests: `apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
`,
		},
		{
			Name: "a policy of the cluster",
			Manifests: `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tenant: a}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other}}
---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: tenants}, spec: {priority: 1, subject: {namespaces: {matchLabels: {tenant: a}}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}
`,
			Want: []string{"Namespace/other"},
		},
		{
			Name: "a policy of the cluster for some pods",
			Manifests: `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: web}}
---
{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: front}, spec: {endpointSelector: {matchLabels: {role: frontend}}, ingress: [{fromEndpoints: [{}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: front, namespace: web, labels: {role: frontend}}, spec: {containers: [{name: a}]}}
`,
			Want: []string{"Namespace/shop"},
		},
	},
}

// checkAnyPolicy counts a policy of the whole cluster for the namespaces whose pods it selects all, and for those of which it selects a workload that
// is known: some labels that pods may have do not make a policy for every namespace.
func checkAnyPolicy(v *control.Verdicts) {
	policies := v.Connectivity().Policies()
	var wide []int
	for i := range policies {
		if policies[i].Namespace == "" {
			wide = append(wide, i)
		}
	}
	selected := map[string]bool{}
	if len(wide) > 0 {
		selected = selectedNamespaces(v)
	}
	for _, p := range places(v) {
		labels := v.Index().NamespaceLabels(p.name)
		found, some := len(p.policies) > 0 || selected[p.name], false
		for _, i := range wide {
			s := &policies[i].Subject
			some = some || s.SelectsIn(p.name, labels)
			found = found || s.AllPods() && s.SelectsIn(p.name, labels)
		}
		b := control.Breach{Object: p.object, Path: p.path, Message: "has no network policy", Cause: cause(p.name)}
		switch {
		case found:
			v.Pass(1)
			continue
		case some:
			b.Message = "has no network policy of its own, and those of the whole cluster select none of its pods but by their labels"
		}
		v.Fail(b)
	}
}

// selectedNamespaces are those with a workload that a policy selects.
func selectedNamespaces(v *control.Verdicts) map[string]bool {
	selected := map[string]bool{}
	for i := range v.Workloads.Workloads {
		if v.Connectivity().Selected(i) {
			selected[v.Workloads.Workloads[i].Namespace] = true
		}
	}
	return selected
}
