package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/workload"
)

// ExternalSecretStoreNotFound: a Secret comes from a store that is there.
var ExternalSecretStoreNotFound = control.Control{
	ID: "external-secret-store-not-found", Section: "external-secrets", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title: "Refer to secret stores that exist and that serve the namespace",
	Scope: control.Everything,
	Needs: control.AllOf(control.Core("Namespace"), control.SecretKinds()),
	Kinds: []control.Kind{{Group: externalSecrets, Kind: "ExternalSecret"}, {Group: externalSecrets, Kind: "ClusterExternalSecret"}},
	Require: &control.Together{
		Check: checkStoreUses,
		Text:  "the store of an ExternalSecret must be known: a SecretStore of its namespace, or a ClusterSecretStore whose conditions admit the namespace",
	},
	Risk:     "Nothing: the Secret is not made or refreshed today.",
	Fix:      control.Advice,
	NoFix:    "Which store was meant, only a person can say.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Correct name and kind of secretStoreRef (the kind is SecretStore if it says nothing), or let the conditions of the ClusterSecretStore admit the namespace.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://external-secrets.io/latest/api/externalsecret/", "https://external-secrets.io/latest/api/clustersecretstore/", "https://external-secrets.io/latest/guides/multi-tenancy/"},
	},
	Why: `The operator cannot read a store that is not there, or that is not for the namespace: the Secret is not made, or stays as it is when the credential is
rotated. A SecretStore serves its own namespace only. Where no store is known at all, it may be kept elsewhere, and the answer is unknown.`,
	Examples: []control.Example{
		{
			Name: "the kind, the namespace, the conditions",
			Manifests: `{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: kind, namespace: shop}, spec: {secretStoreRef: {name: vault}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: namespace, namespace: shop}, spec: {secretStoreRef: {name: local}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: conditions, namespace: shop}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: one-value, namespace: pay}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, data: [{secretKey: a, sourceRef: {storeRef: {name: valt, kind: ClusterSecretStore}}}]}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: vault}, spec: {conditions: [{namespaces: [pay]}, {namespaceRegexes: ["^test-"]}]}}
---
{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: local, namespace: pay}, spec: {}}
`,
			Want: []string{
				"ExternalSecret/shop/kind spec.secretStoreRef.name", "ExternalSecret/shop/namespace spec.secretStoreRef.name", "ExternalSecret/shop/conditions spec.secretStoreRef.name",
				"ExternalSecret/pay/one-value spec.data[0].sourceRef.storeRef.name",
			},
		},
		{
			Name: "there, and admitted",
			Manifests: `{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a, namespace: shop}, spec: {secretStoreRef: {name: local}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: b, namespace: shop}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: c}, spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterExternalSecret, metadata: {name: d}, spec: {externalSecretSpec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}}}}
---
{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: vault}, spec: {conditions: [{namespaceSelector: {matchLabels: {team: shop}}}]}}
---
{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: local, namespace: shop}, spec: {}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
`,
		},
	},
}

func checkStoreUses(v *control.Verdicts) {
	for i := range v.Workloads.Governance.External.Uses {
		u := &v.Workloads.Governance.External.Uses[i]
		if image.IsTemplate(u.Name) || u.Kind != workload.SecretStoreKind && u.Kind != workload.ClusterSecretStoreKind {
			v.NotApplicable(1)
			continue
		}
		b, ok := storeBreach(v, u)
		if ok {
			v.Pass(1)
			continue
		}
		b.Object, b.Path = u.Object, u.Path
		v.Fail(b)
	}
}

// storeBreach says what is wrong with the store that is named; ok is true if nothing is.
func storeBreach(v *control.Verdicts, u *workload.StoreUse) (b control.Breach, ok bool) {
	var namesake, beside *workload.SecretStore
	stores := v.Workloads.Governance.External.SecretStores
	for i := range stores {
		s := &stores[i]
		// A ClusterExternalSecret is for namespaces that are not known, and so are objects without a namespace.
		here := s.Kind == workload.ClusterSecretStoreKind || u.Everywhere || v.Place(s.Object) == v.Place(u.Object) || v.Afloat(u.Object) || v.Afloat(s.Object)
		switch {
		case s.Name == u.Name && s.Kind == u.Kind && here:
			return admission(v, s, u)
		case s.Name == u.Name && (namesake == nil || s.Kind == u.Kind):
			namesake = s
		case s.Kind == u.Kind && here:
			beside = s
		}
	}
	switch {
	case namesake != nil && namesake.Kind != u.Kind:
		b.Message = "names " + u.Kind + " " + u.Name + ", which is a " + namesake.Kind
		b.Related = []control.Decider{{Object: namesake.Object, Path: "kind", Text: "has the name"}}
	case namesake != nil:
		b.Message = "names " + u.Kind + " " + u.Name + " of another namespace, which it does not serve"
		b.Related = []control.Decider{{Object: namesake.Object, Text: "has the name"}}
	case beside != nil:
		b.Message = "names " + u.Kind + " " + u.Name + ", which is not among those that are known"
		b.Related = []control.Decider{{Object: beside.Object, Text: "is known"}}
	default:
		b.Message, b.Unknown = "names "+u.Kind+" "+u.Name+"; no "+u.Kind+" is known that it could be", true
	}
	return b, false
}

// admission asks whether a store serves the namespace.
func admission(v *control.Verdicts, s *workload.SecretStore, u *workload.StoreUse) (b control.Breach, ok bool) {
	if u.Everywhere || v.Afloat(u.Object) || strings.ContainsAny(u.Namespace, "{}$") {
		return b, true
	}
	admits, known := v.Index().Admits(s, u.Namespace)
	if admits {
		return b, true
	}
	b.Message = "names " + u.Kind + " " + u.Name + ", whose conditions do not admit namespace " + u.Namespace
	if !known {
		b.Message, b.Unknown = "names "+u.Kind+" "+u.Name+", whose conditions ask for labels of namespace "+u.Namespace+", which is not known", true
	}
	b.Related = []control.Decider{{Object: s.Object, Path: "spec.conditions", Text: "says which namespaces it serves"}}
	return b, false
}
