package network

import (
	"net/netip"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// EndpointSliceLoopback: endpoints are pods and hosts, not the node itself.
var EndpointSliceLoopback = control.Control{
	ID: "endpoint-slice-loopback", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Have no loopback or link-local addresses in EndpointSlices (CVE-2021-25737)",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "discovery.k8s.io", Kind: "EndpointSlice"}, {Kind: "Endpoints"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			eachAddress(at, func(_, address tree.Node) bool {
				return !isNodesOwn(address.Text()) || fail(control.Violation{At: address, Problem: "is " + control.Show(address) + ", an address of the node that the client is on"})
			})
		},
		Text: "no address of an endpoint may be loopback or link-local",
		Fix:  removeOwnAddresses,
	},
	Risk:     "The Service no longer leads to the address.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	Remedy:   "Remove the address, or replace it by that of a pod or a host outside of the cluster.",
	NoPolicy: "The API server refuses such addresses itself.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557"},
		Source: []string{"https://github.com/kubernetes/kubernetes/issues/102106", "https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/"},
	},
	Peers: control.Peers{Other: []string{"terrascan:AC_K8S_0113"}},
	Why: `kube-proxy sends the traffic of the Service to the address on the node itself: to 127.0.0.1 with the unprotected ports of the kubelet and of
agents, or to the metadata service of the cloud at 169.254.169.254, past policies and firewalls (CVE-2021-25737).`,
	Bad: []control.Change{
		{Path: "endpoints", Kind: "EndpointSlice", Name: "loopback", Value: []any{map[string]any{"addresses": []any{"127.0.0.1"}}}},
		{Path: "endpoints", Kind: "EndpointSlice", Name: "metadata", Value: []any{map[string]any{"addresses": []any{"10.0.0.1", "169.254.169.254"}}}},
		{Path: "subsets", Kind: "Endpoints", Name: "IPv6", Value: []any{map[string]any{"addresses": []any{map[string]any{"ip": "::1"}, map[string]any{"ip": "10.0.0.1"}}}}},
		{Path: "subsets", Kind: "Endpoints", Name: "not ready", Value: []any{map[string]any{"notReadyAddresses": []any{map[string]any{"ip": "fe80::1"}}}}},
	},
	Good: []control.Change{
		{Path: "endpoints", Kind: "EndpointSlice", Name: "pod", Value: []any{map[string]any{"addresses": []any{"10.0.0.1"}}}},
		{Path: "endpoints", Kind: "EndpointSlice", Name: "name", Value: []any{map[string]any{"addresses": []any{"db.example.com"}}}},
	},
}

// eachAddress calls do for every address, with the item of a list that holds it, until it says false.
func eachAddress(at tree.Node, do func(item, address tree.Node) bool) {
	for _, endpoint := range at.Get("endpoints").Items() {
		for _, address := range endpoint.Get("addresses").Items() {
			if !do(address, address) {
				return
			}
		}
	}
	for _, subset := range at.Get("subsets").Items() {
		for _, list := range []string{"addresses", "notReadyAddresses"} {
			for _, item := range subset.Get(list).Items() {
				if !do(item, item.Get("ip")) {
					return
				}
			}
		}
	}
}

// isNodesOwn says what ValidateNonSpecialIP refuses: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/validation/validation.go
func isNodesOwn(text string) bool {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast()
}

// removeOwnAddresses removes the endpoint or subset with its last address, as the API server wants one in each.
func removeOwnAddresses(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	for _, list := range []string{"endpoints", "subsets"} {
		for _, holder := range at.Get(list).Items() {
			kept, from := false, len(out)
			for _, key := range []string{"addresses", "notReadyAddresses"} {
				for _, item := range holder.Get(key).Items() {
					address := item
					if list == "subsets" {
						address = item.Get("ip")
					}
					if !isNodesOwn(address.Text()) {
						kept = true
						continue
					}
					out = append(out, control.Edit{Op: control.Remove, At: item})
				}
			}
			if !kept && len(out) > from {
				out = append(out[:from], control.Edit{Op: control.Remove, At: holder})
			}
		}
	}
	return out
}
