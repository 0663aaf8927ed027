package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// NetworkPolicyPeerDangling: a peer that nobody is lets nobody in.
var NetworkPolicyPeerDangling = control.Control{
	ID: "network-policy-peer-dangling", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title:    "Let every peer of a network policy match some pod",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkPeersMatch, Text: "each peer by labels must match the pods of some workload"},
	Risk:     "Nothing: the rule has no effect today.",
	Fix:      control.Advice,
	NoFix:    "Which pods were meant only a person can say.",
	Remedy:   "Correct the selectors of the peer, or the labels of the workload, or remove the peer.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"dangling-networkpolicypeer-podselector"},
		Other:      []string{"popeye:1201", "popeye:1202", "popeye:1206", "popeye:1207", "popeye:1208"},
	},
	Why: `A peer that matches no pod waits for one: whoever makes a pod with these labels gets in. Until then the connection that it was written for is refused,
which tends to be mended by opening more than was meant.`,
	Examples: []control.Example{
		{
			Name: "a label that no pod has",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: frontend}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/web spec.ingress[0].from[0]"},
		},
		{
			Name: "a pod that is there",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
		{
			Name: "a namespace of somebody else",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: shop}, spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}, podSelector: {matchLabels: {app: prometheus}}}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
	},
}

func checkPeersMatch(v *control.Verdicts) {
	a := v.Connectivity()
	bad, alone := map[int]int{}, map[int]bool{}
	for _, p := range a.Policies() {
		alone[p.Object] = p.Namespace != "" && !v.Populated(v.Place(p.Object))
	}
	for _, d := range a.Dangling() {
		switch {
		case d.Kind != network.NoPeer:
		case d.Elsewhere || alone[d.Object]: // in a namespace of which no workload is known
			v.NotApplicable(1)
		default:
			v.Fail(control.Breach{Object: d.Object, Path: d.Path, Message: d.Message})
		}
		if d.Kind == network.NoPeer {
			bad[d.Object]++
		}
	}
	for _, p := range a.Policies() {
		if bad[p.Object] == 0 {
			v.Pass(1)
		}
	}
}
