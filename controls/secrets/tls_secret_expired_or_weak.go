package secrets

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// TLSSecretExpiredOrWeak: a certificate that nobody accepts any more is an outage, a weak one is none at all.
var TLSSecretExpiredOrWeak = control.Control{
	ID: "tls-secret-expired-or-weak", Section: "hard-coded", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title:   "No expired, soon-expiring or weak TLS Secrets; key matches cert",
	Scope:   control.Objects,
	Values:  true,
	Kinds:   []control.Kind{{Kind: "Secret"}},
	Require: &control.Func{Check: checkTLSSecret, Text: "the certificate must be valid for some time yet, have a strong key and signature, and belong to the key beside it"},
	Params: []control.Param{{
		Name: "days", Doc: "for how many days the certificate must still be valid", Default: []string{"14"},
		Valid: func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= 0 },
	}},
	Fix:      control.Generate,
	NoFix:    "The certificate has to be requested anew; cert-manager does that by itself from a Certificate object.",
	NoPolicy: "CEL cannot read certificates.",
	Risk:     "Clients that pinned the old certificate or its key refuse the new one.",
	Remedy:   "Request a new certificate with an ECDSA P-256 or RSA 2048 key, best by a Certificate of cert-manager, which renews it in time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets", "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-57pt1r5.pdf"},
	},
	Peers: control.Peers{
		Kyverno: []string{"cert-manager/cert-manager-limit-duration"},
	},
	Why: `An expired certificate stops every client that checks, and teaches people to switch the check off. RSA keys below 2048 bits and signatures with MD5 or SHA-1 can be
forged. A key that belongs to another certificate makes Ingress controllers fall back to a certificate of their own, unnoticed.`,
	Bad: []control.Change{
		{Path: "data", Name: "expired", Value: map[string]any{"tls.crt": expiredCertificate}},
	},
	Good: []control.Change{
		{Path: "data", Name: "set later", Value: map[string]any{"tls.crt": "", "tls.key": ""}},
		{Path: "stringData", Name: "placeholder", Value: map[string]any{"tls.crt": "${CERTIFICATE}"}},
	},
}

// expiredCertificate expired in 2020.
const expiredCertificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJJekNCeWFBREFnRUNBZ0VCTUFvR0NDcUdTTTQ5QkFNQ01Cc3hHVEFYQmdOVkJBTVRFSE5vYjNBdVpYaGgKYlhCc1pTNWpiMjB3SGhjTk1Ua3dNVEF4TURBd01EQXdXaGNOTWpBd01UQXhNREF3TURBd1dqQWJNUmt3RndZRApWUVFERXhCemFHOXdMbVY0WVcxd2JHVXVZMjl0TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFCkRicHRzM3J2ZDZFWVhCeUVBbnB2bHdTYVRGV1A3eWtFK2EwWU41S29QM3lIUUtQTm9MdEJYRXZuTStIRC90WFAKZG1rcFlnZjNGellSVUtzRTR1SmZPREFLQmdncWhrak9QUVFEQWdOSkFEQkdBaUVBaU45b1RlMTUvckU5NHIxRApFTnBrNldEUGxpUG16aGF1TlZQWnJJTDFjbDhDSVFEbHkyY2YwN2pHMS9sdTdwYkc0VzdYcWJYbGd1K2JuZDZjCnZWZ0x2Wnk4NHc9PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="

func checkTLSSecret(s *control.Subject, at tree.Node, fail control.FailFunc) {
	crt, text := pemOf(at, "tls.crt")
	if !strings.Contains(text, "-----BEGIN CERTIFICATE-----") {
		return // there is none yet, or it is a placeholder
	}
	problem := func(n tree.Node, problem string) bool {
		return fail(control.Violation{At: n, Problem: problem, Secret: true})
	}
	cert := firstCertificate(text)
	if cert == nil {
		problem(crt, "is no certificate that can be read")
		return
	}
	if weak := weakness(cert); weak != "" && !problem(crt, weak) {
		return
	}
	days, _ := strconv.Atoi(s.Params["days"][0])
	switch left := cert.NotAfter.Sub(s.Now); {
	case s.Now.IsZero(): // the run does not say when it is
	case left < 0:
		if !problem(crt, "expired on "+cert.NotAfter.UTC().Format(time.DateOnly)) {
			return
		}
	case left < time.Duration(days)*24*time.Hour:
		if !problem(crt, "expires on "+cert.NotAfter.UTC().Format(time.DateOnly)) {
			return
		}
	}
	key, text := pemOf(at, "tls.key")
	if public := publicKeyOf(text); public != nil && !public.Equal(cert.PublicKey) {
		problem(key, "is not the key of the certificate in tls.crt")
	}
}

// pemOf returns an entry of a Secret; stringData wins over data.
func pemOf(secret tree.Node, name string) (tree.Node, string) {
	if n := secret.Get("stringData").Get(name); n.Exists() {
		return n, textOf(n)
	}
	n := secret.Get("data").Get(name)
	text, _ := decoded(n)
	return n, text
}

// firstCertificate returns the certificate of the server, which comes before those of its issuers; nil if it cannot be read.
func firstCertificate(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return cert
}

// weakSignatures are those whose hashes can be made to collide.
var weakSignatures = []x509.SignatureAlgorithm{x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1}

// weakness says why the key or the signature of a certificate proves nothing, "" if it does.
func weakness(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 {
			return "has an RSA key of " + strconv.Itoa(bits) + " bits, below 2048"
		}
	case *ecdsa.PublicKey:
		if bits := key.Curve.Params().BitSize; bits < 256 {
			return "has an ECDSA key of " + strconv.Itoa(bits) + " bits, below 256"
		}
	}
	// Nobody checks the signature of a root: it is trusted for being there.
	if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		return ""
	}
	if slices.Contains(weakSignatures, cert.SignatureAlgorithm) {
		return "is signed with " + cert.SignatureAlgorithm.String()
	}
	return ""
}

// publicKey is what every public key of the standard library is.
type publicKey interface{ Equal(crypto.PublicKey) bool }

// publicKeyOf returns the public half of a private key; nil if there is none, or one that cannot be read.
func publicKeyOf(text string) publicKey {
	block, _ := pem.Decode([]byte(text))
	for rest := []byte(text); block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY"); {
		block, rest = pem.Decode(rest) // the parameters of an EC key come first
	}
	if block == nil {
		return nil
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	private, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil
	}
	public, _ := private.Public().(publicKey)
	return public
}
