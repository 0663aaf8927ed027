package rbac

import (
	"github.com/kubeharden/kubeharden/control"
)

// ServiceAccountNotFound: an account that is used is there.
var ServiceAccountNotFound = control.Control{
	ID: "service-account-not-found", Section: "service-accounts", Layer: control.RBAC, Severity: control.Low, Since: "0.1",
	Title:    "Refer only to service accounts that exist",
	Scope:    control.Everything,
	Needs:    control.Core("ServiceAccount"),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkAccountsExist, Text: "the service account that a workload names must be declared"},
	Risk:     "Nothing that works today: the API server makes no pods for an account that does not exist.",
	Fix:      control.Generate,
	NoFix:    "Only a person knows whether the name is misspelt, or the account is made by somebody else.",
	Remedy:   "Add a ServiceAccount of that name to the namespace of the workload, or correct the name.",
	NoPolicy: "An admission policy does not see the service accounts of the namespace; the API server itself refuses such pods.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs, "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"non-existent-service-account"},
		Kubescape:  []string{"C-0307"},
		Other:      []string{"popeye:307", "popeye:507"},
	},
	Why: `Pods of the workload are not created until somebody makes an account of that name, with whatever rights that somebody likes. Whoever may create service accounts in
the namespace then decides what the program runs as.`,
	Examples: []control.Example{
		{
			Name: "misspelt",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: payments, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: payment
      containers: [{name: app, image: registry.example.com/payments:1}]
`,
			Want: []string{"Deployment/shop/payments spec.template.spec.serviceAccountName"},
		},
		{
			Name: "declared",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: payments, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: payments
      containers: [{name: app, image: registry.example.com/payments:1}]
`,
		},
		{
			Name:      "the account that every namespace has",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {serviceAccountName: default, containers: [{name: a}]}}\n",
		},
		{
			Name:      "in another namespace",
			Manifests: "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: other}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {serviceAccount: a, containers: [{name: a}]}}\n",
			Want:      []string{"Pod/shop/a spec.serviceAccount"},
		},
	},
}

func checkAccountsExist(v *control.Verdicts) {
	index := v.Index()
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if w.ServiceAccount == "default" || index.Account(w.Namespace, w.ServiceAccount) != nil {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{
			Object: w.Object, Path: w.SpecPath() + "." + w.AccountField,
			Message: "runs as service account " + w.ServiceAccount + ", which no manifest declares in namespace " + w.Namespace,
		})
	}
}
