package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacWorkloadTakeoverPermissions: no program owns the cluster.
var RbacWorkloadTakeoverPermissions = control.Control{
	ID: "rbac-workload-takeover-permissions", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:    "Let no workload's service account take over the cluster",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.AdmissionKinds(), control.Core("ServiceAccount", "Namespace")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkTakeovers, Text: "no service account with a token in a pod may lead to cluster-admin"},
	Risk:     "The program loses what it does with these rights.",
	Fix:      control.Generate,
	NoFix:    "Which rights the program needs an audit log can tell: kubeharden generate role --from-audit.",
	Remedy:   "Take away the right that the finding names first, or set automountServiceAccountToken: false if the program does not call the API.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1528", "T1078"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0267", "C-0272"},
		Other:     []string{"rbac-police:cluster_admin", "kubehound:IDENTITY_ASSUME", "kube-hunter:KHV050"},
	},
	Why: `The token lies in every container of the pod. Whoever runs code in one of them, by a vulnerability or a dependency, takes the steps that the finding
shows and owns the cluster.`,
	Examples: []control.Example{
		{
			Name: "creates pods beside an administrator",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: ["apps"], resources: ["deployments"], verbs: ["create"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
subjects: [{kind: ServiceAccount, name: admin, namespace: shop}]
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
`,
			Want: []string{"Deployment/shop/web"},
		},
		{
			Name: "reads its own objects",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
subjects: [{kind: ServiceAccount, name: admin, namespace: shop}]
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
`,
		},
		{
			Name: "without a token",
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
      automountServiceAccountToken: false
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
		{
			Name: "one account, two workloads",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: admin}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: shop}
spec:
  template:
    metadata: {labels: {app: b}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
			Want: []string{"Deployment/shop/a"},
		},
	},
}

func checkTakeovers(v *control.Verdicts) {
	all := takeovers(v)
	v.NotApplicable(withoutToken(v))
	for _, t := range all {
		if t.path == nil {
			v.Pass(len(t.workloads))
			continue
		}
		w := &v.Workloads.Workloads[t.workloads[0]]
		b := control.Breach{
			Object: w.Object, Message: "runs as " + t.account.String() + ", which " + pathText(t.path), Related: hops(t.path), Cause: takeoverCause(t.path),
		}
		for _, i := range t.workloads[1:] {
			if len(b.Related) < maxRelated {
				b.Related = append(b.Related, control.Decider{Object: v.Workloads.Workloads[i].Object, Text: "runs as it too"})
			}
		}
		v.Fail(b)
	}
}

// withoutToken counts the workloads that have no token to be taken.
func withoutToken(v *control.Verdicts) int {
	n := 0
	for i := range v.Workloads.Workloads {
		if !v.Index().HasToken(&v.Workloads.Workloads[i]) {
			n++
		}
	}
	return n
}

// maxRelated bounds what a finding lists.
const maxRelated = 10

// takeover is an account that runs somewhere with a token, and its way to cluster-admin; nil if it has none.
type takeover struct {
	account   rbac.Subject
	workloads []int
	path      rbac.Path
}

func takeovers(v *control.Verdicts) []takeover {
	var all []takeover
	index := map[rbac.Subject]int{}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if !v.Index().HasToken(w) {
			continue
		}
		account := rbac.Subject{Kind: rbac.KindServiceAccount, Namespace: w.Namespace, Name: w.ServiceAccount}
		k, ok := index[account]
		if !ok {
			k = len(all)
			index[account] = k
			all = append(all, takeover{account: account})
		}
		all[k].workloads = append(all[k].workloads, i)
	}
	accounts := make([]rbac.Subject, len(all))
	for i := range all {
		accounts[i] = all[i].account
	}
	for i, p := range v.Escalation().Takeover(accounts) {
		all[i].path = p
	}
	return all
}

// takeoverCause is the binding, where a path is nothing but a binding to everything.
func takeoverCause(p rbac.Path) string {
	for _, h := range p {
		if h.Grant.Binding == nil {
			continue
		}
		if len(p) <= 2 && h.To.Kind == rbac.ClusterAdminNode {
			return everythingOf(h.Grant.Binding)
		}
		break
	}
	return ""
}

// pathText says a path in one line.
func pathText(p rbac.Path) string {
	text := ""
	for i, h := range p {
		step := h.Text
		switch {
		case h.Grant.Binding == nil && i < len(p)-1:
			continue // a choice among accounts, or a membership, says nothing by itself
		case h.To.Kind == rbac.ClusterAdminNode && h.Permission != "":
			step = "may " + h.Permission + " and so is cluster-admin"
		}
		if text != "" {
			text += "; then " + h.From.String() + " "
		}
		text += step
	}
	return text
}

// hops are the bindings and roles of a path.
func hops(p rbac.Path) []control.Decider {
	var all []control.Decider
	for _, h := range p {
		g := h.Grant
		if g.Binding == nil || g.Binding.Object == rbac.Builtin || len(all) >= maxRelated-1 {
			continue
		}
		all = append(all, control.Decider{Object: g.Binding.Object, Path: "roleRef", Text: "gives " + h.From.String() + " " + g.Role.String()})
		if g.Source.Object != rbac.Builtin {
			all = append(all, control.Decider{Object: g.Source.Object, Path: rulePath(g.Index), Text: "allows to " + h.Permission})
		}
	}
	return all
}
