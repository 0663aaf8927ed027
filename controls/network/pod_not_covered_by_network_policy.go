package network

import (
	"fmt"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

// PodNotCoveredByNetworkPolicy: every pod is behind a policy.
var PodNotCoveredByNetworkPolicy = control.Control{
	ID: "pod-not-covered-by-network-policy", Section: "default-deny", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Select every pod by a network policy, for both directions",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.PolicyKinds(), control.Core("Namespace")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkCovered, Text: "policies must restrict the ingress and the egress of every workload"},
	Risk:     "Traffic that no policy allows stops: allow what the workload needs first.",
	Fix:      control.Generate,
	NoFix:    "What the workload talks to decides the policies: kubeharden generate network-policies makes them from services and routes.",
	Remedy:   "Add a NetworkPolicy that selects the pods and names both policyTypes, or better one with podSelector: {} for the whole namespace.",
	NoPolicy: "An admission policy does not see the policies of the namespace.",
	Refs: control.Refs{
		CIS:    []string{"5.3.2"},
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"non-isolated-pod"},
		Kubescape:  []string{"C-0260"},
		Checkov:    []string{"CKV2_K8S_6"},
		Polaris:    []string{"missingNetworkPolicy"},
		KubeScore:  []string{"pod-networkpolicy"},
		Kyverno:    []string{"other/require-network-policy"},
		Other:      []string{"popeye:1204", "popeye:1205", "kics:Pod Misconfigured NetworkPolicy"},
	},
	Why: `Policies only restrict the pods that some policy selects, one direction at a time. A pod that is left out takes connections from everywhere and may call
everything, however strict the policies beside it are.`,
	Examples: []control.Example{
		{
			Name: "one of two is left out",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: registry.example.com/db:1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
`,
			Want: []string{"Deployment/shop/db"},
		},
		{
			Name: "both are selected",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1}]}
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
			Name:      "no policy at all is one finding",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: b}]}}\n",
			Want:      []string{"Pod/a"},
		},
		{
			Name:      "on the host's network",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: true, containers: [{name: a}]}}\n",
		},
	},
}

// checkCovered tells of a namespace without any policy once, and of pods that the policies of their namespace leave out one by one.
func checkCovered(v *control.Verdicts) {
	a := v.Connectivity()
	selected := map[string]bool{} // namespaces with a workload that some policy restricts
	open := make([]string, len(v.Workloads.Workloads))
	unknown := make([][]int, len(open))
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if w.HostNetwork || isSystem(w.Namespace) {
			v.NotApplicable(1)
			continue
		}
		c := a.Covered(i)
		if c.Ingress.Verdict == network.Denied || c.Egress.Verdict == network.Denied {
			selected[w.Namespace] = true
		}
		unknown[i] = append(c.Ingress.Unknown, c.Egress.Unknown...)
		switch in, out := c.Ingress.Verdict, c.Egress.Verdict; {
		case in == network.Allowed && out == network.Allowed:
			open[i] = "ingress and egress"
		case in == network.Allowed:
			open[i] = "ingress"
		case out == network.Allowed:
			open[i] = "egress"
		case in == network.Denied && out == network.Denied:
			v.Pass(1)
		default:
			v.Fail(control.Breach{
				Object: w.Object, Unknown: true, Cause: cause(w.Namespace), Related: deciders(unknown[i], "has an effect that files do not tell"),
				Message: "is selected by policies whose effect cannot be told",
			})
		}
	}
	first := map[string]int{}
	for i, direction := range open {
		if direction == "" {
			continue
		}
		w := &v.Workloads.Workloads[i]
		if _, told := first[w.Namespace]; !selected[w.Namespace] && told {
			continue
		}
		first[w.Namespace] = i
		b := control.Breach{Object: w.Object, Message: "no network policy restricts its " + direction, Cause: cause(w.Namespace)}
		if !selected[w.Namespace] {
			b.Related, b.Message = sameCase(v, w, open), b.Message+others(v, w.Namespace, open)
		}
		v.Fail(b)
	}
}

// sameCase names the other workloads of a namespace that has no policy at all.
func sameCase(v *control.Verdicts, w *workload.Workload, open []string) []control.Decider {
	var all []control.Decider
	for _, i := range v.Index().Workloads(w.Namespace) {
		other := &v.Workloads.Workloads[i]
		if open[i] != "" && other != w && len(all) < maxRelated {
			all = append(all, control.Decider{Object: other.Object, Text: "is open too"})
		}
	}
	return all
}

func others(v *control.Verdicts, namespace string, open []string) string {
	n := -1
	for _, i := range v.Index().Workloads(namespace) {
		if open[i] != "" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return ", nor that of another workload of namespace " + namespace
	}
	return fmt.Sprintf(", nor that of %d other workloads of namespace %s", n, namespace)
}
