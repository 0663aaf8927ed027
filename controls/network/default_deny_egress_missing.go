package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// DefaultDenyEgressMissing: what is stolen does not get out.
var DefaultDenyEgressMissing = control.Control{
	ID: "default-deny-egress-missing", Section: "default-deny", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Deny egress by default in every namespace",
	Scope: control.Everything,
	Needs: control.AllOf(control.WorkloadKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds: append([]control.Kind{{Kind: "Namespace"}}, policyKinds()...),
	Require: &control.Together{
		Check: func(v *control.Verdicts) { checkDefaultDeny(v, network.Egress) },
		Text:  "some policy must select all pods of the namespace, deny egress, and no policy may allow all of it again",
	},
	Suppresses: []string{"pod-not-covered-by-network-policy"},
	Risk:       "Everything that pods call has to be allowed, DNS above all.",
	Fix:        control.Generate,
	NoFix:      "The policies that allow what is needed have to be made with it: kubeharden generate network-policies makes both.",
	Remedy:     "Add a NetworkPolicy with podSelector: {} and policyTypes: [Egress], one that allows DNS, and one for each thing that pods have to call.",
	NoPolicy:   "An admission policy does not see the policies of the namespace.",
	Refs: control.Refs{
		CIS:    []string{"5.3.2"},
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1041", "T1046"},
		Source: []string{defaultDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0030", "C-0301"},
		Kubeaudit: []string{"netpols/MissingDefaultDenyEgressNetworkPolicy", "netpols/MissingDefaultDenyIngressAndEgressNetworkPolicy"},
		Kyverno:   []string{"best-practices/add-networkpolicy"},
	},
	Why: `A pod that no policy restricts calls whatever it likes. Whoever runs code in it fetches tools, scans the cluster, asks the cloud's metadata service for
credentials and sends data home.`,
	Examples: []control.Example{
		{
			Name: "ingress only",
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
`,
			Want: []string{"Namespace/shop"},
		},
		{
			Name: "both directions",
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
	},
}
