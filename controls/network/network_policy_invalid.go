package network

import (
	"github.com/kubeharden/kubeharden/control"
)

// NetworkPolicyInvalid: a policy that the API server refuses protects nothing.
var NetworkPolicyInvalid = control.Control{
	ID: "network-policy-invalid", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:    "Write network policies that the API server accepts and that mean something",
	Scope:    control.Everything,
	Kinds:    append(policyKinds(), control.Kind{Group: "networking.k8s.io", Kind: "Ingress"}, control.Kind{Group: "gateway.networking.k8s.io", Kind: control.AnyKind}, control.Kind{Group: "networking.istio.io", Kind: control.AnyKind}, control.Kind{Group: "route.openshift.io", Kind: "Route"}),
	Require:  &control.Together{Check: checkPolicyFlaws, Text: "a network policy must have valid CIDRs, selectors, ports and fields"},
	Risk:     "The policy takes effect, and stops what it does not allow.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	Remedy:   "Correct the field that the finding names.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046"},
		Source: []string{policyDocs, "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/"},
	},
	Why: `The API server refuses a policy with an invalid address or selector, so that the pods stay as they were. Fields that it does not know it may drop, and
a rule without its ports or peers allows everything.`,
	Examples: []control.Example{
		{
			Name: "an invalid CIDR",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.0/33}
`,
			Want: []string{"NetworkPolicy/shop/web spec.ingress[0].from[0].ipBlock.cidr"},
		},
		{
			Name: "a valid one",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.0/8}
`,
		},
	},
}

func checkPolicyFlaws(v *control.Verdicts) {
	bad := map[int]bool{}
	for _, f := range v.Network.Flaws {
		bad[f.Object] = true
		v.Fail(control.Breach{Object: f.Object, Path: f.Path, Message: f.Path + " " + f.Message})
	}
	for i := range v.Network.Policies {
		if !bad[v.Network.Policies[i].Object] {
			v.Pass(1)
		}
	}
}
