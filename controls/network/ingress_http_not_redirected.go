package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressHTTPNotRedirected: whoever comes by HTTP is sent to HTTPS.
var IngressHTTPNotRedirected = control.Control{
	ID: "ingress-http-not-redirected", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Redirect HTTP to HTTPS and send HSTS",
	Scope: control.Objects,
	Kinds: append([]control.Kind{routes, configMaps}, ingresses...),
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, f := range redirectFields(s, at) {
				if n := f.Find(at); n.Exists() && !fail(f.Violation(at, "is "+control.Show(n)+", so HTTP is served beside HTTPS or HSTS is not sent")) {
					return
				}
			}
		},
		Text: "an Ingress, a Route or the ConfigMap of ingress-nginx must not switch the redirect to HTTPS or HSTS off",
		Expr: redirectCEL,
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for _, f := range redirectFields(s, at) {
				value := "true"
				if s.Object.Kind == "Route" {
					value = "Redirect"
				}
				out = append(out, f.Set(at, value))
			}
			return out
		},
	},
	Risk:    "Behind a proxy that ends TLS itself and speaks HTTP to the controller, the redirect goes round in a circle.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the annotation or setting that switches the redirect or HSTS off; set insecureEdgeTerminationPolicy of a Route to Redirect.",
	Refs: control.Refs{
		NSA:   []string{needsEncryption},
		MITRE: []string{"T1557"},
		Source: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/tls/#server-side-https-enforcement-through-redirect",
			"https://docs.redhat.com/en/documentation/openshift_container_platform/4.17/html/networking/configuring-routes", "https://www.rfc-editor.org/rfc/rfc6797",
		},
	},
	Why: `Users type names without https, and their first request goes out as HTTP. Without the redirect, and HSTS for all later visits, whoever is on the way
keeps them on HTTP and reads along, although the certificate is there.`,
	Bad: []control.Change{
		{Path: "metadata.annotations", Kind: "Ingress", Name: "nginx", Value: map[string]any{nginxKeys + "ssl-redirect": "false"}},
		{Path: "metadata.annotations", Kind: "Ingress", Name: "HAProxy", Value: map[string]any{"haproxy.org/ssl-redirect": "false"}},
		{Path: "spec.tls.insecureEdgeTerminationPolicy", Kind: "Route", Value: "Allow"},
		{Path: "data", Kind: "ConfigMap", Name: "redirect", Value: map[string]any{"ssl-redirect": "false", "use-forwarded-headers": "true"}},
		{Path: "data", Kind: "ConfigMap", Name: "HSTS", Value: map[string]any{"hsts": "false"}},
	},
	Good: []control.Change{
		{Path: "metadata.annotations", Kind: "Ingress", Value: map[string]any{nginxKeys + "ssl-redirect": "true"}},
		{Path: "spec", Kind: "Ingress", Name: "without TLS", Value: map[string]any{"ingressClassName": "internal"}},
		{Path: "spec.tls.insecureEdgeTerminationPolicy", Kind: "Route", Name: "missing"},
		{Path: "data", Kind: "ConfigMap", Value: map[string]any{"hsts": "true"}},
	},
}

var (
	insecurePolicy = control.NewField("spec.tls.insecureEdgeTerminationPolicy")
	// redirectAnnotations and redirectSettings are the switches of controllers that redirect, or send HSTS, unless they are "false".
	redirectAnnotations = fieldsOf("metadata.annotations", nginxKeys+"ssl-redirect", "ingress.kubernetes.io/ssl-redirect", "haproxy.org/ssl-redirect", "haproxy-ingress.github.io/ssl-redirect")
	redirectSettings    = fieldsOf("data", "ssl-redirect", "hsts")
)

func fieldsOf(parent string, keys ...string) []control.Field {
	all := make([]control.Field, len(keys))
	for i, key := range keys {
		all[i] = control.NewField(parent + `["` + key + `"]`)
	}
	return all
}

// redirectFields returns the fields that switch the redirect or HSTS off. Without TLS there is nothing to redirect to.
func redirectFields(s *control.Subject, at tree.Node) []*control.Field {
	var off []*control.Field
	all := redirectAnnotations
	switch s.Object.Kind {
	case "Route":
		if insecurePolicy.Find(at).StrIs("Allow") {
			off = append(off, &insecurePolicy)
		}
		return off
	case "ConfigMap":
		all = redirectSettings
	default:
		if ingressTLS.Find(at).Len() == 0 || isSolver(at) {
			return nil
		}
	}
	for i := range all {
		if all[i].Find(at).StrIs("false") {
			off = append(off, &all[i])
		}
	}
	return off
}

func redirectCEL(c control.CEL) string {
	none := func(fields []control.Field) string {
		all := make([]string, len(fields))
		for i := range fields {
			all[i] = fields[i].CEL(c.At) + ".orValue('') != 'false'"
		}
		return strings.Join(all, " && ")
	}
	return "(" + c.At + ".kind == 'Route' ? " + insecurePolicy.CEL(c.At) + ".orValue('') != 'Allow' : " + c.At + ".kind == 'ConfigMap' ? " + none(redirectSettings) +
		" : " + ingressTLS.CEL(c.At) + ".orValue([]) == [] || " + solver.CEL(c.At) + ".orValue('') == 'true' || " + none(redirectAnnotations) + ")"
}
