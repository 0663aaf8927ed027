package secrets

import "github.com/kubeharden/kubeharden/control"

// ExternalSecretStoreNotUsed: what programs log in with is kept where it can be rotated and audited.
var ExternalSecretStoreNotUsed = control.Control{
	ID: "external-secret-store-not-used", Section: "external-secrets", Layer: control.Secrets, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Keep the Secrets of workloads in an external store",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.SecretKinds()),
	Kinds:    []control.Kind{{Kind: "Secret"}},
	Require:  &control.Together{Check: checkPlainStores, Text: "a Secret that workloads read must come from an ExternalSecret, a SealedSecret, a Certificate or a CSI volume, not from a manifest"},
	Risk:     "Programs do not start until the store can be read.",
	Fix:      control.Generate,
	NoFix:    "The values have to be put into the store first; kubeharden generate external-secret writes the rest.",
	NoPolicy: "An admission policy sees one object at a time, and the operator makes Secrets too.",
	Remedy:   "Put the values into a secret manager and let kubeharden generate external-secret write the ExternalSecret that takes the place of the manifest.",
	Refs: control.Refs{
		CIS:    []string{"5.4.2"},
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{goodPractices, "https://external-secrets.io/latest/introduction/overview/", "https://secrets-store-csi-driver.sigs.k8s.io/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0208", "C-0234"},
		Kyverno:   []string{"other/no-secrets"},
	},
	Why: `A Secret that is written as a manifest has no history of who read it, no expiry and no way to be rotated but by hand, and everybody who can read Secrets of
the namespace has it. A secret manager has all that, and the cluster only a copy.`,
	Examples: []control.Example{
		{
			Name: "in a manifest",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: app, envFrom: [{secretRef: {name: db}}, {secretRef: {name: cache}}]}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: shop}, data: {password: aHVudGVyMg==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: nobody-reads-it, namespace: shop}, data: {password: aHVudGVyMg==}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: cache, namespace: shop}, spec: {secretStoreRef: {name: vault}}}
`,
			Want: []string{"Secret/shop/db"},
		},
		{
			Name: "from a store, or filled elsewhere",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: app, envFrom: [{secretRef: {name: db}}, {secretRef: {name: empty}}]}]}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db, namespace: shop}, spec: {secretStoreRef: {name: vault}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: empty, namespace: shop}}
`,
		},
	},
}

// checkPlainStores tells each Secret once, however many read it.
func checkPlainStores(v *control.Verdicts) {
	told := map[int]bool{}
	stores := v.Workloads.Governance.Stores
	for i := range v.Workloads.Governance.References {
		r := &v.Workloads.Governance.References[i]
		if r.Kind != "Secret" || r.Pull {
			continue
		}
		for _, number := range v.Index().Stores(r.Kind, r.Namespace, r.Name) {
			s := &stores[number]
			switch {
			case told[number] || v.Place(s.Object) != v.Place(r.Object):
			case s.Maker != "" || len(s.Keys) == 0 || s.Type == "kubernetes.io/service-account-token":
				v.Pass(1)
			default:
				told[number] = true
				v.Fail(control.Breach{
					Object: s.Object, Message: "is kept in a manifest and read by workloads",
					Related: []control.Decider{{Object: r.Object, Path: r.Path, Text: "reads it"}},
				})
			}
		}
	}
}
