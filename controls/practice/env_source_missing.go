package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// EnvSourceMissing: pods find what they are given to read.
var EnvSourceMissing = control.Control{
	ID: "env-source-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Refer only to ConfigMaps, Secrets and keys that exist",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.Core("ConfigMap"), control.SecretKinds()),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkSources, Text: "a ConfigMap or Secret that a pod reads, and its key, must be among those that are known of the namespace, unless the reference is optional"},
	Risk:     "Nothing: the pods do not start today.",
	Fix:      control.Advice,
	NoFix:    "Which one was meant only a person can say.",
	Remedy:   "Correct the name or the key, add what is missing, or set optional: true.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/configuration/configmap/", "https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret"}},
	Peers: control.Peers{
		KubeLinter: []string{"env-value-from"},
		Other:      []string{"popeye:304", "popeye:407"},
	},
	Why: `The kubelet does not start a container whose ConfigMap, Secret or key is missing: a roll-out hangs, or a pod that is moved does not come back. A ConfigMap is
called missing where others of its namespace are known. Secrets belong into no repository, so one is called missing only if there is one whose name differs in
a single letter; a key only where the object that should have it is known with all of its keys.`,
	Examples: []control.Example{
		{
			Name: "a name, a key, and a slip of the pen",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: app
    envFrom:
    - configMapRef: {name: missing}
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: b}}}
    - {name: B, valueFrom: {secretKeyRef: {name: databse, key: password}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {a: b}}
---
{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: database, namespace: shop}, spec: {encryptedData: {password: x}}}
`,
			Want: []string{
				"Pod/shop/web spec.containers[0].envFrom[0].configMapRef.name", "Pod/shop/web spec.containers[0].env[0].valueFrom.configMapKeyRef.key",
				"Pod/shop/web spec.containers[0].env[1].valueFrom.secretKeyRef.name",
			},
		},
		{
			Name: "there, optional, made by Kubernetes, kept elsewhere",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: app
    envFrom:
    - configMapRef: {name: missing, optional: true}
    - secretRef: {name: elsewhere}
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}
    - {name: B, valueFrom: {secretKeyRef: {name: database, key: password}}}
    - {name: C, valueFrom: {configMapKeyRef: {name: filled-later, key: a}}}
  volumes:
  - {name: ca, projected: {sources: [{configMap: {name: kube-root-ca.crt}}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {b: a}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {a: b}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: filled-later, namespace: shop}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: x, namespace: shop}, spec: {target: {name: database}}}
`,
		},
		{
			Name: "a namespace whose ConfigMaps are not known",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: app, envFrom: [{configMapRef: {name: a}}]}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: other}}
`,
		},
	},
}

// published are the ConfigMaps that controllers put into every namespace: Kubernetes, OpenShift and Istio.
var published = []string{"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"}

func checkSources(v *control.Verdicts) {
	for i := range v.Workloads.Governance.References {
		r := &v.Workloads.Governance.References[i]
		if r.Pull {
			continue
		}
		found := v.Index().Stores(r.Kind, r.Namespace, r.Name)
		switch {
		case r.Optional:
			v.NotApplicable(1)
		case len(found) > 0:
			checkKey(v, r, found)
		case r.Kind == "ConfigMap" && slices.Contains(published, r.Name):
			v.Pass(1)
		default:
			checkMissing(v, r)
		}
	}
}

func checkKey(v *control.Verdicts, r *workload.Reference, found []int) {
	stores := v.Workloads.Governance.Stores
	if !slices.ContainsFunc(found, func(i int) bool { return v.Place(stores[i].Object) == v.Place(r.Object) }) {
		v.NotApplicable(1)
		return
	}
	// An object without any keys is one that somebody fills later.
	has := func(i int) bool { return len(stores[i].Keys) == 0 || stores[i].Has(r.Key) }
	if r.Key == "" || slices.ContainsFunc(found, has) {
		v.Pass(1)
		return
	}
	v.Fail(control.Breach{
		Object: r.Object, Path: r.KeyPath, Message: "asks for key " + r.Key + ", which " + r.Kind + " " + r.Name + " does not have",
		Related: []control.Decider{{Object: stores[found[0]].Object, Path: "data", Text: "has other keys"}},
	})
}

func checkMissing(v *control.Verdicts, r *workload.Reference) {
	b := control.Breach{Object: r.Object, Path: r.Path, Message: "reads " + r.Kind + " " + r.Name + ", which is not among those of namespace " + r.Namespace}
	stores := v.Workloads.Governance.Stores
	if slices.ContainsFunc(v.Index().Stores(r.Kind, object.DefaultNamespace, r.Name), func(i int) bool { return v.Afloat(stores[i].Object) }) {
		v.NotApplicable(1)
		return
	}
	beside := v.StoresBeside(r)
	if s := v.Index().Similar(beside, r.Name); s != nil {
		b.Message += "; there is " + s.Name
		b.Related = []control.Decider{{Object: s.Object, Text: "has a name like it"}}
	} else if r.Kind == "Secret" || len(beside) == 0 {
		v.NotApplicable(1)
		return
	}
	v.Fail(b)
}
