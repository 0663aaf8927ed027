package images

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GitopsProjectTooOpen: an application can only change what is its own.
var GitopsProjectTooOpen = control.Control{
	ID: "gitops-project-too-open", Section: "signatures", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "Argo CD: use projects, and limit their sources, destinations and cluster resources",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "argoproj.io", Kind: "Application"},
		{Group: "argoproj.io", Kind: "ApplicationSet"},
		{Group: "argoproj.io", Kind: "AppProject"},
	},
	Require: &control.Func{
		Check: checkProject, Text: "an application must have a project that is not default, and a project must limit sources, destinations and cluster resources",
		Expr: projectCEL,
	},
	Risk:   "Argo CD refuses to deploy what the project does not allow.",
	Fix:    control.Advice,
	NoFix:  "Which project an application belongs to, and what the project needs, only a person can say.",
	Remedy: "Make an AppProject per team with its repositories, its namespaces and the few cluster resources that it needs, and name it in spec.project.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1610", "T1098"},
		Source: []string{"https://argo-cd.readthedocs.io/en/stable/user-guide/projects/", "https://argo-cd.readthedocs.io/en/stable/operator-manual/security/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"argo/application-prevent-default-project", "argo/appproject-clusterresourceblacklist", "argo/application-prevent-updates-project"},
	},
	Why: `The project is all that limits what an Argo CD application may deploy, and where to. The project default allows every source, every namespace and
every cluster-wide resource: who may change one application can make himself administrator of the cluster.`,
	Bad: []control.Change{
		{Path: "spec.project", Kind: "Application", Value: "default"},
		{Path: "spec.project", Kind: "Application", Name: "missing"},
		{Path: "spec.template.spec.project", Kind: "ApplicationSet", Value: "default"},
		{Path: "spec.sourceRepos", Kind: "AppProject", Value: []any{"https://git.example.com/shop", "*"}},
		{Path: "spec.destinations", Kind: "AppProject", Value: []any{map[string]any{"server": "https://kubernetes.default.svc", "namespace": "*"}}},
		{Path: "spec.clusterResourceWhitelist", Kind: "AppProject", Value: []any{map[string]any{"group": "*", "kind": "*"}}},
	},
	Good: []control.Change{
		{Path: "spec.destinations", Kind: "AppProject", Value: []any{map[string]any{"server": "*", "namespace": "shop-*"}}},
		{Path: "spec.clusterResourceWhitelist", Kind: "AppProject", Value: []any{map[string]any{"group": "", "kind": "Namespace"}}},
		{Path: "spec.template.spec.project", Kind: "ApplicationSet", Value: "{{.team}}"},
	},
}

var (
	argoProject    = control.NewField("spec.project")
	argoSetProject = control.NewField("spec.template.spec.project")
)

func checkProject(s *control.Subject, at tree.Node, fail control.FailFunc) {
	switch s.Object.Kind {
	case "AppProject":
		checkAppProject(at.Get("spec"), fail)
	case "ApplicationSet":
		checkProjectName(&argoSetProject, at, fail)
	default:
		checkProjectName(&argoProject, at, fail)
	}
}

func checkProjectName(field *control.Field, at tree.Node, fail control.FailFunc) {
	switch n := field.Find(at); {
	case n.Text() == "":
		fail(field.Violation(at, "is missing, which means default, the project without limits"))
	case n.StrIs("default"):
		fail(field.Violation(at, "is default, the project without limits"))
	}
}

func checkAppProject(spec tree.Node, fail control.FailFunc) {
	for _, repo := range spec.Get("sourceRepos").Items() {
		if repo.StrIs("*") && !fail(control.Violation{At: repo, Problem: "is *, so everything can be deployed"}) {
			return
		}
	}
	for _, destination := range spec.Get("destinations").Items() {
		if ns := destination.Get("namespace"); ns.StrIs("*") && !fail(control.Violation{At: ns, Problem: "is *, so the system's namespaces can be changed too"}) {
			return
		}
	}
	for _, resource := range spec.Get("clusterResourceWhitelist").Items() {
		if resource.Get("group").StrIs("*") && resource.Get("kind").StrIs("*") &&
			!fail(control.Violation{At: resource, Problem: "is every cluster-wide resource, roles and admission control included"}) {
			return
		}
	}
}

func projectCEL(c control.CEL) string {
	at := c.At
	return "(" + at + ".kind == 'AppProject' ? " +
		"!(" + at + ".?spec.?sourceRepos.orValue([]).exists(r, r == '*')) && " +
		"!(" + at + ".?spec.?destinations.orValue([]).exists(d, d.?namespace.orValue('') == '*')) && " +
		"!(" + at + ".?spec.?clusterResourceWhitelist.orValue([]).exists(r, r.?group.orValue('') == '*' && r.?kind.orValue('') == '*'))" +
		" : !((" + at + ".kind == 'ApplicationSet' ? " + argoSetProject.CEL(at) + " : " + argoProject.CEL(at) + ").orValue('') in ['', 'default']))"
}
