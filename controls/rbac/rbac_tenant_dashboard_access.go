package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// RbacTenantDashboardAccess: the dashboard's account is the dashboard's.
var RbacTenantDashboardAccess = control.Control{
	ID: "rbac-tenant-dashboard-access", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:    "Let nothing but the dashboard run as the dashboard's service account",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.EntryKinds(), control.Core("ServiceAccount")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkDashboard, Text: "only the dashboard may run as its service account"},
	Risk:     "What used the rights of the dashboard needs rights of its own.",
	Fix:      control.Advice,
	NoFix:    "Which rights the workload needs only a person can say.",
	Remedy:   "Give the workload a service account of its own.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1133"},
		Source: []string{"https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0014"},
	},
	Why: `The dashboard's account often has the rights of all of its users together. A workload that borrows it inherits them, and its calls look like those of
the dashboard.`,
	Examples: []control.Example{
		{
			Name: "somebody else",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: kubernetes-dashboard}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: kubernetes-dashboard
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
			Want: []string{"Deployment/kubernetes-dashboard/web spec.template.spec.serviceAccountName"},
		},
		{
			Name: "the dashboard",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: kubernetes-dashboard, namespace: kubernetes-dashboard}
spec:
  template:
    metadata: {labels: {app: kubernetes-dashboard}}
    spec:
      serviceAccountName: kubernetes-dashboard
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
	},
}

func checkDashboard(v *control.Verdicts) {
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if w.ServiceAccount != "kubernetes-dashboard" || strings.Contains(w.Name, "dashboard") {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{Object: w.Object, Path: w.SpecPath() + "." + w.AccountField, Message: "runs as service account kubernetes-dashboard"})
	}
}
