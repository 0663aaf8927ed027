package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// DefaultDenyIngressMissing: what nobody thought of is not reachable.
var DefaultDenyIngressMissing = control.Control{
	ID: "default-deny-ingress-missing", Section: "default-deny", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Deny ingress by default in every namespace",
	Scope: control.Everything,
	Needs: control.AllOf(control.WorkloadKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds: append([]control.Kind{{Kind: "Namespace"}}, policyKinds()...),
	Require: &control.Together{
		Check: func(v *control.Verdicts) { checkDefaultDeny(v, network.Ingress) },
		Text:  "some policy must select all pods of the namespace, deny ingress, and no policy may allow all of it again",
	},
	Suppresses: []string{"pod-not-covered-by-network-policy"},
	Risk:       "Traffic that no policy allows stops: allow what the services need first.",
	Fix:        control.Generate,
	NoFix:      "The policies that allow what is needed have to be made with it: kubeharden generate network-policies makes both.",
	Remedy:     "Add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress], and one for each service that has to be reached.",
	NoPolicy:   "An admission policy does not see the policies of the namespace.",
	Refs: control.Refs{
		CIS:    []string{"5.3.2"},
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{defaultDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0030"},
		Kubeaudit: []string{"netpols/MissingDefaultDenyIngressNetworkPolicy", "netpols/MissingDefaultDenyIngressAndEgressNetworkPolicy"},
		Kyverno:   []string{"best-practices/add-networkpolicy", "other/generate-networkpolicy-existing"},
	},
	Why: `A pod that no policy selects takes connections from every other pod of the cluster. An attacker in any one of them looks for databases and admin
ports that were never meant for the network, and the next workload that is deployed is open from its first second.`,
	Examples: []control.Example{
		{
			Name: "no policy for the rest",
			Manifests: `apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{ports: [{port: 8080}]}]
`,
			Want: []string{"Namespace/shop"},
		},
		{
			Name: "default deny",
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
  policyTypes: [Ingress]
`,
		},
		{
			Name: "allowed again",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny, namespace: shop}, spec: {podSelector: {}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: open, namespace: shop}, spec: {podSelector: {}, ingress: [{}]}}
`,
			Want: []string{"NetworkPolicy/shop/default-deny metadata.namespace"},
		},
		{
			Name: "cluster-wide baseline",
			Manifests: `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}
`,
		},
		{Name: "the system's own", Manifests: "{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d, namespace: a}, spec: {podSelector: {}}}\n"},
	},
}
