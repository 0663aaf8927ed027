package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceExternalNameLocalhost: a name does not lead back into whoever follows it.
var ServiceExternalNameLocalhost = control.Control{
	ID: "service-external-name-localhost", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Let no ExternalName lead to localhost, the metadata service or the API server",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if name := externalName.Find(at); serviceType.Find(at).StrIs("ExternalName") && isInward(name.Text()) {
				fail(externalName.Violation(at, "is "+control.Show(name)+", which leads whoever follows it to the inside"))
			}
		},
		Text: "spec.externalName must not be localhost, the metadata service of a cloud or the API server",
		Expr: func(c control.CEL) string {
			return "(" + serviceType.CEL(c.At) + ".orValue('') != 'ExternalName' || !" + externalName.CEL(c.At) + ".orValue('').lowerAscii().matches(" +
				control.Quote(`(^|\.)(`+strings.ReplaceAll(strings.Join(inwardNames, "|"), ".", `\.`)+`)\.?$`) + "))"
		},
	},
	Risk:   "Whoever uses the name of the Service gets no answer any more.",
	Fix:    control.Advice,
	NoFix:  "Without its name the Service is not valid; whether it is needed, only a person can say.",
	Remedy: "Delete the Service, or point it to the host that is meant.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557", "T1190"},
		Source: []string{serviceDocs + "#externalname", "https://kyverno.io/policies/other/no-localhost-service/no-localhost-service/"},
	},
	Peers: control.Peers{Kyverno: []string{"other/no-localhost-service"}},
	Why: `Ingress controllers and API gateways follow the name of an ExternalName Service themselves. With localhost an attacker who may make a Service and
an Ingress reaches the admin port of the controller, and with the metadata service the credentials of its node.`,
	Bad: []control.Change{
		{Path: "spec", Name: "localhost", Value: map[string]any{"type": "ExternalName", "externalName": "localhost"}},
		{Path: "spec", Name: "metadata", Value: map[string]any{"type": "ExternalName", "externalName": "Metadata.Google.Internal."}},
		{Path: "spec", Name: "API server", Value: map[string]any{"type": "ExternalName", "externalName": "kubernetes.default.svc.cluster.local"}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "outside", Value: map[string]any{"type": "ExternalName", "externalName": "db.example.com"}},
		{Path: "spec.externalName", Name: "not in force", Value: "localhost"},
	},
}

var (
	externalName = control.NewField("spec.externalName")
	inwardNames  = []string{
		"localhost", "localhost.localdomain", "127.0.0.1", "169.254.169.254", "169.254.170.2", "metadata.google.internal", "instance-data.ec2.internal",
		"kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}
)

// isInward reports whether a name is one of inwardNames, or below one: everything below localhost is localhost (RFC 6761).
func isInward(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for _, inward := range inwardNames {
		if rest, ok := strings.CutSuffix(name, inward); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return true
		}
	}
	return false
}
