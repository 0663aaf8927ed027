package images

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageSignaturePolicyTooLoose: a signature says who signed.
var ImageSignaturePolicyTooLoose = control.Control{
	ID: "image-signature-policy-too-loose", Section: "signatures", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "Name the issuer and the exact subject in keyless signature policies",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "kyverno.io", Kind: "ClusterPolicy"},
		{Group: "kyverno.io", Kind: "Policy"},
		{Group: "policies.kyverno.io", Kind: "ImageValidatingPolicy"},
		{Group: "policies.kyverno.io", Kind: "NamespacedImageValidatingPolicy"},
		{Group: "policy.sigstore.dev", Kind: "ClusterImagePolicy"},
	},
	Require: &control.Func{
		Check: checkSigners, Text: "keyless verification must name issuer and subject, and nothing may pass without a signature",
	},
	Risk:     "Images that somebody else signed, or nobody, are refused.",
	Fix:      control.Advice,
	NoFix:    "Who is meant to sign, only a person can say.",
	NoPolicy: "Whoever may change what admission control checks could change a policy that guards it as well.",
	Remedy:   "Set issuer to the identity provider and subject to the one workflow or account that releases; anchor regular expressions with ^ and $.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://docs.sigstore.dev/policy-controller/overview/", "https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/", "https://docs.sigstore.dev/cosign/verifying/verify/"},
	},
	Why: `Everybody can get a certificate from the public Sigstore and sign an image with it. A policy that does not say which identity provider vouched for
whom accepts the signature of an attacker. Expressions without ^ and $ also accept names that only contain the right one.`,
	Bad: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "any subject", Value: verifying(map[string]any{"issuer": "https://accounts.google.com", "subject": "*"})},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "no issuer", Value: verifying(map[string]any{"subject": "release@example.com"})},
		{Path: "spec.rules", Kind: "Policy", Name: "any by expression", Value: verifying(map[string]any{"issuer": "https://accounts.google.com", "subjectRegExp": ".*"})},
		{Path: "spec.rules", Kind: "Policy", Name: "open end", Value: verifying(map[string]any{"issuer": "https://accounts.google.com", "subjectRegExp": "^https://github.com/example/"})},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "not required", Value: []any{map[string]any{"verifyImages": []any{map[string]any{"required": false}}}}},
		{Path: "spec.attestors", Kind: "ImageValidatingPolicy", Name: "any", Value: []any{map[string]any{"cosign": map[string]any{"keyless": map[string]any{"identities": []any{
			map[string]any{"issuerRegExp": ".*", "subject": "release@example.com"},
		}}}}}},
		{Path: "spec.attestors", Kind: "NamespacedImageValidatingPolicy", Name: "nobody", Value: []any{map[string]any{"cosign": map[string]any{"keyless": map[string]any{"identities": []any{}}}}}},
		{Path: "spec.authorities", Kind: "ClusterImagePolicy", Name: "nobody", Value: []any{map[string]any{"keyless": map[string]any{"url": "https://fulcio.sigstore.dev"}}}},
		{Path: "spec.authorities", Kind: "ClusterImagePolicy", Name: "static", Value: []any{map[string]any{"static": map[string]any{"action": "pass"}}}},
		{Path: "spec.mode", Kind: "ClusterImagePolicy", Value: "warn"},
	},
	Good: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "exact", Value: verifying(map[string]any{"issuer": "https://accounts.google.com", "subject": "release@example.com"})},
		{Path: "spec.rules", Kind: "Policy", Name: "anchored", Value: verifying(map[string]any{
			"issuer": "https://token.actions.githubusercontent.com", "subjectRegExp": "^https://github\\.com/example/app/\\.github/workflows/release\\.yml@refs/tags/.+$",
		})},
		{Path: "spec.rules", Kind: "Policy", Name: "one repository", Value: verifying(map[string]any{
			"issuer": "https://token.actions.githubusercontent.com", "subject": "https://github.com/example/app/*",
		})},
		{Path: "spec.authorities", Kind: "ClusterImagePolicy", Name: "key", Value: []any{map[string]any{"key": map[string]any{"kms": "gcpkms://key"}}}},
		{Path: "spec.mode", Kind: "ClusterImagePolicy", Value: "enforce"},
	},
}

// checkSigners judges what Kyverno's two sorts of policy and those of Sigstore's policy controller say of signers. Whether Kyverno
// refuses at all is the question of policy-engine-audit-only.
func checkSigners(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	switch s.Object.Kind {
	case "ClusterImagePolicy":
		checkClusterImagePolicy(spec, fail)
	case "ClusterPolicy", "Policy":
		for _, rule := range spec.Get("rules").Items() {
			for _, verify := range rule.Get("verifyImages").Items() {
				if required := verify.Get("required"); isFalse(required) && !fail(control.Violation{At: required, Problem: "is false, so images without a signature pass"}) {
					return
				}
				if !eachKeyless(verify, fail) {
					return
				}
			}
		}
	default:
		for _, attestor := range spec.Get("attestors").Items() {
			if keyless := attestor.Get("cosign").Get("keyless"); keyless.Exists() && !checkIdentities(keyless, fail) {
				return
			}
		}
	}
}

func checkClusterImagePolicy(spec tree.Node, fail control.FailFunc) {
	if mode := spec.Get("mode"); mode.StrIs("warn") && !fail(control.Violation{At: mode, Problem: "is warn, so images that break the policy pass"}) {
		return
	}
	for _, authority := range spec.Get("authorities").Items() {
		if action := authority.Get("static").Get("action"); action.StrIs("pass") && !fail(control.Violation{At: action, Problem: "is pass, so the images need no signature"}) {
			return
		}
		if keyless := authority.Get("keyless"); keyless.Exists() && !checkIdentities(keyless, fail) {
			return
		}
	}
}

func isFalse(n tree.Node) bool {
	b, ok := n.Bool()
	return ok && !b
}

// notFalse says what a value is that had to be false, and what follows from it. Text is no boolean, whatever it says.
func notFalse(n tree.Node, so string) string {
	if n.Type() == tree.String {
		text := n.Text()
		if text != "" {
			text = control.Show(n) // cut to a line
		}
		return "is the text " + strconv.Quote(text) + ", not a boolean"
	}
	return "is " + control.Show(n) + so
}

// eachKeyless finds the signers in a verifyImages rule, whose attestors can be nested and belong to attestations.
func eachKeyless(n tree.Node, fail control.FailFunc) bool {
	if keyless := n.Get("keyless"); keyless.Exists() && !checkIdentity(keyless, fail) {
		return false
	}
	for _, key := range []string{"attestors", "entries", "attestations"} {
		for _, item := range n.Get(key).Items() {
			if !eachKeyless(item, fail) {
				return false
			}
		}
	}
	if nested := n.Get("attestor"); nested.Exists() {
		return eachKeyless(nested, fail)
	}
	return true
}

func checkIdentities(keyless tree.Node, fail control.FailFunc) bool {
	identities := keyless.Get("identities")
	if identities.Len() == 0 {
		return fail(control.Violation{At: keyless, Missing: missingIn(identities, "identities"), Problem: "names nobody, so everybody can sign"})
	}
	for _, identity := range identities.Items() {
		if !checkIdentity(identity, fail) {
			return false
		}
	}
	return true
}

func missingIn(n tree.Node, key string) []string {
	if n.Exists() && !n.IsNull() {
		return nil
	}
	return []string{key}
}

// checkIdentity judges issuer and subject, which may each be text, with * in it for Kyverno's subjects, or an expression.
func checkIdentity(identity tree.Node, fail control.FailFunc) bool {
	for _, name := range []string{"issuer", "subject"} {
		text, expression := identity.Get(name), identity.Get(name+"RegExp")
		if !expression.Exists() {
			expression = identity.Get(name + "Regex") // an older spelling
		}
		var v control.Violation
		switch {
		case text.Text() != "" && strings.Trim(text.Text(), "*?") == "":
			v = control.Violation{At: text, Problem: "is " + text.Text() + ", so everybody can sign"}
		case text.Text() != "":
		case expression.Text() == "":
			v = control.Violation{At: identity, Missing: []string{name}, Problem: "is missing, so any will do"}
		case acceptsAll(expression.Text()):
			v = control.Violation{At: expression, Problem: "is " + control.Show(expression) + ", so everybody can sign"}
		case !strings.HasPrefix(expression.Text(), "^") || !strings.HasSuffix(expression.Text(), "$"):
			v = control.Violation{At: expression, Problem: "is not anchored by ^ and $, so longer names fit too"}
		}
		if v.Problem != "" && !fail(v) {
			return false
		}
	}
	return true
}

// acceptsAll reports whether an expression has nothing in it but wildcards.
func acceptsAll(expression string) bool { return strings.Trim(expression, "^$.*+?()") == "" }

func verifying(keyless map[string]any) []any {
	return []any{map[string]any{"name": "verify", "verifyImages": []any{map[string]any{
		"imageReferences": []any{"*"}, "attestors": []any{map[string]any{"entries": []any{map[string]any{"keyless": keyless}}}},
	}}}}
}
