package cluster

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// ControlPlaneCertificateExpiring: a certificate that ends takes the cluster with it, and a weak one lets others in.
var ControlPlaneCertificateExpiring = control.Control{
	ID: "control-plane-certificate-expiring", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:   "Find certificates of the control plane that are close to expiry or weak",
	Scope:   control.Objects,
	Kinds:   nodeFacts,
	Require: &control.Func{Check: checkCertificates, Text: "certificates on the node must not expire within days, and must have RSA keys of 2048 bits and no signature with SHA-1 or MD5"},
	Params: []control.Param{{
		Name: "days", Doc: "how many days before its end a certificate has to be renewed; a tenth of its lifetime if that is less, since short-lived ones are renewed late",
		Default: []string{"30"}, Example: []string{"30"}, Valid: isDays,
	}},
	Risk:     "Components have to be started again after their certificates were renewed.",
	Fix:      control.Advice,
	NoFix:    "The authority has to issue a new certificate.",
	NoPolicy: noPolicyForFacts,
	Remedy: `Renew the certificates and restart what uses them: 'kubeadm certs renew all' and then the static pods, 'k3s certificate rotate', 'rke2 certificate rotate'; kubelets
renew their own with rotateCertificates and serverTLSBootstrap.`,
	Refs: control.Refs{
		NSA:   []string{nsaEncryption},
		MITRE: []string{"T1499"},
		Source: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/", "https://kubernetes.io/docs/tasks/tls/certificate-rotation/",
			"https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-131Ar2.pdf",
		},
	},
	Why: `When the certificate of an API server, of etcd or of a kubelet ends, its clients refuse it in the same second: the cluster can no longer be managed, and whoever
mends it in a hurry turns checks off. Short RSA keys and signatures with SHA-1 can be forged, and Go refuses the latter altogether.`,
	Bad: []control.Change{
		{Path: "spec.certificates", Name: "expired", Value: []any{certificateFact(mapping{"notAfter": "2025-12-31T00:00:00Z"})}},
		{Path: "spec.certificates", Name: "expires soon", Value: []any{certificateFact(mapping{"notAfter": "2026-01-20T00:00:00Z"})}},
		{Path: "spec.certificates", Name: "a short key", Value: []any{certificateFact(mapping{"keyBits": 1024})}},
		{Path: "spec.certificates", Name: "SHA-1", Value: []any{certificateFact(mapping{"signatureAlgorithm": "SHA1-RSA"})}},
		{Path: "spec.certificates", Name: "DSA", Value: []any{certificateFact(mapping{"keyAlgorithm": "DSA"})}},
	},
	Good: []control.Change{
		{Path: "spec.certificates", Name: "of a day", Value: []any{certificateFact(mapping{"notBefore": "2025-12-31T12:00:00Z", "notAfter": "2026-01-01T12:00:00Z"})}},
		{Path: "spec.certificates", Name: "an authority that signed itself", Value: []any{certificateFact(mapping{"signatureAlgorithm": "SHA1-RSA", "selfSigned": true})}},
		{Path: "spec.certificates", Name: "elliptic", Value: []any{certificateFact(mapping{"keyAlgorithm": "ECDSA", "keyBits": 256, "signatureAlgorithm": "ECDSA-SHA256"})}},
	},
}

func certificateFact(change mapping) mapping {
	m := mapping{
		"path": "/etc/kubernetes/pki/apiserver.crt", "subject": "CN=kube-apiserver", "issuer": "CN=kubernetes", "notBefore": "2025-06-01T00:00:00Z",
		"notAfter": "2026-06-01T00:00:00Z", "keyAlgorithm": "RSA", "keyBits": 2048, "signatureAlgorithm": "SHA256-RSA",
	}
	maps.Copy(m, change)
	return m
}

func isDays(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 0 && n <= 3650
}

func checkCertificates(s *control.Subject, at tree.Node, fail control.FailFunc) {
	days := 30
	if given := s.Params["days"]; len(given) > 0 && isDays(given[0]) {
		days, _ = strconv.Atoi(given[0])
	}
	list := at.Get("spec").Get("certificates")
	if list.Kind() != tree.Sequence {
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"certificates"}, Problem: "is missing, so nothing is known of certificates", Unknown: true})
		return
	}
	for _, c := range list.Items() {
		for _, v := range certificateProblems(s.Now, days, c) {
			if !fail(v) {
				return
			}
		}
	}
	control.NodeUnknown(at, []string{node.PartCertificates, node.RolePKICertificate}, fail)
}

func certificateProblems(now time.Time, days int, c tree.Node) []control.Violation {
	name := c.Get("path").Text()
	if in := c.Get("in").Text(); in != "" {
		name += " (" + in + ")"
	}
	var out []control.Violation
	found := func(key, problem string, unknown bool) {
		v := control.Violation{At: c.Get(key), Problem: problem, Unknown: unknown}
		if !v.At.Exists() {
			v.At, v.Missing = c, []string{key}
		}
		out = append(out, v)
	}
	from, errFrom := time.Parse(time.RFC3339, c.Get("notBefore").Text())
	until, err := time.Parse(time.RFC3339, c.Get("notAfter").Text())
	left := time.Duration(days) * 24 * time.Hour
	if errFrom == nil && until.Sub(from)/10 < left {
		left = until.Sub(from) / 10
	}
	switch {
	case err != nil:
		found("notAfter", "of "+name+" is no time", true)
	case now.IsZero():
		found("notAfter", "of "+name+" cannot be compared: the run has no time", true)
	case !now.Before(until):
		found("notAfter", fmt.Sprintf("is past: %s expired on %s", name, until.Format(time.DateOnly)), false)
	case until.Sub(now) < left:
		found("notAfter", fmt.Sprintf("is near: %s expires on %s", name, until.Format(time.DateOnly)), false)
	}
	bits, _ := c.Get("keyBits").Int()
	switch algorithm := c.Get("keyAlgorithm").Text(); {
	case algorithm == "DSA":
		found("keyAlgorithm", "is DSA, which nobody should trust any more: "+name, false)
	case algorithm == "RSA" && bits < 2048:
		found("keyBits", fmt.Sprintf("is %d: the RSA key of %s is shorter than 2048 bits", bits, name), false)
	}
	signature := strings.ToUpper(c.Get("signatureAlgorithm").Text())
	selfSigned, _ := c.Get("selfSigned").Bool()
	if (strings.Contains(signature, "SHA1") || strings.Contains(signature, "MD5") || strings.Contains(signature, "MD2")) && !selfSigned {
		found("signatureAlgorithm", fmt.Sprintf("is %s: the signature of %s can be forged", signature, name), false)
	}
	return out
}
