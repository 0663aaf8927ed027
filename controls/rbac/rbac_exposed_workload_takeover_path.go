package rbac

import (
	"github.com/kubeharden/kubeharden/control"
)

// RbacExposedWorkloadTakeoverPath: no way from the Internet to everything.
var RbacExposedWorkloadTakeoverPath = control.Control{
	ID: "rbac-exposed-workload-takeover-path", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:      "Leave no path from the Internet to the takeover of the cluster",
	Scope:      control.Everything,
	Needs:      control.AllOf(control.RoleKinds(), control.EntryKinds(), control.PolicyKinds(), control.AdmissionKinds(), control.Core("ServiceAccount", "Namespace")),
	Kinds:      control.WorkloadKinds(),
	Require:    &control.Together{Check: checkExposedTakeovers, Text: "no workload that is reachable from outside may have a token that leads to cluster-admin"},
	Suppresses: []string{"rbac-workload-takeover-permissions", "workload-exposed-to-internet"},
	Risk:       "The program loses the right, or the way in, that is taken away.",
	Fix:        control.Advice,
	NoFix:      "Which step of the path can go only a person can say.",
	Remedy:     "Take away the right that the finding names first; it is the step that costs least.",
	NoPolicy:   "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1190", "T1528", "T1078"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/", "https://kubernetes.io/docs/concepts/services-networking/service/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0267"},
		Other:     []string{"kubehound:ENDPOINT_EXPLOIT", "kubehound:CE_NSENTER", "kubehound:EXPLOIT_HOST_TRAVERSE"},
	},
	Why: `Here every step of an attack is there already: a way in from the Internet, a token in the container, and rights that end at cluster-admin. One
vulnerability in the program is the whole cluster.`,
	Examples: []control.Example{
		{
			Name: "all three together",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
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
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`,
			Want: []string{"Deployment/shop/web"},
		},
		{
			Name: "inside only",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
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
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`,
		},
		{
			Name: "no rights",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
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
	},
}

func checkExposedTakeovers(v *control.Verdicts) {
	ways := v.WaysIn()
	for _, t := range takeovers(v) {
		for _, i := range t.workloads {
			w := &v.Workloads.Workloads[i]
			if t.path == nil || len(ways[i]) == 0 {
				v.Pass(1)
				continue
			}
			b := control.Breach{
				Object: w.Object, Message: "is reachable from outside by " + ways[i][0].How + " and runs as " + t.account.String() + ", which " + pathText(t.path),
				Cause: takeoverCause(t.path), Explains: []string{"workload " + w.String()},
			}
			for _, o := range ways[i][0].Chain {
				if o != w.Object {
					b.Related = append(b.Related, control.Decider{Object: o, Text: "leads to it from outside"})
				}
			}
			b.Related = append(b.Related, hops(t.path)...)
			v.Fail(b)
		}
	}
}
