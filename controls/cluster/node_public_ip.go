package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NodePublicIP: nodes are reached through what stands before them.
var NodePublicIP = control.Control{
	ID: "node-public-ip", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Keep nodes off the public Internet",
	Scope: control.Objects,
	Kinds: []control.Kind{nodeKind},
	Unless: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if at.Get("status").Get("addresses").Len() > 0 {
				fail(control.Violation{At: at, Problem: "has addresses"})
			}
		},
		Text: "status.addresses is not there",
	},
	Require:  &control.Func{Check: checkNodeAddresses, Text: "no address of a node must be one of the Internet"},
	Risk:     "Nodes then need a NAT gateway to reach registries, and people a bastion or a VPN to reach nodes.",
	Fix:      control.Advice,
	NoFix:    "Node pools and their networks are made in the cloud, not in the cluster.",
	NoPolicy: noPolicyForStatus,
	Remedy:   "Make node pools without public addresses, behind a NAT gateway, and let traffic in through load balancers only; until then let no firewall rule in to ports of nodes.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: worker node segmentation", "Network separation: protecting cloud infrastructure"},
		MITRE:  []string{"T1133"},
		Source: []string{"https://kubernetes.io/docs/reference/node/node-status/#addresses", "https://kubernetes.io/docs/reference/networking/ports-and-protocols/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0229", "C-0248"},
	},
	Why: `A node with a public address has its kubelet, its node ports and every pod on its network one firewall rule away from everybody. Whether a firewall
stands before it the API does not say.`,
	Bad: []control.Change{
		{Path: "status.addresses", Name: "external", Value: []any{mapping{"type": "InternalIP", "address": "10.0.0.4"}, mapping{"type": "ExternalIP", "address": "203.0.113.7"}}},
		{Path: "status.addresses", Name: "the only one", Value: []any{mapping{"type": "InternalIP", "address": "198.51.100.9"}}},
	},
	Good: []control.Change{
		{Path: "status.addresses", Name: "private", Value: []any{mapping{"type": "InternalIP", "address": "192.168.4.4"}, mapping{"type": "ExternalIP", "address": "10.3.4.4"}}},
		{Path: "status.addresses", Name: "of the provider", Value: []any{mapping{"type": "InternalIP", "address": "100.64.3.3"}, mapping{"type": "Hostname", "address": "node-a"}}},
		{Path: "status.addresses", Name: "IPv6 inside", Value: []any{mapping{"type": "InternalIP", "address": "2001:db8::4"}}},
	},
}

// checkNodeAddresses names the addresses of the Internet. Inside addresses of IPv6 are public by nature, and tell nothing of who reaches them.
func checkNodeAddresses(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, a := range at.Get("status").Get("addresses").Items() {
		n := a.Get("address")
		kind, text := a.Get("type").Text(), n.Text()
		if kind != "ExternalIP" && (kind != "InternalIP" || isIPv6(text)) || !isPublic(text) {
			continue
		}
		if !fail(control.Violation{At: n, Problem: "is an address of the Internet (" + kind + ")"}) {
			return
		}
	}
}
