package network

import (
	"net/netip"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyCidrTooBroad: the internet is not the cluster's own network.
var NetworkPolicyCidrTooBroad = control.Control{
	ID: "network-policy-cidr-too-broad", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Except private and metadata addresses from ranges as broad as 0.0.0.0/0",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: checkBroadRange, Text: "an ipBlock broader than /8 must except the private ranges in it, and to also the link-local range with the metadata service",
	},
	Risk:     "Connections with private addresses are cut off unless another rule allows them: pods, nodes, databases, the node-local DNS cache at 169.254.20.10.",
	Fix:      control.Advice,
	NoFix:    "Which private addresses the pods need, only a person can say.",
	Remedy:   "Name the ranges that are needed, or add 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 169.254.0.0/16 to except (fc00::/7 and fe80::/10 for IPv6).",
	NoPolicy: "Whether a range lies in another, CEL can tell only from Kubernetes 1.31 on.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyAPI, "https://www.rfc-editor.org/rfc/rfc1918", "https://www.rfc-editor.org/rfc/rfc3927"},
	},
	Why: `Whoever writes 0.0.0.0/0 mostly means the internet, but the range has the pods of other tenants, the nodes, the API server and the cloud's
metadata service in it too. From a taken pod an attacker reads the credentials of the node at 169.254.169.254 and goes on to its neighbours.`,
	Bad: []control.Change{
		{Path: "spec.egress", Name: "everything", Value: block("to", "0.0.0.0/0")},
		{Path: "spec.egress", Name: "metadata", Value: block("to", "0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")},
		{Path: "spec.ingress", Name: "IPv6", Value: block("from", "::/0")},
		{Path: "spec.ingress", Name: "half of it", Value: block("from", "0.0.0.0/1")},
	},
	Good: []control.Change{
		{Path: "spec.egress", Name: "internet", Value: block("to", "0.0.0.0/0", "8.0.0.0/5", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")},
		{Path: "spec.ingress", Name: "internet", Value: block("from", "0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")},
		{Path: "spec.ingress", Name: "one network", Value: block("from", "10.0.0.0/8")},
		{Path: "spec.egress", Name: "unicast", Value: block("to", "2000::/3")},
	},
}

// privateRanges are those of RFC 1918 and RFC 4193, linkLocalRanges those of RFC 3927 and RFC 4291.
var (
	privateRanges = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
	}
	linkLocalRanges = []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10")}
)

func checkBroadRange(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	eachPeers(at, func(f *flow, _, peers tree.Node) bool {
		for _, p := range peers.Items() {
			ipBlock := p.Get("ipBlock")
			cidr := ipBlock.Get("cidr")
			prefix, err := netip.ParsePrefix(cidr.Text())
			if err != nil || prefix.Bits() >= 8 {
				continue
			}
			open := notExcepted(prefix, ipBlock.Get("except"), privateRanges)
			if f == &egress {
				open = append(open, notExcepted(prefix, ipBlock.Get("except"), linkLocalRanges)...)
			}
			if len(open) > 0 && !fail(control.Violation{At: cidr, Problem: "is " + control.Show(cidr) + " and does not except " + strings.Join(open, ", ")}) {
				return false
			}
		}
		return true
	})
}

// notExcepted returns those of the ranges that have addresses in prefix and lie in none of the exceptions.
func notExcepted(prefix netip.Prefix, except tree.Node, ranges []netip.Prefix) []string {
	var open []string
	for _, r := range ranges {
		excepted := !prefix.Overlaps(r)
		for _, e := range except.Items() {
			x, err := netip.ParsePrefix(e.Text())
			excepted = excepted || err == nil && x.Bits() <= r.Bits() && x.Overlaps(r)
		}
		if !excepted {
			open = append(open, r.String())
		}
	}
	return open
}

// block is a list with one rule for an ipBlock.
func block(peers, cidr string, except ...any) []any {
	return []any{map[string]any{peers: []any{map[string]any{"ipBlock": map[string]any{"cidr": cidr, "except": except}}}}}
}
