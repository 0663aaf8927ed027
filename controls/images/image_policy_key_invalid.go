package images

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// ImagePolicyKeyInvalid: with a key that is none, nothing is verified.
var ImagePolicyKeyInvalid = control.Control{
	ID: "image-policy-key-invalid", Section: "signatures", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "Give signature policies a public key that can be read",
	Scope: control.Objects,
	Kinds: slices.Concat(kyverno.Kinds(), []control.Kind{
		{Group: kyverno.CELGroup, Kind: "ImageValidatingPolicy"},
		{Group: kyverno.CELGroup, Kind: "NamespacedImageValidatingPolicy"},
		{Group: "policy.sigstore.dev", Kind: "ClusterImagePolicy"},
	}),
	Require: &control.Func{
		Check: checkPolicyKeys, Text: "keys and certificates must be whole PEM blocks with a public key of RSA (2048 bits or more), ECDSA or Ed25519",
	},
	Risk:     "Images are refused that carry no signature of the right key.",
	Fix:      control.Advice,
	NoFix:    "Which key signs the images, only a person can say.",
	NoPolicy: "CEL cannot read a key.",
	Remedy:   "Paste the whole of cosign.pub, or refer to the key: k8s://NAMESPACE/SECRET, or the URL of a KMS.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/", "https://docs.sigstore.dev/policy-controller/overview/", "https://docs.sigstore.dev/cosign/key_management/overview/"},
	},
	Why: `A key that cannot be read is a placeholder that nobody filled in, or was cut off. No signature fits it: a policy that refuses then refuses every image,
and is soon switched off; one that audits never verifies anything. A private key in its place is one that everybody can sign with who reads the policy.`,
	Bad: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "cut off, the old form", Value: verifyingWith(map[string]any{"image": "*", "key": cutOffKey})},
		{Path: "spec.rules", Kind: "Policy", Name: "cut off", Value: verifyingKeys(cutOffKey)},
		{Path: "spec.rules", Kind: "Policy", Name: "the second of two", Value: verifyingKeys(exampleKey + cutOffKey)},
		{Path: "spec.rules", Kind: "Policy", Name: "text", Value: verifyingKeys("my-key")},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "no end", Value: verifyingKeys(strings.TrimSuffix(exampleKey, "-----END PUBLIC KEY-----\n"))},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "private", Value: verifyingKeys("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n")},
		{Path: "spec.attestors", Kind: "ImageValidatingPolicy", Value: []any{map[string]any{"name": "a", "cosign": map[string]any{"key": map[string]any{"data": cutOffKey}}}}},
		{Path: "spec.attestors", Kind: "NamespacedImageValidatingPolicy", Value: []any{map[string]any{"name": "a", "notary": map[string]any{"certs": map[string]any{"value": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}}}}},
		{Path: "spec.authorities", Kind: "ClusterImagePolicy", Value: []any{map[string]any{"key": map[string]any{"data": cutOffKey}}}},
	},
	Good: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "a key", Value: verifyingKeys(exampleKey)},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "two keys", Value: verifyingKeys(exampleKey + exampleKey)},
		{Path: "spec.rules", Kind: "Policy", Name: "a reference", Value: verifyingKeys("k8s://kyverno/cosign")},
		{Path: "spec.rules", Kind: "Policy", Name: "a variable", Value: verifyingKeys("{{ keys.data.production }}")},
		{Path: "spec.authorities", Kind: "ClusterImagePolicy", Name: "in a Secret", Value: []any{map[string]any{"key": map[string]any{"secretRef": map[string]any{"name": "cosign"}}}}},
	},
}

const (
	cutOffKey = "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"
	// exampleKey is the public half of a key that was thrown away.
	exampleKey = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENXQ48IVDczKhw3DwjUqLH7jWhsqi\njhcD73v/a6WIsO6F2GI5BEd2uUCbf3CaflZl1KGjM3fTOdyMjgaH0EyMzg==\n-----END PUBLIC KEY-----\n"
)

func checkPolicyKeys(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	r := &keyReader{fail: fail}
	switch s.Object.Kind {
	case "ClusterPolicy", "Policy":
		for _, rule := range spec.Get("rules").Items() {
			if !r.read("", rule.Get("verifyImages")) || !r.read("", rule.Get("validate").Get("manifests").Get("attestors")) {
				return
			}
		}
	case "ClusterImagePolicy":
		r.read("", spec.Get("authorities"))
	default:
		r.read("", spec.Get("attestors"))
	}
}

// keyReader looks for keys and certificates below a node.
type keyReader struct{ fail control.FailFunc }

// read judges texts with a PEM block, wherever they are, and those fields that have nothing but a key.
func (r *keyReader) read(field string, n tree.Node) bool {
	switch n.Kind() {
	case tree.Scalar:
		return r.judge(field, n)
	case tree.Sequence:
		for _, item := range n.Items() {
			if !r.read(field, item) {
				return false
			}
		}
	case tree.Mapping:
		for key, value := range n.Pairs() {
			name := key.Text()
			if name == "data" && field == "key" {
				name = "publicKeys"
			}
			if !r.read(name, value) {
				return false
			}
		}
	case tree.Missing:
	}
	return true
}

func (r *keyReader) judge(field string, n tree.Node) bool {
	text := n.Text()
	switch begins := strings.Contains(text, "-----BEGIN "); {
	case !begins && field != "publicKeys" && field != "key", text == "", !begins && strings.Contains(text, "://"), strings.Contains(text, "{{"):
		return true
	case strings.Contains(text, "PRIVATE KEY-----"):
		return r.fail(control.Violation{At: n, Problem: "is a private key, with which everybody can sign who reads the policy", Secret: true})
	case !begins && strings.ContainsAny(text, "${}<>%"):
		return r.fail(control.Violation{At: n, Problem: "is filled in by a template", Unknown: true})
	}
	if problem := pemProblem(text); problem != "" {
		return r.fail(control.Violation{At: n, Problem: problem})
	}
	return true
}

// maxBlocks bounds how many keys of a text are read.
const maxBlocks = 100

// pemProblem says what is wrong with a text of keys and certificates in PEM; "" if nothing is.
func pemProblem(text string) string {
	rest := []byte(text)
	blocks := strings.Count(text, "-----BEGIN ")
	for range min(blocks, maxBlocks) {
		block, after := pem.Decode(rest)
		if block == nil {
			return which(blocks) + "is cut off: it is no PEM block that can be read"
		}
		if problem := blockProblem(block); problem != "" {
			return which(blocks) + problem
		}
		rest = after
	}
	if blocks == 0 {
		return "is neither a public key in PEM nor a reference to one"
	}
	return ""
}

// which speaks of one of several blocks, to be read before what is wrong with it.
func which(blocks int) string {
	if blocks == 1 {
		return ""
	}
	return "has a key that "
}

func blockProblem(block *pem.Block) string {
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = cert.PublicKey
		}
	default:
		return ""
	}
	if err != nil {
		return "is cut off or no key: its content cannot be read"
	}
	const least = 2048
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < least {
			return "is an RSA key of " + strconv.Itoa(bits) + " bits, which is too short"
		}
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return "is a key of a sort that signs no images"
	}
	return ""
}

// verifyingWith is a policy with one verifyImages rule, for the cases.
func verifyingWith(verify map[string]any) []any {
	return []any{map[string]any{"name": "verify", "match": matchPods(), "verifyImages": []any{verify}}}
}

func verifyingKeys(keys string) []any {
	return verifyingWith(map[string]any{
		"imageReferences": []any{"*"}, "failureAction": "Enforce",
		"attestors": []any{map[string]any{"entries": []any{map[string]any{"keys": map[string]any{"publicKeys": keys}}}}},
	})
}
