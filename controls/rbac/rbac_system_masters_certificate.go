package rbac

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/signing"
	"github.com/kubeharden/kubeharden/tree"
)

// SystemMastersCertificate: no certificate stands above all roles.
var SystemMastersCertificate = control.Control{
	ID: "rbac-system-masters-certificate", Section: "cluster-admin", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:      "Issue no client certificate with the organization system:masters",
	Scope:      control.Objects,
	Kinds:      []control.Kind{signing.Kind()},
	Unless:     signing.NotFor(signing.ForClients, signing.ForKubelets, signing.Unknown),
	Require:    &control.Func{Check: checkMastersCertificate, Text: "a certificate to log in with must not have the organization system:masters"},
	Suppresses: []string{"auth-client-certificates-for-users"},
	Risk:       "Who has the certificate has to get a role that is bound to them.",
	Fix:        control.Advice,
	NoFix:      "A certificate that was issued cannot be taken back: it ends when it expires, or with the authority.",
	NoPolicy:   "The API server refuses such requests itself, by its admission plugin CertificateSubjectRestriction, unless that was switched off.",
	Remedy:     "Deny the request, and switch CertificateSubjectRestriction on again; if the certificate was issued, wait until it expires or replace the authority.",
	Refs: control.Refs{
		NSA:   []string{"Authentication", "Authorization: RBAC"},
		MITRE: []string{"T1098.006", "T1078"},
		Source: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
			"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificatesubjectrestriction",
		},
	},
	Why: `The group system:masters is asked for no role: the API server lets it do everything before RBAC is looked at, and no binding that is deleted takes that away.
The organization of a certificate is its group, so such a certificate is the cluster until it expires.`,
	Bad: []control.Change{
		{Path: "spec.request", Name: "an administrator", Value: signing.OfMaster},
		{Path: "spec", Name: "by the signer of kubelets", Value: map[string]any{"request": signing.OfMaster, "signerName": signing.ForKubelets}},
	},
	Good: []control.Change{
		{Path: "spec.request", Name: "a user", Value: signing.OfUser},
		{Path: "spec.request", Name: "a component", Value: signing.OfScheduler},
	},
}

func checkMastersCertificate(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	login, request, err := signing.Read(at)
	switch {
	case err != nil && request.Exists():
		fail(control.Violation{At: request, Problem: err.Error(), Unknown: true})
	case err != nil:
		fail(control.Violation{At: at, Missing: []string{"spec", "request"}, Problem: "is missing", Unknown: true})
	case slices.Contains(login.Groups, "system:masters"):
		fail(control.Violation{At: request, Problem: "asks for a certificate of the group system:masters"})
	}
}
