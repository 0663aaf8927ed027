package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// ServiceAccountUnused: what nobody uses can go.
var ServiceAccountUnused = control.Control{
	ID: "service-account-unused", Section: "service-accounts", Layer: control.RBAC, Severity: control.Low, Since: "0.1",
	Title:    "Remove service accounts that nobody uses",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.RoleKinds()),
	Kinds:    []control.Kind{{Kind: "ServiceAccount"}},
	Require:  &control.Together{Check: checkUnused, Text: "where workloads of the namespace are known, a service account must be used by one of them or named by a binding"},
	Risk:     "Something outside of the cluster may log in as the account.",
	Fix:      control.Advice,
	NoFix:    "Whether somebody outside uses the account only a person can say.",
	Remedy:   "Delete the service account.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs},
	},
	Peers: control.Peers{
		Other: []string{"popeye:400"},
	},
	Why: `An account that nobody uses is one that nobody watches. Rights that it gets later, by a group or a role of everybody, are free for whoever may ask for
its token.`,
	Examples: []control.Example{
		{
			Name: "left over",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: old, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
			Want: []string{"ServiceAccount/shop/old"},
		},
		{
			Name: "used",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
		{
			Name: "used by a binding",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
		{
			Name: "no workload is known",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
`,
		},
	},
}

func checkUnused(v *control.Verdicts) {
	used := map[rbac.Subject]bool{}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		used[rbac.Subject{Kind: rbac.KindServiceAccount, Namespace: w.Namespace, Name: w.ServiceAccount}] = true
	}
	for i := range v.RBAC.Bindings {
		for _, s := range v.RBAC.Bindings[i].Subjects {
			used[s] = true
		}
	}
	for i := range v.Workloads.Accounts {
		a := &v.Workloads.Accounts[i]
		switch {
		case a.Name == "default" || len(v.Index().Workloads(a.Namespace)) == 0:
			v.NotApplicable(1)
		case used[rbac.Subject{Kind: rbac.KindServiceAccount, Namespace: a.Namespace, Name: a.Name}]:
			v.Pass(1)
		default:
			v.Fail(control.Breach{Object: a.Object, Message: "is used by no workload and named by no binding"})
		}
	}
}
