package node

import (
	"crypto/dsa" //nolint:staticcheck // to name such a key where one is left
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strconv"
	"time"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// maxCertificates bounds those of one file: a bundle of all public authorities has a few hundred.
const maxCertificates = 1000

// certificates reads those of a PEM file, once.
func (c *collector) certificates(in *filesystem, prefix, full, actual string) {
	if c.certs[prefix+"/"+actual] {
		return
	}
	c.certs[prefix+"/"+actual] = true
	src, err := in.read(actual, maxContent)
	if err != nil {
		if !missing(err) {
			c.problem(full, err.Error(), facts.PartCertificates)
		}
		return
	}
	n := 0
	for block, rest := pem.Decode(src); block != nil && n < maxCertificates; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		place := ""
		if n > 0 {
			place = "certificate " + strconv.Itoa(n+1)
		}
		n++
		c.certificate(full, place, block.Bytes)
	}
}

// kubeconfigCertificates reads those that stand in a kubeconfig.
func (c *collector) kubeconfigCertificates(full string, root tree.Node) {
	if root.Get("kind").Text() != "Config" {
		return
	}
	for _, list := range []struct{ key, of, data string }{
		{"clusters", "cluster", "certificate-authority-data"},
		{"users", "user", "client-certificate-data"},
	} {
		for i, item := range root.Get(list.key).Items() {
			text := item.Get(list.of).Get(list.data).Text()
			if text == "" || i >= maxCertificates {
				continue
			}
			place := list.key + "[" + strconv.Itoa(i) + "]." + list.of + "." + list.data
			raw, err := base64.StdEncoding.DecodeString(text)
			block, _ := pem.Decode(raw)
			if err != nil || block == nil || block.Type != "CERTIFICATE" {
				continue // what kubectl makes of it is not the matter here
			}
			c.certificate(full, place, block.Bytes)
		}
	}
}

func (c *collector) certificate(full, place string, der []byte) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.problem(full, "has a certificate that cannot be read: "+err.Error(), facts.PartCertificates)
		return
	}
	out := facts.Certificate{
		Path: full, In: place, Subject: cert.Subject.String(), Organizations: cert.Subject.Organization, Issuer: cert.Issuer.String(),
		NotBefore: cert.NotBefore.UTC().Format(time.RFC3339), NotAfter: cert.NotAfter.UTC().Format(time.RFC3339),
		SignatureAlgorithm: cert.SignatureAlgorithm.String(), IsCA: cert.IsCA, DNSNames: cert.DNSNames,
		SelfSigned: cert.Subject.String() == cert.Issuer.String() && cert.CheckSignatureFrom(cert) == nil, Usages: usages(cert),
	}
	out.KeyAlgorithm, out.KeyBits = keyOf(cert)
	for _, ip := range cert.IPAddresses {
		out.IPAddresses = append(out.IPAddresses, ip.String())
	}
	c.facts.Spec.Certificates = append(c.facts.Spec.Certificates, out)
}

func keyOf(cert *x509.Certificate) (algorithm string, bits int) {
	switch k := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 256
	case *dsa.PublicKey:
		return "DSA", k.P.BitLen()
	default:
		return cert.PublicKeyAlgorithm.String(), 0
	}
}

// usages names what a certificate may be used for.
func usages(cert *x509.Certificate) []string {
	var out []string
	for _, u := range []struct {
		usage x509.KeyUsage
		name  string
	}{
		{x509.KeyUsageDigitalSignature, "digital signature"},
		{x509.KeyUsageKeyEncipherment, "key encipherment"},
		{x509.KeyUsageCertSign, "cert sign"},
		{x509.KeyUsageCRLSign, "crl sign"},
	} {
		if cert.KeyUsage&u.usage != 0 {
			out = append(out, u.name)
		}
	}
	for _, u := range cert.ExtKeyUsage {
		switch u {
		case x509.ExtKeyUsageServerAuth:
			out = append(out, "server auth")
		case x509.ExtKeyUsageClientAuth:
			out = append(out, "client auth")
		case x509.ExtKeyUsageAny:
			out = append(out, "any")
		default:
		}
	}
	return out
}
