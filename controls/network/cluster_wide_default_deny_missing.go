package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// ClusterWideDefaultDenyMissing: new namespaces are closed too.
var ClusterWideDefaultDenyMissing = control.Control{
	ID: "cluster-wide-default-deny-missing", Section: "default-deny", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Have a cluster-wide default that denies",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("Namespace")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkClusterDefault, Text: "where policies of the whole cluster are in use, one of them must deny by default in every namespace"},
	Risk:     "Namespaces without policies of their own lose what is not allowed.",
	Fix:      control.Generate,
	NoFix:    "What has to stay reachable only a person can say.",
	Remedy:   "Add a baseline policy for all namespaces that denies: a BaselineAdminNetworkPolicy, a ClusterNetworkPolicy of the Baseline tier, or the policy of your network plugin.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{"https://network-policy-api.sigs.k8s.io/api-overview/"},
	},
	Why: `Policies of a namespace protect the namespaces that somebody remembered. A default of the cluster protects the one that is made tomorrow, and its
owners cannot remove it.`,
	Examples: []control.Example{
		{
			Name: "rules for some namespaces",
			Manifests: `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: tenants}
spec:
  priority: 10
  subject: {namespaces: {matchLabels: {tenant: a}}}
  ingress:
  - action: Deny
    from: [{namespaces: {matchLabels: {tenant: b}}}]
`,
			Want: []string{"AdminNetworkPolicy/tenants"},
		},
		{
			Name: "a baseline",
			Manifests: `apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress:
  - action: Deny
    from: [{namespaces: {}}]
`,
		},
		{
			Name: "no policy of the cluster",
			Manifests: `{apiVersion: v1, kind: Namespace, metadata: {name: a}}
`,
		},
	},
}

// checkClusterDefault asks about a namespace that nobody has made yet. Whether the plugin of the cluster has such policies at all only
// their use can tell.
func checkClusterDefault(v *control.Verdicts) {
	a := v.Connectivity()
	first := -1
	for _, p := range a.Policies() {
		if p.Namespace == "" && first < 0 {
			first = p.Object
		}
	}
	if first < 0 {
		v.NotApplicable(1)
		return
	}
	switch c := a.DefaultDeny("a-namespace-of-tomorrow").Ingress; c.Verdict {
	case network.Denied:
		v.Pass(1)
	case network.Unknown:
		v.Fail(control.Breach{Object: first, Unknown: true, Message: "whether the cluster denies ingress by default cannot be told from its policies", Related: deciders(c.Unknown, "has an effect that files do not tell")})
	case network.Allowed:
		v.Fail(control.Breach{Object: first, Message: "is for some namespaces only: no policy of the cluster denies ingress by default in a new one"})
	}
}
