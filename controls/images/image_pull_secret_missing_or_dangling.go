package images

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// ImagePullSecretMissingOrDangling: a pull secret holds a login.
var ImagePullSecretMissingOrDangling = control.Control{
	ID: "image-pull-secret-missing-or-dangling", Section: "registries", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title:    "Name only pull secrets that exist and hold a login",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.SecretKinds(), control.Core("ServiceAccount")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "ServiceAccount"}),
	Require:  &control.Together{Check: checkPullSecrets, Text: "each of imagePullSecrets must be of a type that holds a login for registries, and none may be misspelt"},
	Risk:     "Nothing that works today: the login is not used.",
	Fix:      control.Advice,
	NoFix:    "Which login was meant only a person can say.",
	Remedy:   "Name a Secret of type kubernetes.io/dockerconfigjson that is in the namespace, as kubectl create secret docker-registry makes it.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/", "https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/secrets/secrets.go"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/require-imagepullsecrets"},
		Other:   []string{"popeye:305"},
	},
	Why: `The kubelet passes over a pull secret that is missing or of another type and pulls without a login: private images do not start, and pulls of public ones
share the limit of the anonymous. Registries may get their login from the node instead, and Secrets belong into no repository, so that a Secret of which nothing
is known is no finding; one whose name differs in a single letter from one that is known is.`,
	Examples: []control.Example{
		{
			Name: "another type, and a slip of the pen",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  imagePullSecrets: [{name: login}, {name: registri}]
  containers: [{name: app, image: registry.example.com/app:1}]
---
{apiVersion: v1, kind: Secret, metadata: {name: login, namespace: shop}, type: Opaque, data: {.dockerconfigjson: e30=}}
---
{apiVersion: v1, kind: Secret, metadata: {name: registry, namespace: shop}, type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: e30=}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}, imagePullSecrets: [{name: login}]}
`,
			Want: []string{"Pod/shop/web spec.imagePullSecrets[0].name", "Pod/shop/web spec.imagePullSecrets[1].name", "ServiceAccount/shop/web imagePullSecrets[0].name"},
		},
		{
			Name: "a login, one that is made elsewhere, one of which nothing is known",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  imagePullSecrets: [{name: registry}, {name: sealed}, {name: elsewhere}]
  containers: [{name: app, image: registry.example.com/app:1}]
---
{apiVersion: v1, kind: Secret, metadata: {name: registry, namespace: shop}, type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: e30=}}
---
{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: sealed, namespace: shop}, spec: {encryptedData: {.dockerconfigjson: x}}}
`,
		},
	},
}

// logins are the types of Secrets that hold a login; "" is that of one that somebody else makes.
var logins = []string{"kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", ""}

func checkPullSecrets(v *control.Verdicts) {
	for i := range v.Workloads.Governance.References {
		r := &v.Workloads.Governance.References[i]
		if !r.Pull {
			continue
		}
		b := control.Breach{Object: r.Object, Path: r.Path}
		found := v.Index().Stores(r.Kind, r.Namespace, r.Name)
		similar := v.Index().Similar(v.StoresBeside(r), r.Name)
		holds := func(k int) bool { return slices.Contains(logins, v.Workloads.Governance.Stores[k].Type) }
		switch {
		case slices.ContainsFunc(found, holds), len(found) > 0 && v.Place(v.Workloads.Governance.Stores[found[0]].Object) != v.Place(r.Object):
			v.Pass(1)
			continue
		case len(found) > 0:
			s := &v.Workloads.Governance.Stores[found[0]]
			b.Message, b.Related = "names Secret "+r.Name+" of type "+s.Type+", which holds no login for a registry", is(s, "has the type")
		case similar != nil:
			b.Message, b.Related = "names Secret "+r.Name+", which is not among those of namespace "+r.Namespace+"; there is "+similar.Name, is(similar, "has a name like it")
		default:
			v.NotApplicable(1)
			continue
		}
		v.Fail(b)
	}
}

func is(s *workload.Store, text string) []control.Decider {
	return []control.Decider{{Object: s.Object, Text: text}}
}
