package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// NetworkPolicyDangling: a policy that protects nothing is a mistake.
var NetworkPolicyDangling = control.Control{
	ID: "network-policy-dangling", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title:    "Let every network policy select at least one pod",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.Core("Namespace")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkPoliciesSelect, Text: "a network policy must select the pods of some workload"},
	Risk:     "Nothing: the policy has no effect today.",
	Fix:      control.Advice,
	NoFix:    "Which pods were meant only a person can say.",
	Remedy:   "Correct the podSelector, or the labels of the workload, or remove the policy.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"dangling-networkpolicy"},
		Kubescape:  []string{"C-0299"},
		KubeScore:  []string{"networkpolicy-targets-pod"},
		Other:      []string{"popeye:1200", "kics:Network Policy Is Not Targeting Any Pod"},
	},
	Why: `A policy that selects no pod looks like protection in every review and is none. Usually a label was renamed or misspelt, and the pods that it was
written for have been open since.`,
	Examples: []control.Example{
		{
			Name: "a label that no pod has",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: wbe}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/web spec.podSelector"},
		},
		{
			Name: "selected",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
		{
			Name: "pods that an operator makes",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {matchLabels: {prometheus: k8s}}}}
---
{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: k8s, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
		{
			Name: "everything, in a namespace without workloads",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d, namespace: other}, spec: {podSelector: {}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
	},
}

func checkPoliciesSelect(v *control.Verdicts) {
	a := v.Connectivity()
	dangling := map[int]network.Dangling{}
	for _, d := range a.Dangling() {
		if d.Kind == network.NoWorkload {
			dangling[d.Object] = d
		}
	}
	seen, selection := map[int]bool{}, v.Index().NewSelection()
	for _, p := range a.Policies() {
		d, ok := dangling[p.Object]
		switch {
		case seen[p.Object]:
		case !ok:
			v.Pass(1)
		case p.Subject.AllPods() || d.Elsewhere || isAlone(v, selection, &p):
			// A default for whatever comes, or for workloads that are declared somewhere else.
			v.NotApplicable(1)
		default:
			v.Fail(control.Breach{Object: d.Object, Path: d.Path, Message: d.Message})
		}
		seen[p.Object] = true
	}
}
