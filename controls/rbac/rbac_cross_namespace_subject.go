package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// CrossNamespaceSubject: the accounts of a namespace stay there.
var CrossNamespaceSubject = control.Control{
	ID: "rbac-cross-namespace-subject", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Review RoleBindings that grant a service account of another namespace",
	Scope:  control.Objects,
	Kinds:  []control.Kind{{Group: rbacGroup, Kind: "RoleBinding"}},
	Unless: bootstrapBinding,
	Require: &control.Func{
		Check: checkOwnNamespace,
		Text:  "the service accounts of a RoleBinding must be of its own namespace, or of one that is allowed",
		Expr:  ownNamespaceCEL,
	},
	Params: []control.Param{{
		Name: "namespaces", Doc: "namespaces whose service accounts may have roles in others", Default: []string{"kube-system"}, Example: []string{"kube-system", "monitoring"},
	}},
	Risk:   "Programs that work in several namespaces, such as Prometheus or an operator, lose what they read there.",
	Fix:    control.Advice,
	NoFix:  "Whether the program is meant to work in this namespace, only its owner can say.",
	Remedy: "Look at each such binding; drop it, or allow the namespace that the account comes from by the parameter namespaces.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/security/multi-tenancy/"},
	},
	Why: `The binding opens a namespace to whoever holds the other one: who may create pods there runs one as that account and has the role here. The
owner of this namespace does not see when that happens.`,
	Bad: []control.Change{
		subjectOf("other", map[string]any{"kind": "ServiceAccount", "name": "app", "namespace": "other"}),
		subjectOf("a user", map[string]any{"kind": "User", "name": "system:serviceaccount:other:app"}),
		subjectOf("all accounts", map[string]any{"kind": "Group", "name": "system:serviceaccounts:other"}),
	},
	Good: []control.Change{
		subjectOf("own", map[string]any{"kind": "ServiceAccount", "name": "app", "namespace": "shop"}),
		subjectOf("allowed", map[string]any{"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"}),
		subjectOf("a person", map[string]any{"kind": "User", "name": "jane"}),
		subjectOf("own, as a user", map[string]any{"kind": "User", "name": "system:serviceaccount:shop:app"}),
		{Path: "subjects", Name: "missing"},
	},
}

// delegatedAuth is what every aggregated API server needs; it reads the CA that requests of the API server are signed with.
// https://kubernetes.io/docs/tasks/extend-kubernetes/setup-extension-api-server/
const delegatedAuth = "extension-apiserver-authentication-reader"

func checkOwnNamespace(s *control.Subject, at tree.Node, fail control.FailFunc) {
	here, ref := text(namespaceOf.Find(at)), at.Get("roleRef")
	if here == "kube-system" && ref.Get("kind").StrIs("Role") && ref.Get("name").StrIs(delegatedAuth) {
		return
	}
	for _, n := range bindingSubjects.Find(at).Items() {
		from, where := accountNamespace(n)
		if from == "" || from == here || slices.Contains(s.Params["namespaces"], from) {
			continue
		}
		v := control.Violation{At: where, Problem: "is " + control.Show(where) + ", and not of this namespace"}
		if here == "" {
			// Whoever applies the manifest decides: it may well be the same.
			v.Unknown, v.Problem = true, "is "+control.Show(where)+", and the binding does not say its own namespace"
		}
		if !fail(v) {
			return
		}
	}
}

// accountNamespace returns the namespace of a service account, in each way to name one, and the value that says it; "" for all
// other subjects.
func accountNamespace(subject tree.Node) (namespace string, where tree.Node) {
	name := subject.Get("name")
	switch kind := subject.Get("kind"); {
	case kind.StrIs("ServiceAccount"):
		where = subject.Get("namespace")
		return text(where), where
	case kind.StrIs("User"):
		rest, ok := strings.CutPrefix(name.Text(), "system:serviceaccount:")
		if namespace, account, _ := strings.Cut(rest, ":"); ok && account != "" {
			return namespace, name
		}
	case kind.StrIs("Group"):
		rest, _ := strings.CutPrefix(name.Text(), "system:serviceaccounts:")
		if rest != name.Text() {
			return rest, name
		}
	}
	return "", tree.Node{}
}

func ownNamespaceCEL(c control.CEL) string {
	here, ref := namespaceOf.CEL(c.At)+".orValue('')", c.At+".?roleRef"
	allowed := "in ([" + here + "] + " + control.QuoteAll(c.Params["namespaces"]) + ")"
	name := "s.?name.orValue('')"
	return "(" + here + " == 'kube-system' && " + ref + ".?kind.orValue('') == 'Role' && " + ref + ".?name.orValue('') == '" + delegatedAuth + "' || " +
		bindingSubjects.CEL(c.At) + ".orValue([]).all(s, " +
		"s.?kind.orValue('') == 'ServiceAccount' ? s.?namespace.orValue('') == '' || s.namespace " + allowed + " : " +
		"s.?kind.orValue('') == 'User' && " + name + ".matches('^system:serviceaccount:[^:]+:.') ? " + name + ".split(':')[2] " + allowed + " : " +
		"s.?kind.orValue('') == 'Group' && " + name + ".matches('^system:serviceaccounts:.') ? " + name + ".substring(23) " + allowed + " : true))"
}

// subjectOf is a change of the subjects for the cases.
func subjectOf(name string, subject map[string]any) control.Change {
	return control.Change{Path: "subjects", Value: []any{subject}, Name: name}
}
