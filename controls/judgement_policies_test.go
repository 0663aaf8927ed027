package controls_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
)

// onPolicies are the controls on policies and on what external secrets come from.
func onPolicies(t *testing.T) []*control.Control {
	t.Helper()
	var chosen []*control.Control
	for _, id := range []string{
		"admission-webhook-untrusted-endpoint", "cel-admission-policy-not-enforcing", "ephemeral-containers-not-restricted", "external-secret-api-retired",
		"external-secret-never-refreshed", "external-secret-store-not-found", "image-policy-containers-uncovered", "image-policy-key-invalid",
		"image-signature-not-verified", "image-signature-policy-too-loose", "policy-action-retired", "policy-engine-audit-only",
	} {
		chosen = append(chosen, controls.Find(id)[0])
	}
	return chosen
}

// told lists what was found: the status if it is not fail, the control and the path.
func told(found []control.Finding) []string {
	var out []string
	for i := range found {
		f := &found[i]
		status := ""
		if f.Status != control.Fail {
			status = f.Status.String() + " "
		}
		out = append(out, fmt.Sprintf("%s%s %s", status, f.Control.ID, f.Path))
	}
	return out
}

func TestJudgementOfPolicies(t *testing.T) {
	for _, c := range []struct {
		name, manifests string
		want            []string
	}{
		{
			"rules on controllers need no ephemeral containers",
			`{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {rules: [{name: r, match: {any: [{resources: {kinds: [apps/v1/Deployment]}}]}, validate: {failureAction: Enforce, pattern: {spec: {template: {spec: {containers: [{image: "r.example.com/*"}], "=(initContainers)": [{image: "r.example.com/*"}], "=(ephemeralContainers)": [{image: "r.example.com/*"}]}}}}}}]}}
---
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: b}, spec: {rules: [{name: r, match: {any: [{resources: {kinds: [Deployment]}}]}, validate: {failureAction: Enforce, foreach: [{list: "request.object.spec.template.spec.[containers, initContainers][]", pattern: {image: "r.example.com/*"}}]}}]}}`,
			[]string{"ephemeral-containers-not-restricted spec.rules"},
		},
		{
			"an image in a message is none that is judged",
			`{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {failureAction: Enforce, message: "{{ images.containers.a.registry }}", pattern: {spec: {containers: [{resources: {limits: {memory: "?*"}}}]}}}}]}}`,
			nil,
		},
		{
			"the old spelling of audit is named twice: it is old, and refuses nothing",
			`{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {validationFailureAction: audit, rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {deny: {}}}]}}`,
			[]string{"policy-engine-audit-only spec.validationFailureAction", "policy-action-retired spec.validationFailureAction"},
		},
		{
			"a short key",
			`{apiVersion: policy.sigstore.dev/v1beta1, kind: ClusterImagePolicy, metadata: {name: a}, spec: {images: [{glob: "**"}], authorities: [{key: {data: "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDMKrHFUKd4ltBfoHmg+0AmrxHq\nSI/z1Jd0+MRrco5/Ein7ViEwAIGB3+/ORTxpzjPJDhD0L237GUPS9whi1kNTYDQd\n2ylh5TgO/M6JZFKfisU+cWqTHBwL+AXt+5KIAOX8GnrGLLIx2JRSHJ04oV9SEWWc\nOsbNiftGoHrSF8hX5wIDAQAB\n-----END PUBLIC KEY-----\n"}}]}}`,
			[]string{"image-policy-key-invalid spec.authorities[0].key.data"},
		},
		{
			"a webhook with an authority that nobody can read is not judged by its date",
			`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a, clientConfig: {caBundle: Cg==, service: {namespace: a, name: b}}}]}`,
			nil,
		},
		{
			"a store that may be elsewhere",
			`{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: shop}, spec: {secretStoreRef: {name: vault}}}`,
			[]string{"unknown external-secret-store-not-found spec.secretStoreRef.name"},
		},
		{
			"conditions on labels of a namespace that is not known",
			`{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: shop}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: vault}, spec: {conditions: [{namespaceSelector: {matchLabels: {team: shop}}}]}}`,
			[]string{"unknown external-secret-store-not-found spec.secretStoreRef.name"},
		},
		{
			"conditions on labels that a namespace does not have",
			`{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: shop}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: vault}, spec: {conditions: [{namespaceSelector: {matchLabels: {team: shop}}}]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`,
			[]string{"external-secret-store-not-found spec.secretStoreRef.name"},
		},
	} {
		found, _ := findings(t, c.manifests, onPolicies(t)...)
		if got := told(found); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

// TestSeverityOfUnboundPolicies: where no binding is known at all, they may be kept elsewhere.
func TestSeverityOfUnboundPolicies(t *testing.T) {
	const policy = "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: a}}\n"
	const other = "---\n{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: b}, spec: {policyName: b, validationActions: [Deny]}}\n"
	for manifests, want := range map[string]control.Severity{policy: control.Low, policy + other: control.High} {
		found, _ := findings(t, manifests, controls.Find("cel-admission-policy-not-enforcing")[0])
		if len(found) != 1 || found[0].Severity != want {
			t.Errorf("%d findings, want one of severity %s", len(found), want)
		}
	}
}

// TestPoliciesOfTheChecklist: the checklist's own examples are wrong in ways that each have a control.
func TestPoliciesOfTheChecklist(t *testing.T) {
	data, err := os.ReadFile("../../shared/checklist/hardening-checklist-2019.txt")
	if err != nil {
		t.Skip("the checklist is not here: ", err)
	}
	for _, c := range []struct {
		begin, end string
		want       []string
	}{
		{
			"# Only allow trusted registries", "Image Scanning",
			[]string{
				"policy-action-retired spec.validationFailureAction", "ephemeral-containers-not-restricted spec.rules",
				"image-policy-containers-uncovered spec.rules[0].validate.pattern.spec.containers",
			},
		},
		{
			"# Sigstore/cosign verification", "Audit and Monitoring",
			[]string{"policy-engine-audit-only spec.rules[0].verifyImages[0].failureAction", "image-policy-key-invalid spec.rules[0].verifyImages[0].key"},
		},
		{
			"apiVersion: external-secrets.io", "Image Security",
			[]string{"external-secret-api-retired apiVersion", "unknown external-secret-store-not-found spec.secretStoreRef.name"},
		},
	} {
		_, text, begins := strings.Cut(string(data), c.begin)
		text, _, ends := strings.Cut(text, c.end)
		if !begins || !ends {
			t.Fatalf("the checklist has changed: no %q", c.begin)
		}
		if strings.HasPrefix(c.begin, "apiVersion") {
			text = c.begin + text
		}
		found, _ := findings(t, text, onPolicies(t)...)
		if got := told(found); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.begin, got, c.want)
		}
	}
}
