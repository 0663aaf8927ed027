package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GatewayListenerTLSMissing: plain HTTP is there to lead to HTTPS.
var GatewayListenerTLSMissing = control.Control{
	ID: "gateway-listener-tls-missing", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:   "Use TLS on the listeners of a Gateway",
	Scope:   control.Objects,
	Kinds:   gateways,
	Require: &control.Func{Check: checkListeners, Expr: listenersCEL, Text: "beside an HTTP listener there must be one for HTTPS and the same host, and an HTTPS or TLS listener must have tls"},
	Risk:    "Clients have to trust the certificate.",
	Fix:     control.Advice,
	NoFix:   "Which Secret has a certificate for the host, the Gateway does not say.",
	Remedy:  "Add a listener with protocol HTTPS, the same hostname and tls.certificateRefs, and redirect HTTP to it by the filter RequestRedirect of an HTTPRoute.",
	Refs: control.Refs{
		NSA:    []string{needsEncryption},
		MITRE:  []string{"T1040"},
		Source: []string{"https://gateway-api.sigs.k8s.io/guides/tls/", gatewayDocs},
	},
	Why: `What goes over a listener for HTTP everybody on the way can read and change: passwords, session cookies, downloads. Only one that redirects to a
listener for HTTPS does no harm.`,
	Bad: []control.Change{
		{Path: "spec.listeners", Name: "HTTP", Value: []any{map[string]any{"name": "http", "port": 80, "protocol": "HTTP"}}},
		{Path: "spec.listeners", Name: "another host", Value: []any{
			map[string]any{"name": "http", "port": 80, "protocol": "HTTP", "hostname": "shop.example.com"}, httpsListener("*.example.org"),
		}},
		{Path: "spec.listeners", Name: "no tls", Value: []any{map[string]any{"name": "https", "port": 443, "protocol": "HTTPS"}}},
	},
	Good: []control.Change{
		{Path: "spec.listeners", Name: "redirect", Value: []any{map[string]any{"name": "http", "port": 80, "protocol": "HTTP"}, httpsListener("shop.example.com")}},
		{Path: "spec.listeners", Name: "wildcard", Value: []any{
			map[string]any{"name": "http", "port": 80, "protocol": "HTTP", "hostname": "a.shop.example.com"}, httpsListener("*.example.com"),
		}},
	},
}

func httpsListener(host string) map[string]any {
	return map[string]any{
		"name": "https", "port": 443, "protocol": "HTTPS", "hostname": host,
		"tls": map[string]any{"certificateRefs": []any{map[string]any{"name": "shop-tls"}}},
	}
}

// maxHost is the length of the longest host name.
const maxHost = 253

func checkListeners(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	secure := map[string]bool{}
	for _, l := range listeners.Find(at).Items() {
		if l.Get("protocol").StrIs("HTTPS") {
			secure[l.Get("hostname").Text()] = true
		}
	}
	for _, l := range listeners.Find(at).Items() {
		protocol := l.Get("protocol")
		v := control.Violation{At: protocol, Problem: "is HTTP, and no listener is for HTTPS and this host"}
		switch protocol.Text() {
		case "HTTP":
			if isSecured(secure, l.Get("hostname").Text()) {
				continue
			}
		case "HTTPS", "TLS":
			if isSet(l, "tls") {
				continue
			}
			v = control.Violation{At: l, Missing: []string{"tls"}, Problem: "is missing"}
		default:
			continue
		}
		if !fail(v) {
			return
		}
	}
}

// isSecured reports whether a host, or for "" any host, is one of secure. A wildcard stands for one label or more.
func isSecured(secure map[string]bool, host string) bool {
	if host == "" {
		return len(secure) > 0
	}
	if secure[""] || secure[host] {
		return true
	}
	for rest := host[:min(len(host), maxHost)]; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return false
		}
		if secure["*"+rest[dot:]] {
			return true
		}
		rest = rest[dot+1:]
	}
}

func listenersCEL(c control.CEL) string {
	list := listeners.CEL(c.At) + ".orValue([])"
	covered := "m.?hostname.orValue('') == '' || m.hostname == l.hostname || m.hostname.startsWith('*.') && l.hostname.endsWith(m.hostname.substring(1))"
	return list + ".all(l, l.protocol == 'HTTP' ? " + list + ".exists(m, m.protocol == 'HTTPS' && (l.?hostname.orValue('') == '' || " + covered + ")) : " +
		"!(l.protocol in ['HTTPS', 'TLS']) || l.?tls.hasValue())"
}
