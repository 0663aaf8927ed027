package workload_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/workload"
)

func TestAdmits(t *testing.T) {
	s := read(t, `
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: all}, spec: {}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: some}, spec: {conditions: [{namespaces: [shop]}, {namespaceRegexes: ["^test-", "("]}, {namespaceSelector: {matchLabels: {team: pay}}}]}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: names}, spec: {conditions: [{namespaces: [shop]}]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: billing, labels: {team: pay}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: web}}
`)
	x := workload.NewIndex(s)
	for _, c := range []struct {
		store         int
		namespace     string
		admits, known bool
	}{
		{0, "any", true, true},
		{1, "shop", true, true},
		{1, "test-1", true, true},
		{1, "a-test-1", false, false},
		{1, "billing", true, true},
		{1, "web", false, true},
		{1, "elsewhere", false, false},
		{2, "elsewhere", false, true},
	} {
		if admits, known := x.Admits(&s.Governance.External.SecretStores[c.store], c.namespace); admits != c.admits || known != c.known {
			t.Errorf("%s in %s: %v, %v", s.Governance.External.SecretStores[c.store].Name, c.namespace, admits, known)
		}
	}
}

func TestStoreUses(t *testing.T) {
	s := read(t, `
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: a, namespace: shop}
spec:
  secretStoreRef: {name: local}
  data: [{secretKey: a, sourceRef: {storeRef: {name: vault, kind: ClusterSecretStore}}}]
  dataFrom: [{extract: {key: a}}, {sourceRef: {generatorRef: {kind: Password, name: p}}}, {sourceRef: {storeRef: {name: other}}}]
---
{apiVersion: external-secrets.io/v1, kind: ClusterExternalSecret, metadata: {name: b}, spec: {externalSecretSpec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}}
`)
	var got []string
	for _, u := range s.Governance.External.Uses {
		got = append(got, u.Kind+"/"+u.Namespace+"/"+u.Name+" "+u.Path)
	}
	if want := []string{
		"SecretStore/shop/local spec.secretStoreRef.name", "ClusterSecretStore/shop/vault spec.data[0].sourceRef.storeRef.name", "SecretStore/shop/other spec.dataFrom[2].sourceRef.storeRef.name",
		"ClusterSecretStore//vault spec.externalSecretSpec.secretStoreRef.name",
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !s.Governance.External.Uses[3].Everywhere {
		t.Error("a ClusterExternalSecret is for many namespaces")
	}
}

func TestVerifiers(t *testing.T) {
	s := read(t, `
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {rules: [{verifyImages: [{image: "old/*", imageReferences: ["a/*", "b"], skipImageReferences: [c]}]}, {validate: {}}]}}
---
{apiVersion: kyverno.io/v1, kind: Policy, metadata: {name: b, namespace: shop}, spec: {rules: [{verifyImages: [{imageReferences: ["d"]}]}]}}
---
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: none}, spec: {rules: [{validate: {}}]}}
---
{apiVersion: policies.kyverno.io/v1, kind: ImageValidatingPolicy, metadata: {name: c}, spec: {matchImageReferences: [{expression: "image.startsWith('x')"}]}}
---
{apiVersion: policy.sigstore.dev/v1beta1, kind: ClusterImagePolicy, metadata: {name: d}, spec: {images: [{glob: "**"}]}}
`)
	var got []string
	for _, v := range s.Governance.Admission.Verifiers {
		got = append(got, fmt.Sprintf("%d %q %q %s", v.Object, v.Globs, v.Skips, v.Namespace))
	}
	if want := []string{`0 ["a/*" "b" "old/*"] ["c"] `, `1 ["d"] [] shop`, `3 ["*"] [] `, `4 ["**"] [] `}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
