package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// APIServerEndpointPublic: who is not on the network cannot knock.
var APIServerEndpointPublic = control.Control{
	ID: "apiserver-endpoint-public", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep the API server off the public Internet",
	Scope:    control.Objects,
	Kinds:    []control.Kind{factsKind},
	Unless:   withoutFacts("endpoint"),
	Require:  &control.Func{Check: checkEndpoint, Text: "no address that the API server is reached at must be one of the Internet"},
	Risk:     "People and build servers then need a VPN or a bastion to reach the API server.",
	Fix:      control.Advice,
	NoFix:    "The endpoint belongs to the cloud or to the network, not to the cluster.",
	NoPolicy: noPolicyForEndpoints,
	Remedy:   "Give the control plane a private endpoint, or at the least a list of networks that may reach it: EKS endpointPublicAccess=false or publicAccessCidrs, GKE authorized networks, AKS private cluster or authorized IP ranges.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: protecting cloud infrastructure"},
		MITRE:  []string{"T1133", "T1190"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/controlling-access/", "https://kubernetes.io/docs/concepts/security/security-checklist/#network-security"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0227", "C-0228", "C-0247", "C-0252"},
		Other:     []string{"kube-hunter:KHV005", "kube-hunter:KHV007", "kube-hunter:KHV026"},
	},
	Why: `A stolen kubeconfig or token works from everywhere if the endpoint is public, and so does the next hole in the API server. Over a million endpoints are found by
scanners of the Internet. Which networks a firewall lets in is not seen from inside, so look at that before you act.`,
	Bad: []control.Change{
		{Path: "spec.endpoint.addresses", Value: []any{"203.0.113.10"}},
		{Path: "spec.endpoint.addresses", Name: "one of two", Value: []any{"10.0.0.1", "2001:db8::1"}},
	},
	Good: []control.Change{
		{Path: "spec.endpoint.addresses", Value: []any{"127.0.0.1", "::1", "fd00::1", "172.20.3.3"}},
		{Path: "spec.endpoint"},
	},
}

// withoutFacts holds for documents that do not say something of the cluster.
func withoutFacts(path string) control.Rule {
	field := control.NewField("spec." + path)
	return &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if field.Find(at).Exists() {
				fail(control.Violation{At: at, Problem: "says it"})
			}
		},
		Text: "spec." + path + " is not there",
	}
}

func checkEndpoint(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	endpoint := at.Get("spec").Get("endpoint")
	if through, _ := endpoint.Get("proxy").Bool(); through {
		fail(control.Violation{At: endpoint.Get("proxy"), Problem: "is set, so where the API server itself listens is not known", Unknown: true})
		return
	}
	addresses := endpoint.Get("addresses")
	if addresses.Len() == 0 {
		fail(control.Violation{At: endpoint, Missing: []string{"addresses"}, Problem: "is missing, so whether the endpoint is public is not known", Unknown: true})
	}
	for _, a := range addresses.Items() {
		if isPublic(a.Text()) && !fail(control.Violation{At: a, Problem: "is an address of the Internet"}) {
			return
		}
	}
}
