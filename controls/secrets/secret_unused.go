package secrets

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/workload"
)

// SecretUnused: what nobody reads need not be there to be stolen.
var SecretUnused = control.Control{
	ID: "secret-unused", Section: "external-secrets", Layer: control.Secrets, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Remove Secrets that nobody uses",
	Scope: control.Everything,
	Kinds: []control.Kind{{Kind: "Secret"}},
	Require: &control.Together{
		Check: checkUnusedSecrets, Mentions: true,
		Text: "where workloads of the namespace are known, a Secret must be named by a pod or a service account, or mentioned in some other object",
	},
	Risk:     "A program that reads the Secret by the API, or a workload that is declared elsewhere, no longer finds it.",
	Fix:      control.Advice,
	NoFix:    "Whether somebody outside of these files reads it only a person can say, and a fix removes no document.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Delete the Secret, and revoke the credential that it holds.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{secretDocs, goodPractices},
	},
	Peers: control.Peers{Other: []string{"popeye:400"}},
	Why: `A credential that nobody reads is rotated by nobody, but is as good as any other for whoever gets to read the Secrets of the namespace. A use is any reference
of a pod or a service account, and any text that has the name as a word: an Ingress, a Gateway, a certificate, a StorageClass, a custom resource, an argument, an
annotation, a ConfigMap. Secrets that are found by their type, a label or their owner are not meant, nor are those of a namespace of which no workload is known, whose
workloads may read all Secrets by the API, or where an operator makes pods.`,
	Examples: []control.Example{
		{
			Name: "left over, and read in another namespace only",
			Manifests: `{apiVersion: v1, kind: Secret, metadata: {name: old, namespace: shop, labels: {app.kubernetes.io/name: web}}, data: {password: aHVudGVyMg==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: shop}, data: {password: aHVudGVyMg==}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: db}], volumes: [{name: old, emptyDir: {}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: pay}, spec: {containers: [{name: app, envFrom: [{secretRef: {name: db}}]}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: old, namespace: shop}}
`,
			Want: []string{"Secret/shop/old", "Secret/shop/db"},
		},
		{
			Name: "all the ways to use one",
			Manifests: `{apiVersion: v1, kind: Secret, metadata: {name: variable, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: volume, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: projected, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: driver, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: share, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: pull, namespace: shop}, type: kubernetes.io/dockerconfigjson}
---
{apiVersion: v1, kind: Secret, metadata: {name: account, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: argument, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: settings, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: ingress, namespace: shop}, type: kubernetes.io/tls}
---
{apiVersion: v1, kind: Secret, metadata: {name: basic-auth, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: gateway, namespace: shop}, type: kubernetes.io/tls}
---
{apiVersion: v1, kind: Secret, metadata: {name: issuer, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: git, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: disk, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: role, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: sealed, namespace: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  imagePullSecrets: [{name: pull}]
  containers: [{name: app, args: [--secret=shop/argument], env: [{name: A, valueFrom: {secretKeyRef: {name: variable, key: a}}}]}]
  volumes:
  - {name: a, secret: {secretName: volume}}
  - {name: b, projected: {sources: [{secret: {name: projected}}]}}
  - {name: c, csi: {driver: d, nodePublishSecretRef: {name: driver}}}
  - {name: d, azureFile: {secretName: share, shareName: s}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}, secrets: [{name: account}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: shop}, data: {a.yaml: "auth: {secretName: settings}"}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/auth-secret: shop/basic-auth}}, spec: {tls: [{secretName: ingress}]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: web, namespace: shop}, spec: {listeners: [{tls: {certificateRefs: [{name: gateway}]}}]}}
---
{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: web, namespace: shop}, spec: {ca: {secretName: issuer}}}
---
{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: web, namespace: shop}, spec: {secretRef: {name: git}}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: web}, parameters: {csi.storage.k8s.io/provisioner-secret-name: disk}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: web, namespace: shop}, rules: [{apiGroups: [""], resources: [secrets], resourceNames: [role], verbs: [get]}]}
---
{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: sealed, namespace: shop}, spec: {encryptedData: {}}}
`,
		},
		{
			Name: "found by type, label, owner and name",
			Manifests: `{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, type: helm.sh/release.v1}
---
{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: shop}, type: kubernetes.io/service-account-token}
---
{apiVersion: v1, kind: Secret, metadata: {name: c, namespace: shop, labels: {argocd.argoproj.io/secret-type: repository}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: d, namespace: shop, ownerReferences: [{apiVersion: example.com/v1, kind: Shop, name: x, uid: "1"}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: e, namespace: shop, annotations: {reflector.v1.k8s.emberstack.com/reflection-allowed: "true"}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: cacerts, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {generateName: web-, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: app}]}}
`,
		},
		{
			Name: "workloads that are declared elsewhere, that an operator makes, and of the cluster itself",
			Manifests: `{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: alertmanager-main, namespace: watch}}
---
{apiVersion: monitoring.coreos.com/v1, kind: Alertmanager, metadata: {name: main, namespace: watch}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: watch}, spec: {containers: [{name: app}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: cloud, namespace: kube-system}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: kube-system}, spec: {containers: [{name: app}]}}
`,
		},
		{
			Name: "a workload that reads Secrets by the API, and one that names them by a variable of its template",
			Manifests: `{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {serviceAccountName: web, containers: [{name: app}]}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: web, namespace: shop}, rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: web, namespace: shop}, subjects: [{kind: ServiceAccount, name: web, namespace: shop}], roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}}
---
{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: pay}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: pay}, spec: {containers: [{name: app, envFrom: [{secretRef: {name: "${APP}-secret"}}]}]}}
`,
		},
	},
}

func checkUnusedSecrets(v *control.Verdicts) {
	u := usesOf(v)
	stores := v.Workloads.Governance.Stores
	for i := range stores {
		s := &stores[i]
		if s.Kind != "Secret" || s.Maker != "" {
			continue
		}
		place := v.Place(s.Object)
		switch {
		case u.names(v, s) || v.Mentioned(s.Name):
			v.Pass(1)
		case s.Sought, isSystem(s.Namespace), !v.Populated(place), v.Index().Operated(s.Namespace), u.any[place], u.readers[place]:
			v.NotApplicable(1)
		default:
			v.Fail(control.Breach{Object: s.Object, Message: "is named by no pod and no service account, and mentioned nowhere else"})
		}
	}
}

// secretUses is who names Secrets, and where that cannot be told.
type secretUses struct {
	// at are the names that pods and accounts of a place use, and with the place "" those that some of any place use.
	at map[workload.Name]bool
	// afloat are the names that pods without a namespace use, which may be put into any.
	afloat map[string]bool
	// any are the places with a name that is still a template, and readers those where a workload may read all Secrets by the API.
	any, readers map[string]bool
}

func usesOf(v *control.Verdicts) *secretUses {
	u := &secretUses{map[workload.Name]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for i := range v.Workloads.Governance.References {
		r := &v.Workloads.Governance.References[i]
		if r.Kind != "Secret" {
			continue
		}
		place := v.Place(r.Object)
		u.at[workload.Name{Namespace: place, Name: r.Name}], u.at[workload.Name{Name: r.Name}] = true, true
		if v.Afloat(r.Object) {
			u.afloat[r.Name] = true
		}
		if image.IsTemplate(r.Name) {
			u.any[place] = true
		}
	}
	u.findReaders(v)
	return u
}

// names reports whether a pod or an account names a Secret. What has no namespace may be put into any.
func (u *secretUses) names(v *control.Verdicts, s *workload.Store) bool {
	at := workload.Name{Name: s.Name}
	if !v.Afloat(s.Object) {
		at.Namespace = s.Namespace
	}
	return u.at[at] || u.afloat[s.Name]
}

// findReaders asks once for each account that runs something whether it may read the Secrets of its namespace, whatever their names are.
func (u *secretUses) findReaders(v *control.Verdicts) {
	asked := map[workload.Name]bool{}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		place, account := v.Place(w.Object), workload.Name{Namespace: v.Place(w.Object), Name: w.ServiceAccount}
		if u.readers[place] || asked[account] {
			continue
		}
		asked[account] = true
		user := rbac.Account(w.Namespace, w.ServiceAccount)
		for _, verb := range [...]string{"get", "list", "watch"} {
			if v.Access().Authorize(user, rbac.Request{Verb: verb, Resource: "secrets", Namespace: w.Namespace}).Allowed {
				u.readers[place] = true
			}
		}
	}
}

// isSystem knows the namespaces whose Secrets the control plane and the parts of clouds read, which no manifest declares.
func isSystem(namespace string) bool {
	return namespace == "kube-system" || namespace == "kube-public" || namespace == "kube-node-lease"
}
