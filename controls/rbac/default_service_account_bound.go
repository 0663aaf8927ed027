package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DefaultServiceAccountBound: a default account has no rights.
var DefaultServiceAccountBound = control.Control{
	ID: "default-service-account-bound", Section: "service-accounts", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title: "Bind no role to a default service account",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, subject := range bindingSubjects.Find(at).Items() {
				if name := subject.Get("name"); isDefaultAccount(subject) && !fail(control.Violation{At: name, Problem: "is " + name.Text() + ", the account of all pods that name none"}) {
					return
				}
			}
		},
		Text: "no subject may be the service account default",
		Expr: func(c control.CEL) string {
			return "(!" + bindingSubjects.CEL(c.At) + ".orValue([]).exists(s, s.?kind.orValue('') == 'ServiceAccount' && s.?name.orValue('') == 'default' || " +
				"s.?kind.orValue('') == 'User' && s.?name.orValue('').matches('^system:serviceaccount:[^:]+:default$')))"
		},
	},
	Risk:   "Pods that run as the default account lose the rights; those that need them get an account of their own first.",
	Fix:    control.Advice,
	NoFix:  "Which workload needs the rights, and has to get an account of its own, only a person can say.",
	Remedy: "Make a ServiceAccount for the workload that needs the role, bind the role to that one, and name it in the workload.",
	Refs: control.Refs{
		CIS:    []string{"5.1.5"},
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0189", "C-0225", "C-0239"},
		Checkov:   []string{"CKV_K8S_42"},
		KubeBench: []string{"5.1.5"},
		Other:     []string{"terrascan:AC-K8-IA-RO-H-0104", "popeye:308"},
	},
	Why: `Every pod of the namespace that names no account runs as default and gets the rights of the role, those of the next program that is deployed there
included. That is how one workload's needs become everybody's.`,
	Bad: []control.Change{
		{Path: "subjects", Value: []any{map[string]any{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}}, Name: "account"},
		{Path: "subjects", Value: []any{map[string]any{"kind": "User", "name": "system:serviceaccount:shop:default"}}, Name: "user"},
	},
	Good: []control.Change{
		{Path: "subjects", Value: []any{map[string]any{"kind": "User", "name": "default"}}, Name: "user called default"},
		{Path: "subjects", Name: "missing"},
	},
}

var bindingSubjects = control.NewField("subjects")

// isDefaultAccount knows both ways to name a service account.
func isDefaultAccount(subject tree.Node) bool {
	name := subject.Get("name")
	switch {
	case subject.Get("kind").StrIs("ServiceAccount"):
		return name.StrIs("default")
	case subject.Get("kind").StrIs("User"):
		rest, ok := strings.CutPrefix(name.Text(), "system:serviceaccount:")
		namespace, account, _ := strings.Cut(rest, ":")
		return ok && namespace != "" && account == "default"
	}
	return false
}
