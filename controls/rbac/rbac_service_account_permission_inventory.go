package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacServiceAccountPermissionInventory: know what a program may do.
var RbacServiceAccountPermissionInventory = control.Control{
	ID: "rbac-service-account-permission-inventory", Section: "least-privilege", Layer: control.RBAC, Severity: control.Info, Since: "0.1",
	Title:    "Know what the service accounts of workloads may do",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.Core("ServiceAccount")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkInventory, Text: "rights of service accounts that run with a token are listed, to be reviewed"},
	Risk:     "Nothing: it is a list.",
	Fix:      control.Advice,
	NoFix:    "It is a list to review.",
	Remedy:   "Compare the rights with what the program does, and accept the finding by a waiver once they agree.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0053"},
		Other:     []string{"kubehound:PERMISSION_DISCOVER"},
	},
	Why: `Rights are written in roles, given in bindings and used in pods, often in three files of three people. Seen together they tell what an attacker in the
pod gets.`,
	Examples: []control.Example{
		{
			Name: "reads ConfigMaps",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: ["configmaps"], verbs: ["get", "watch"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
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
			Name: "no rights",
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
	},
}

func checkInventory(v *control.Verdicts) {
	for _, t := range takeovers(v) {
		var texts []string
		var related []control.Decider
		for _, namespace := range []string{"", t.account.Namespace} {
			for _, g := range v.Access().RulesFor(t.account.User(), namespace) {
				if g.Binding.Object == rbac.Builtin || namespace != "" && g.Binding.Namespace == "" {
					continue
				}
				if text := ruleText(g.Rule()) + scopeText(g.Binding); !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
				if d := (control.Decider{Object: g.Binding.Object, Path: "roleRef", Text: "gives " + g.Role.String()}); len(related) < maxRelated && !slices.Contains(related, d) {
					related = append(related, d)
				}
			}
		}
		if len(texts) == 0 {
			v.Pass(len(t.workloads))
			continue
		}
		if n := len(texts); n > 4 {
			texts = append(texts[:4], "and more")
		}
		v.Fail(control.Breach{
			Object: v.Workloads.Workloads[t.workloads[0]].Object, Message: "runs as " + t.account.String() + ", which may " + strings.Join(texts, "; "), Related: related,
		})
	}
}

// ruleText says a rule in few words.
func ruleText(r *rbac.Rule) string {
	what := r.Resources
	if len(r.NonResourceURLs) > 0 {
		what = r.NonResourceURLs
	}
	short := func(list []string) string {
		if len(list) > 4 {
			list = append(slices.Clone(list[:4]), "…")
		}
		return strings.Join(list, ", ")
	}
	text := short(r.Verbs) + " " + short(what)
	if len(r.ResourceNames) > 0 {
		text += " named " + short(r.ResourceNames)
	}
	return text
}
