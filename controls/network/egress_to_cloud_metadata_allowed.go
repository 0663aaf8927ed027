package network

import (
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// EgressToCloudMetadataAllowed: the cloud's credentials are not for pods.
var EgressToCloudMetadataAllowed = control.Control{
	ID: "egress-to-cloud-metadata-allowed", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:    "Keep pods with restricted egress from the cloud metadata service",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkMetadata, Text: "a rule that allows egress must not let pods reach 169.254.169.254"},
	Risk:     "Programs that take their cloud identity from the node stop; give them one of their own.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	Remedy:   "Add except: [169.254.169.254/32] to the ipBlock, or name the addresses that are needed.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: protecting cloud infrastructure"},
		MITRE:  []string{"T1552.005"},
		Source: []string{policyDocs, "https://kubernetes.io/docs/concepts/security/security-checklist/#network-security"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0052"},
		Other:     []string{"kube-hunter:KHV003", "kube-hunter:KHV053", "falco:Contact cloud metadata service from container", "falco:Contact EC2 Instance Metadata Service From Container"},
	},
	Why: `The metadata service hands the node's cloud credentials to whoever asks from the node. A pod that reaches it, by code of its own or through a request
that it was tricked into, acts in the cloud as the node. Where egress is not restricted at all, default-deny-egress-missing says so.`,
	Examples: []control.Example{
		{
			Name: "everywhere",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/web spec.egress[0].to[0]"},
		},
		{
			Name: "two policies, each of which is enough",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - {ports: [{port: 443}]}
  - to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
    - ipBlock: {cidr: 169.254.0.0/16}
    - ipBlock: {cidr: 0.0.0.0/0}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 169.254.0.0/16}}]
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/web spec.egress[1].to[1]", "NetworkPolicy/shop/all spec.egress[0].to[0]"},
		},
		{
			Name: "the service itself",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 169.254.169.254/32}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/web spec.egress[0].to[0]"},
		},
		{
			Name: "all but the metadata service",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
		{
			Name: "no restriction at all is another finding",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
	},
}

// checkMetadata tells each rule once that lets some workload reach the metadata service of AWS, Azure, Google Cloud and others.
func checkMetadata(v *control.Verdicts) {
	server, err := network.ParseCIDR("169.254.169.254/32")
	if err != nil {
		return
	}
	breaches := egressTo(v, network.Outside(network.AddressesOf(server)), 80, func(int) bool { return true })
	policies := v.Connectivity().Policies()
	of := make(map[int]*network.Policy, len(policies))
	for i := range policies {
		of[policies[i].Object] = &policies[i]
	}
	for i := range breaches {
		b := &breaches[i]
		b.Message = "lets pods reach the cloud metadata service, 169.254.169.254"
		b.Edits = excluding(of[b.Object], b.Path, server)
		v.Fail(*b)
	}
}

// excluding are the changes after which no peer of the rule of a NetworkPolicy leads out to an address; nil if the one at path is none that
// an address can be taken from. The API server refuses an exception that is not strictly within its block.
// https://kubernetes.io/docs/reference/kubernetes-api/networking/network-policy-v1/#IPBlock
func excluding(p *network.Policy, path string, out netip.Prefix) (edits []component.Edit) {
	if p == nil || p.API != network.NetworkPolicy {
		return nil
	}
	for i := range p.Egress.List {
		r := &p.Egress.List[i]
		if !slices.ContainsFunc(r.Peers, func(peer network.Peer) bool { return peer.Path == path && canExclude(&peer, out) }) {
			continue
		}
		for n := range r.Peers {
			if canExclude(&r.Peers[n], out) {
				edits = append(edits, component.Edit{Op: component.AppendItem, Object: p.Object, Path: r.Peers[n].Path + ".ipBlock.except", Value: out.String()})
			}
		}
	}
	return edits
}

// canExclude reports whether a peer leads out to an address that can be taken out of it.
func canExclude(peer *network.Peer, out netip.Prefix) bool {
	excepted := slices.ContainsFunc(peer.Except, func(e netip.Prefix) bool { return e.Contains(out.Addr()) })
	return peer.Kind == network.Block && peer.Block.Contains(out.Addr()) && peer.Block.Bits() < out.Bits() && !excepted
}

// egressTo finds each rule once that lets a workload with restricted egress reach a place outside.
func egressTo(v *control.Verdicts, place network.Endpoint, port int, concerns func(workload int) bool) (breaches []control.Breach) {
	a := v.Connectivity()
	type rule struct {
		object int
		path   string
	}
	told := map[rule]bool{}
	for _, class := range a.Classes() {
		i := class.Workloads[0]
		if a.Covered(i).Egress.Verdict != network.Denied || class.HostNetwork || !concerns(i) {
			v.NotApplicable(len(class.Workloads))
			continue
		}
		from := network.OfWorkload(i)
		decision := a.Flow(from, place, network.TCP, port).Egress
		if decision.Verdict == network.Denied {
			v.Pass(len(class.Workloads))
			continue
		}
		rules := a.EgressRules(from, place, network.TCP, port)
		if rules == nil {
			rules = []network.Reason{decision.Reason}
		}
		for _, by := range rules {
			r := rule{by.Policy, by.Path}
			if told[r] || by.Policy < 0 {
				continue
			}
			told[r] = true
			breaches = append(breaches, control.Breach{
				Object: by.Policy, Path: by.Path, Unknown: decision.Verdict == network.Unknown,
				Related: []control.Decider{{Object: a.Workload(i).Object, Text: "is among them"}},
			})
		}
	}
	return breaches
}
