package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressTLSMissing: nobody reads along on the way in.
var IngressTLSMissing = control.Control{
	ID: "ingress-tls-missing", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:   "Use TLS for every host of an Ingress or Route",
	Scope:   control.Objects,
	Kinds:   append([]control.Kind{routes}, ingresses...),
	Require: &control.Func{Check: checkIngressTLS, Text: "every host must be in spec.tls", Expr: ingressTLSCEL},
	Risk:    "Most controllers then redirect HTTP to HTTPS, and clients have to trust the certificate.",
	Fix:     control.Advice,
	NoFix:   "Which issuer or Secret has a certificate for the host, the Ingress does not say.",
	Remedy:  "Add the host to spec.tls with the Secret of its certificate, which cert-manager makes by the annotation cert-manager.io/cluster-issuer; give a Route tls.termination.",
	Refs: control.Refs{
		NSA:    []string{needsEncryption},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{ingressDocs + "#tls", "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0263"},
		Polaris:   []string{"tlsSettingsMissing"},
		Kyverno:   []string{"other/require-ingress-https", "other/ingress-host-match-tls", "openshift/check-routes"},
		Other:     []string{"gatekeeper:httpsonly", "terrascan:AC-K8-NS-IN-H-0020", "kics:ingress_without_tls"},
	},
	Why: `Without TLS everybody on the way, in a wireless network, at a provider or on a node, reads passwords and session cookies and changes what is
delivered. A host that is missing in spec.tls is served with the certificate of another one at best, and users learn to click warnings away.`,
	Bad: []control.Change{
		{Path: "spec.tls", Name: "missing"},
		{Path: "spec.tls", Kind: "Ingress", Name: "another host", Value: []any{map[string]any{"hosts": []any{"other.example.com", "*.app.shop.example.com"}}}},
		{Path: "spec.tls", Kind: "Ingress", Name: "empty", Value: []any{}},
		{Path: "spec", Kind: "Ingress", Name: "all hosts", Value: map[string]any{"rules": []any{map[string]any{"http": map[string]any{}}}}},
		{Path: "spec", Kind: "Ingress", Name: "no rules", Value: map[string]any{"defaultBackend": map[string]any{}}},
	},
	Good: []control.Change{
		{Path: "spec.tls", Kind: "Ingress", Name: "wildcard", Value: []any{map[string]any{"hosts": []any{"*.example.com"}, "secretName": "all"}}},
		{Path: "spec.tls", Kind: "Ingress", Name: "without hosts", Value: []any{map[string]any{"secretName": "all"}}},
		{Path: "spec.tls", Kind: "Route", Name: "edge", Value: map[string]any{"termination": "edge"}},
	},
}

func checkIngressTLS(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if s.Object.Kind == "Route" {
		if routeTLS.Find(at).Len() == 0 {
			fail(routeTLS.Violation(at, "is missing, so the host is served without TLS"))
		}
		return
	}
	if isSolver(at) || endsTLSElsewhere(at) {
		return
	}
	rules := ingressRules.Find(at)
	tls := ingressTLS.Find(at)
	if tls.Len() == 0 {
		fail(ingressTLS.Violation(at, "is missing, so the Ingress is served without TLS"))
		return
	}
	hosts := tlsHosts(at)
	for _, rule := range rules.Items() {
		if host := rule.Get("host"); host.Text() != "" && !hosts.has(host.Text()) &&
			!fail(control.Violation{At: tls, Problem: "does not have the host " + control.Show(host)}) {
			return
		}
	}
}

func ingressTLSCEL(c control.CEL) string {
	tls := ingressTLS.CEL(c.At) + ".orValue([])"
	covered := "h == r.host || h.startsWith('*.') && r.host.indexOf('.') > 0 && h.substring(1) == r.host.substring(r.host.indexOf('.'))"
	return "(" + c.At + ".kind == 'Route' ? " + routeTLS.CEL(c.At) + ".orValue({}) != {} : " +
		solver.CEL(c.At) + ".orValue('') == 'true' || " + endsTLSElsewhereCEL(c.At) + " || " + tls + " != [] && " +
		ingressRules.CEL(c.At) + ".orValue([]).all(r, r.?host.orValue('') == '' || " + tls +
		".exists(t, t.?hosts.orValue([]) == [] || t.?hosts.orValue([]).exists(h, " + covered + "))))"
}
