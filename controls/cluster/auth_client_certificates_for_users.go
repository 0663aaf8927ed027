package cluster

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/signing"
	"github.com/kubeharden/kubeharden/tree"
)

// AuthClientCertificatesForUsers: what cannot be taken back should not be given.
var AuthClientCertificatesForUsers = control.Control{
	ID: "auth-client-certificates-for-users", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Do not use client certificates for people",
	Scope:    control.Objects,
	Kinds:    []control.Kind{signing.Kind()},
	Unless:   signing.NotFor(signing.ForClients, signing.Unknown),
	Require:  &control.Func{Check: checkUserCertificate, Text: "a certificate to log in with must be for a component of Kubernetes, not for a person"},
	Risk:     "Who has the certificate has to log in by the identity provider instead.",
	Fix:      control.Advice,
	NoFix:    "A certificate that was issued cannot be taken back; an identity provider has to be there first.",
	NoPolicy: "Who is a person and who a component CEL cannot read out of a request in PEM.",
	Remedy:   "Deny the request; let people log in with OIDC (structured authentication), and remove the roles that are bound to the user and the groups of the certificate.",
	Refs: control.Refs{
		CIS:    []string{"3.1.1"},
		NSA:    []string{"Authentication"},
		MITRE:  []string{"T1078"},
		Source: []string{hardeningAuthDocs, requestDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0286"},
		KubeBench: []string{"3.1.1"},
	},
	Why: `Kubernetes knows no revocation: a certificate that was lost, or whose owner has left, logs in until it expires, and its groups cannot be changed. Requests are
deleted an hour after they were signed, so that only those of the last hour are seen; certificates that were signed by hand never are.`,
	Bad: []control.Change{
		{Path: "spec.request", Name: "a user", Value: signing.OfUser},
		{Path: "spec.request", Name: "an administrator", Value: signing.OfMaster},
	},
	Good: []control.Change{
		{Path: "spec.request", Name: "a node", Value: signing.OfNode},
		{Path: "spec.request", Name: "a component", Value: signing.OfScheduler},
		{Path: "spec", Name: "another signer", Value: mapping{"request": signing.OfUser, "signerName": "example.com/serving"}},
	},
}

func checkUserCertificate(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	login, request, err := signing.Read(at)
	switch {
	case err != nil && request.Exists():
		fail(control.Violation{At: request, Problem: err.Error(), Unknown: true})
	case err != nil:
		fail(control.Violation{At: at, Missing: []string{"spec", "request"}, Problem: "is missing", Unknown: true})
	case !login.Component():
		fail(control.Violation{At: request, Problem: "asks for a certificate that logs in as " + strconv.Quote(login.User[:min(len(login.User), maxUser)])})
	}
}

// maxUser is how much of the name in a certificate is told.
const maxUser = 100
