package rbac

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/workload"
)

// ServiceAccountShared: one account, one program.
var ServiceAccountShared = control.Control{
	ID: "service-account-shared", Section: "service-accounts", Layer: control.RBAC, Severity: control.Low, Since: "0.1",
	Title:    "Give each workload a service account of its own",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ServiceAccount")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "ServiceAccount"}),
	Require:  &control.Together{Check: checkShared, Text: "no two workloads may run as one service account, the default one apart"},
	Risk:     "Rights that both need have to be given to both accounts.",
	Fix:      control.Generate,
	NoFix:    "The accounts and their rights have to be made first.",
	Remedy:   "Make a service account for each of the workloads and bind to it the rights that this one needs.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Other: []string{"kics:Shared Service Account", "stig:V-242381"},
	},
	Why: `Each of the workloads has the rights of all, and the audit log cannot tell which of them did something. A right that is added for one is added for the
weakest.`,
	Examples: []control.Example{
		{
			Name: "two workloads",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      serviceAccountName: app
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: shop}
spec:
  template:
    metadata: {labels: {app: b}}
    spec:
      serviceAccountName: app
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
			Want: []string{"ServiceAccount/shop/app"},
		},
		{
			Name: "an account for each",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: b, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      serviceAccountName: a
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: shop}
spec:
  template:
    metadata: {labels: {app: b}}
    spec:
      serviceAccountName: b
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
	},
}

func checkShared(v *control.Verdicts) {
	users := map[rbac.Subject][]*workload.Workload{}
	var order []rbac.Subject
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		s := rbac.Subject{Kind: rbac.KindServiceAccount, Namespace: w.Namespace, Name: w.ServiceAccount}
		if len(users[s]) == 0 {
			order = append(order, s)
		}
		different := w.ServiceAccount != "default" && !w.Controlled
		for _, other := range users[s] {
			different = different && other.Object != w.Object && (other.Kind != w.Kind || other.Name != w.Name)
		}
		if different || len(users[s]) == 0 {
			users[s] = append(users[s], w)
		}
	}
	for _, s := range order {
		list := users[s]
		if len(list) < 2 {
			v.Pass(1)
			continue
		}
		b := control.Breach{Object: list[0].Object, Path: list[0].SpecPath() + "." + list[0].AccountField}
		if a := v.Index().Account(s.Namespace, s.Name); a != nil {
			b.Object, b.Path = a.Object, ""
		}
		b.Message = strconv.Itoa(len(list)) + " workloads run as service account " + s.Name
		for _, w := range list[:min(len(list), maxRelated)] {
			if w.Object != b.Object {
				b.Related = append(b.Related, control.Decider{Object: w.Object, Path: w.SpecPath() + "." + w.AccountField, Text: "runs as it"})
			}
		}
		v.Fail(b)
	}
}
