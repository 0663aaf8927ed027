package network

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// MeshVirtualServiceWildcard: a VirtualService or Gateway names its hosts.
var MeshVirtualServiceWildcard = control.Control{
	ID: "mesh-virtual-service-wildcard", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Name the hosts of VirtualServices and Gateways: no wildcard",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "networking.istio.io", Kind: "VirtualService"}, {Group: "networking.istio.io", Kind: "Gateway"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for host := range meshHosts(at) {
				if strings.HasPrefix(hostOf(host.Text()), "*") && !fail(control.Violation{At: host, Problem: "is " + control.Show(host) + ", which takes all hosts" + domainOf(host.Text())}) {
					return
				}
			}
		},
		Text: "no host may begin with a wildcard",
		Expr: func(c control.CEL) string {
			wild := func(list string) string { return list + ".exists(h, h.matches('(^|/)[*][^/]*$'))" }
			return "(!" + wild(c.At+".?spec.?hosts.orValue([])") + " && !" + c.At + ".?spec.?servers.orValue([]).exists(s, " + wild("s.?hosts.orValue([])") + "))"
		},
	},
	Risk:   "Hosts that nobody names are no longer served.",
	Fix:    control.Advice,
	NoFix:  "Which hosts are meant, only a person can say.",
	Remedy: "List the hosts that are meant.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{"https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService", "https://istio.io/latest/docs/reference/config/networking/gateway/#Server"},
	},
	Peers: control.Peers{Kyverno: []string{"istio/restrict-virtual-service-wildcard"}},
	Why: `A wildcard takes the traffic of every host that no narrower rule names, those of other teams and of tomorrow included. Whoever writes it can lead their
requests to a workload of their own.`,
	Bad: []control.Change{
		{Kind: "VirtualService", Path: "spec.hosts", Value: []any{"*"}, Name: "every host"},
		{Kind: "VirtualService", Path: "spec.hosts", Value: []any{"shop.example.com", "*.example.com"}, Name: "every host of a domain"},
		{Kind: "Gateway", Path: "spec.servers", Value: []any{map[string]any{"hosts": []any{"shop/*"}}}, Name: "every host of a namespace"},
	},
	Good: []control.Change{
		{Kind: "VirtualService", Path: "spec.hosts", Value: []any{"shop.example.com"}},
		{Kind: "Gateway", Path: "spec.servers", Value: []any{map[string]any{"hosts": []any{"*/shop.example.com"}}}, Name: "a host of any namespace"},
	},
}

// hostOf leaves out the namespace of the services that a Gateway's host may lead to: "shop/*.example.com".
func hostOf(host string) string { return host[strings.LastIndexByte(host, '/')+1:] }

func domainOf(host string) string {
	if domain := strings.TrimPrefix(hostOf(host), "*"); domain != "" {
		return " of " + strings.TrimPrefix(domain, ".")
	}
	return ""
}

// meshHosts yields the hosts of a VirtualService, or of the servers of a Gateway.
func meshHosts(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for _, host := range at.Get("spec").Get("hosts").Items() {
			if !yield(host) {
				return
			}
		}
		for _, server := range at.Get("spec").Get("servers").Items() {
			for _, host := range server.Get("hosts").Items() {
				if !yield(host) {
					return
				}
			}
		}
	}
}
