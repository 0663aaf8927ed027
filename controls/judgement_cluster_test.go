package controls_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// TestJudgementOfClusterFiles has what the laws cannot derive for the files of the control plane.
func TestJudgementOfClusterFiles(t *testing.T) {
	const (
		encryptionHead = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
		authnHead      = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
		authzHead      = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n"
		class          = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\n"
		kubeconfig     = "apiVersion: v1\nkind: Config\n"
		key            = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q="
		aescbc         = "{aescbc: {keys: [{name: a, secret: " + key + "}]}}"
	)
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{
			"the checklist of 2019", "encryption-config-invalid",
			encryptionHead + "- resources: [secrets]\n  providers:\n  - aescbc: {keys: [{name: key1, secret: <base64-encoded-key>}]}\n  - identity: {}\n",
			[]string{"resources[0].providers[0].aescbc.keys[0].secret is a placeholder, not a key"},
		},
		{
			"the documentation's first example", "encryption-config-invalid",
			"apiVersion: v1\nkind: EncryptionConfig\nresources: [{resources: [secrets], providers: [{aesgcm: {keys: [{name: key1, secret: c2VjcmV0IGlzIHNlY3VyZQ==}]}}]}]",
			[]string{"resources[0].providers[0].aesgcm.keys[0].secret is text that somebody typed or copied, not random bytes"},
		},
		{"a good key", "encryption-config-invalid", encryptionHead + "- {resources: [secrets], providers: [" + aescbc + ", {identity: {}}]}", nil},
		{
			"identity for Secrets behind a provider for others", "encryption-provider-weak",
			encryptionHead + "- {resources: [configmaps], providers: [" + aescbc + "]}\n- {resources: ['*.'], providers: [{identity: {}}]}",
			[]string{"resources[1].providers[0] is identity and comes first, so secrets are stored as they are"},
		},
		{"no entry for Secrets is another control's", "encryption-provider-weak", encryptionHead + "- {resources: [configmaps], providers: [{identity: {}}]}", nil},
		{"the order of entries", "encryption-provider-weak", encryptionHead + "- {resources: [secrets], providers: [" + aescbc + "]}\n- {resources: ['*.*'], providers: [{identity: {}}]}", nil},
		{
			"identity first in an entry that nobody asks about", "encryption-identity-provider-first",
			encryptionHead + "- {resources: [secrets], providers: [" + aescbc + "]}\n- {resources: [configmaps], providers: [{identity: {}}, " + aescbc + "]}",
			[]string{"resources[1].providers[0] is identity and comes first, so nothing is encrypted"},
		},
		{
			"one letter is missing", "encryption-resources-incomplete", encryptionHead + "- {resources: [configmaps, secret], providers: [" + aescbc + "]}",
			[]string{"resources[0].resources[1] is no resource, so secrets are stored as they are"},
		},
		{
			"another group", "encryption-resources-incomplete", encryptionHead + "- {resources: ['*.apps'], providers: [" + aescbc + "]}",
			[]string{"resources has no entry for secrets, which are stored as they are"},
		},
		{
			"KMS v1 by default", "encryption-kms-v1-used", encryptionHead + "- {resources: [secrets], providers: [{kms: {name: a, endpoint: 'unix:///a'}}]}",
			[]string{"resources[0].providers[0].kms.apiVersion is missing, which means v1: that needs the feature gate KMSv1, or the API server does not start"},
		},
		{
			"a weaker provider", "encryption-local-key-unmanaged", encryptionHead + "- {resources: [secrets], providers: [" + aescbc + "]}",
			[]string{"resources[0].providers[0] is aescbc with its key in the file; secretbox would resist padding oracles too"},
		},

		{"off", "apiserver-anonymous-conditions-too-broad", authnHead + "anonymous: {enabled: false}", nil},
		{
			"every path", "apiserver-anonymous-conditions-too-broad", authnHead + "anonymous: {enabled: true}",
			[]string{"anonymous.conditions is missing, so every path is open without credentials"},
		},
		{
			"a path like it", "apiserver-anonymous-conditions-too-broad", authnHead + "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /livez/ping}, {path: /livezz}, {path: /api}]}",
			[]string{
				"anonymous.conditions[2].path is open without credentials and is none of /livez, /readyz, /healthz",
				"anonymous.conditions[3].path is open without credentials and is none of /livez, /readyz, /healthz",
			},
		},
		{
			"no prefixes", "apiserver-jwt-authenticator-weak",
			authnHead + "jwt: [{issuer: {url: 'https://a', audiences: [a]}, claimMappings: {username: {claim: sub, prefix: ''}, groups: {claim: groups, prefix: ''}}}]",
			[]string{
				"jwt[0].claimMappings.username.prefix is empty, so tokens can carry names such as system:kube-controller-manager",
				"jwt[0].claimMappings.groups.prefix is empty, so tokens can carry groups such as system:masters",
			},
		},
		{
			"an expression is not judged", "apiserver-jwt-authenticator-weak",
			authnHead + "jwt: [{issuer: {url: 'https://a', audiences: [a]}, claimMappings: {username: {expression: claims.sub}}}]",
			[]string{"jwt[0].claimMappings.username.expression is CEL, which is not judged, and no userValidationRules keep out names such as system:kube-controller-manager"},
		},
		{
			"an expression with a text in front", "apiserver-jwt-authenticator-weak",
			authnHead + "jwt: [{issuer: {url: 'https://a', audiences: [a]}, claimMappings: {username: {expression: '\"a:\" + claims.sub'}}}]", nil,
		},
		{
			"webhooks that are asked last may have no opinion", "apiserver-structured-authorization-config-weak",
			authzHead + "authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}, {type: Webhook, name: a, webhook: {failurePolicy: NoOpinion}}, {type: AlwaysDeny, name: alwaysdeny}]", nil,
		},
		{
			"all that can be wrong", "apiserver-structured-authorization-config-weak",
			authzHead + "authorizers: [{type: Webhook, name: a, webhook: {failurePolicy: NoOpinion}}, {type: AlwaysAllow, name: alwaysallow}]",
			[]string{
				"authorizers[0].webhook.failurePolicy lets the authorizers behind it decide while the webhook cannot be asked, also what it would deny",
				"authorizers[1].type allows every request that no authorizer before it denies",
				"authorizers has no Node, so nothing limits a kubelet to the pods of its node",
			},
		},

		{"plain on the own machine", "kubeconfig-skips-tls", kubeconfig + "clusters: [{name: a, cluster: {server: 'http://localhost:8080'}}, {name: b, cluster: {server: 'http://[::1]:8080'}}]", nil},
		{
			"an address without https", "kubeconfig-skips-tls", kubeconfig + "clusters: [{name: a, cluster: {server: 'api.example.com:6443'}}, {name: b, cluster: {server: 'b:6443', certificate-authority: ca.crt}}]",
			[]string{"clusters[0].cluster.server is reached without TLS"},
		},
		{
			"both", "kubeconfig-skips-tls", kubeconfig + "clusters: [{name: a, cluster: {server: 'HTTP://a', insecure-skip-tls-verify: true}}]",
			[]string{"clusters[0].cluster.insecure-skip-tls-verify is true, so nobody knows who answers", "clusters[0].cluster.server is reached without TLS"},
		},

		{"text of EBS", "persistent-volume-not-encrypted", class + "provisioner: ebs.csi.aws.com\nparameters: {encrypted: 'True'}", []string{"parameters.encrypted is True, so volumes are not encrypted"}},
		{"ceph of Rook", "persistent-volume-not-encrypted", class + "provisioner: rook-ceph.rbd.csi.ceph.com\nparameters: {pool: a}", []string{"parameters.encrypted is missing, so only encrypted OSDs would help"}},
		{"ceph, encrypted", "persistent-volume-not-encrypted", class + "provisioner: rook-ceph.rbd.csi.ceph.com\nparameters: {encrypted: 'True'}", nil},
		{"not ceph", "persistent-volume-not-encrypted", class + "provisioner: xrbd.csi.ceph.com", nil},
		{"a volume of EBS says nothing", "persistent-volume-not-encrypted", "apiVersion: v1\nkind: PersistentVolume\nspec: {csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}}", nil},
	} {
		t.Run(c.name, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// TestChecklistExample: the checklist's own example has a placeholder for a key and keeps it in the file; no key is ever in a report.
func TestChecklistExample(t *testing.T) {
	src, err := os.ReadFile("../../shared/checklist/hardening-checklist-2019.txt")
	if err != nil {
		t.Skip("the checklist is not here: ", err)
	}
	_, text, found := strings.Cut(string(src), "kind: EncryptionConfiguration\n")
	if !found {
		t.Fatal("the checklist has no EncryptionConfiguration")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	text = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n" + text + "\n"
	var got []string
	opts := &engine.Options{Controls: controls.All(), Version: control.LatestMinor}
	_, err = engine.Scan(t.Context(), func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: "a.yaml", Read: func() ([]byte, error) { return []byte(text), nil }})
	}, opts, func(f *report.File) error {
		for _, f := range f.Findings {
			got = append(got, f.Control.ID)
			if strings.Contains(f.Snippet+f.Message+f.Value, "base64-encoded-key") {
				t.Errorf("%s shows what stands for a key", f.Control.ID)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "encryption-local-key-unmanaged encryption-config-invalid"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
