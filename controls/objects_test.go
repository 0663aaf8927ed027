package controls_test

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
)

// TestObjectJudgement has what the laws cannot derive of whole objects: what each finding says, where the version matters, and
// objects as people write them. found are parts of what is told; none means that nothing is.
func TestObjectJudgement(t *testing.T) {
	for _, c := range []struct {
		name    string
		control string
		version control.Minor // 0 is the latest
		object  string
		found   []string
	}{
		{"no labels", "namespace-psa-enforce-missing", 0, `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`, []string{`["pod-security.kubernetes.io/enforce"] is missing`}},
		{"no labels mean no version", "namespace-psa-version-unpinned", 0, `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`, nil},
		{"no labels mean no next level", "namespace-psa-warn-audit-missing", 0, `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`, nil},
		{"the system's own", "namespace-psa-enforce-missing", 0, `{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}`, nil},
		{"before there was Pod Security admission", "namespace-psa-enforce-missing", 22, `{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`, nil},
		{
			"a version that the cluster has not reached", "namespace-psa-version-unpinned", 30,
			`{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: v1.31}}}`,
			[]string{"newer than Kubernetes 1.30"},
		},
		{
			"the version of the cluster", "namespace-psa-version-unpinned", 31,
			`{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: v1.31}}}`, nil,
		},
		{
			"a policy that allows anything", "pod-security-policy-leftover", 0,
			`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, spec: {privileged: true, volumes: ["*"]}}`,
			[]string{"which Kubernetes 1.25 removed; the label pod-security.kubernetes.io/enforce: privileged replaces it (it allows privileged)"},
		},
		{
			"a policy of the level baseline", "pod-security-policy-leftover", 24,
			`{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, spec: {allowedCapabilities: [CHOWN], volumes: [nfs], seLinux: {rule: RunAsAny}, runAsUser: {rule: RunAsAny}}}`,
			[]string{"which Kubernetes 1.24 still serves and 1.25 removes; the label pod-security.kubernetes.io/enforce: baseline replaces it (it allows privilege escalation)"},
		},
		{
			"a policy of the level restricted", "pod-security-policy-leftover", 0,
			`{apiVersion: extensions/v1beta1, kind: PodSecurityPolicy, spec: {allowPrivilegeEscalation: false, requiredDropCapabilities: [ALL], volumes: [configMap, secret],
				runAsUser: {rule: MustRunAsNonRoot}, seLinux: {rule: RunAsAny}}}`,
			[]string{"enforce: restricted replaces it"},
		},
		{"before there is a replacement", "pod-security-policy-leftover", 22, `{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, spec: {}}`, nil},
		{
			"the default of v1beta1", "admission-webhook-fails-open", 21,
			`{apiVersion: admissionregistration.k8s.io/v1beta1, kind: ValidatingWebhookConfiguration, webhooks: [{rules: [{apiGroups: ["*"], operations: ["*"], resources: ["*/*"]}]}]}`,
			[]string{"webhooks[0].failurePolicy is missing, which v1beta1 takes for Ignore"},
		},
		{
			"the default of v1", "admission-webhook-fails-open", 0,
			`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, webhooks: [{rules: [{apiGroups: ["*"], operations: ["*"], resources: ["*/*"]}]}]}`, nil,
		},
		{
			"a webhook that changes", "admission-webhook-fails-open", 0,
			`{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [{failurePolicy: Ignore, rules: [{apiGroups: [""], operations: [CREATE], resources: [pods]}]}]}`, nil,
		},
		{
			"a policy as it was written in 2019", "policy-engine-audit-only", 0, policyOf2019,
			[]string{"spec.validationFailureAction is enforce, a spelling of Enforce that Kyverno has retired"},
		},
		{"it leaves containers out", "ephemeral-containers-not-restricted", 0, policyOf2019, []string{"spec.rules judge containers but not initContainers and ephemeralContainers"}},
		{
			"only one rule of several", "policy-engine-audit-only", 0,
			`{apiVersion: kyverno.io/v1, kind: ClusterPolicy, spec: {rules: [{name: a, validate: {failureAction: Enforce}}, {name: b, validate: {pattern: {}}}]}}`,
			[]string{"spec.rules[1].validate.failureAction is missing, which means Audit"},
		},
		{
			"a constraint of any kind", "policy-engine-audit-only", 0,
			`{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sNobodyKnows, spec: {enforcementAction: dryrun}}`, []string{"spec.enforcementAction is dryrun"},
		},
		{"retired", "image-registry-retired", 0, pod("bitnami/redis:7.2"), []string{"without versioned images since August 2025"}},
		{"frozen", "image-registry-retired", 0, pod("docker.io/bitnamilegacy/redis:7.2"), []string{"without updates since August 2025"}},
		{"in the same place and alive", "image-registry-retired", 0, pod("docker.io/bitnami/sealed-secrets-controller:0.30"), nil},
		{"the rest of quay.io/coreos", "image-registry-retired", 0, pod("quay.io/coreos/etcd:v3.5.21"), nil},
		{"a template for the tag", "image-registry-retired", 0, pod("k8s.gcr.io/pause:${TAG}"), []string{"(now registry.k8s.io)"}},
		{"a template for the registry", "image-registry-retired", 0, pod("${REGISTRY}/pause:3"), []string{"? is filled in by a template"}},
		{
			"a token for nobody in particular", "service-account-projected-token-weak", 0,
			`{apiVersion: v1, kind: Pod, spec: {containers: [{name: a}], volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token}}]}}]}}`,
			[]string{"sources[0].serviceAccountToken.audience is missing"},
		},
		{
			"a token where clients look for it", "service-account-projected-token-weak", 0,
			`{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}],
				volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token}}]}}]}}`, nil,
		},
		{
			"a mount in the place of the token", "service-account-token-automounted", 0,
			`{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]}}`, nil,
		},
		{
			"a mount in one of two containers", "service-account-token-automounted", 0,
			`{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}, {name: b}]}}`,
			[]string{"automountServiceAccountToken is missing"},
		},
		{"the old field", "default-service-account-used", 0, `{apiVersion: v1, kind: Pod, spec: {containers: [{name: a}], serviceAccount: app}}`, nil},
		{"the old field", "default-service-account-used", 0, `{apiVersion: v1, kind: Pod, spec: {containers: [{name: a}], serviceAccount: default}}`, []string{"spec.serviceAccount is default"}},
		{
			"without a namespace", "external-secret-cross-tenant-key", 0,
			`{apiVersion: external-secrets.io/v1beta1, kind: ExternalSecret, spec: {data: [{remoteRef: {key: db}}]}}`, []string{"? belongs to a tenant that is not known"},
		},
	} {
		t.Run(c.control+"/"+c.name, func(t *testing.T) {
			var data fixture.Map
			if err := yaml.Unmarshal([]byte(c.object), &data); err != nil {
				t.Fatal(err)
			}
			version := c.version
			if version == 0 {
				version = control.LatestMinor
			}
			var got []string
			for _, j := range failuresOf(parse(t, data).judge(controls.Find(c.control)[0], version)) {
				for _, v := range j.explain() {
					mark := " "
					if v.Unknown {
						mark = " ? "
					}
					got = append(got, j.path(&v)+mark+v.Problem)
				}
			}
			if !slices.EqualFunc(got, c.found, strings.Contains) {
				t.Errorf("told is %q, want %q", got, c.found)
			}
		})
	}
}

func pod(image string) string {
	return "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: '" + image + "'}]}}"
}

const policyOf2019 = `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: restrict-image-registries}
spec:
  validationFailureAction: enforce
  rules:
  - name: validate-registries
    match: {resources: {kinds: [Pod]}}
    validate:
      message: "Only images of the company's containers"
      pattern: {spec: {containers: [{image: "registry.example.com/*"}]}}
`
