package secrets

import (
	"path"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// CertificateIssuerNotRestricted: a certificate comes from an issuer that was chosen for it.
var CertificateIssuerNotRestricted = control.Control{
	ID: "certificate-issuer-not-restricted", Section: "hard-coded", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title:   "Request certificates only of listed issuers, and for listed names (cert-manager)",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "cert-manager.io", Kind: "Certificate"}},
	Require: &control.Func{Check: checkIssuer, Text: "spec.issuerRef must be a listed issuer, and every name in spec must match a listed one"},
	Params: []control.Param{{
		Name: "issuers", Doc: "issuers that may be asked, as KIND/NAME", Example: []string{"ClusterIssuer/internal"},
		Valid: func(v string) bool { return strings.Count(v, "/") == 1 },
	}, {
		Name: "names", Doc: "DNS names that certificates may have; * stands for any text without a slash",
		Default: []string{"*"}, Example: []string{"*.example.com"},
		Valid: func(v string) bool { _, err := path.Match(v, ""); return err == nil },
	}},
	Fix:      control.Generate,
	NoFix:    "Which issuer and which names a team may use is a rule of the house; a policy enforces it.",
	NoPolicy: "Patterns with * have no equal in CEL.",
	Risk:     "Certificates of other issuers or names are no longer renewed.",
	Remedy:   "Name a listed issuer in spec.issuerRef, and only names that belong to the team in spec.commonName and spec.dnsNames.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://cert-manager.io/docs/usage/certificate/", "https://cert-manager.io/docs/policy/approval/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"cert-manager/cert-manager-restrict-issuer", "cert-manager/cert-manager-limit-dnsnames"},
	},
	Why: `Whoever may create a Certificate may ask every ClusterIssuer for any name that the issuer can prove, also for those of other teams. With such a certificate
traffic that is meant for them can be answered or read on the way.`,
	Bad: []control.Change{
		{Path: "spec.issuerRef.name", Value: "letsencrypt"},
		{Path: "spec.issuerRef.kind", Name: "namespaced by default"},
		{Path: "spec.dnsNames", Value: []any{"shop.example.com", "bank.example.org"}},
		{Path: "spec.commonName", Value: "bank.example.org"},
	},
	Good: []control.Change{
		{Path: "spec.dnsNames", Value: []any{"a.example.com"}},
	},
}

var issuer = control.NewField("spec.issuerRef")

func checkIssuer(s *control.Subject, at tree.Node, fail control.FailFunc) {
	ref := issuer.Find(at)
	kind := textOf(ref.Get("kind"))
	if kind == "" {
		kind = "Issuer"
	}
	if name := kind + "/" + textOf(ref.Get("name")); !slices.Contains(s.Params["issuers"], name) {
		if !fail(issuer.Violation(at, "is "+name+", which is not listed")) {
			return
		}
	}
	spec := at.Get("spec")
	judge := func(n tree.Node) bool {
		name := textOf(n)
		return name == "" || slices.ContainsFunc(s.Params["names"], func(pattern string) bool {
			ok, _ := path.Match(pattern, name)
			return ok
		}) || fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", which is not listed"})
	}
	if !judge(spec.Get("commonName")) {
		return
	}
	for _, n := range spec.Get("dnsNames").Items() {
		if !judge(n) {
			return
		}
	}
}
