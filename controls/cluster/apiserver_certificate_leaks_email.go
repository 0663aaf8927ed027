package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// APIServerCertificateLeaksEmail: everybody who connects reads the certificate.
var APIServerCertificateLeaksEmail = control.Control{
	ID: "apiserver-certificate-leaks-email", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep personal data out of the certificate of the API server",
	Scope:    control.Objects,
	Kinds:    []control.Kind{factsKind},
	Unless:   withoutFacts("endpoint.certificate"),
	Require:  &control.Func{Check: checkCertificateEmail, Text: "the certificate that the API server answers with must have no e-mail address in it"},
	Risk:     "Clients that trust exactly the old certificate have to be given the new one.",
	Fix:      control.Advice,
	NoFix:    "The certificate has to be issued again.",
	NoPolicy: noPolicyForEndpoints,
	Remedy:   "Issue the serving certificate of the API server again without an e-mail address in its subject and its alternative names.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1592"},
		Source: []string{certificateDocs},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV021"},
	},
	Why: `The certificate is shown to whoever opens a connection, before any login. An address of an administrator in it tells whom to write to, with a message that
looks as if it came from the cluster.`,
	Bad: []control.Change{
		{Path: "spec.endpoint.certificate.emailAddresses", Value: []any{"admin@example.com"}},
		{Path: "spec.endpoint.certificate.subject", Value: "CN=kube-apiserver,1.2.840.113549.1.9.1=jane@example.com"},
	},
	Good: []control.Change{
		{Path: "spec.endpoint.certificate.emailAddresses", Value: []any{}},
		{Path: "spec.endpoint.certificate"},
	},
}

func checkCertificateEmail(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	certificate := at.Get("spec").Get("endpoint").Get("certificate")
	for _, a := range certificate.Get("emailAddresses").Items() {
		if a.Text() != "" && !fail(control.Violation{At: a, Problem: "is an e-mail address that everybody reads who connects"}) {
			return
		}
	}
	if subject := certificate.Get("subject"); strings.Contains(subject.Text(), "@") {
		fail(control.Violation{At: subject, Problem: "has an e-mail address that everybody reads who connects"})
	}
}
