package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacDefaultViewEditAdminWidened: view stays view.
var RbacDefaultViewEditAdminWidened = control.Control{
	ID: "rbac-default-view-edit-admin-widened", Section: "cluster-admin", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:    "Keep the built-in roles admin, edit and view free of rights that lead to more",
	Scope:    control.Everything,
	Needs:    control.RoleKinds(),
	Kinds:    []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}},
	Require:  &control.Together{Check: checkWidened, Text: "a ClusterRole that is aggregated into admin, edit or view must not add a right that leads to more than the role is for"},
	Risk:     "Users of the built-in role lose the right; give it to those who need it by a role of its own.",
	Fix:      control.Advice,
	NoFix:    "Who needs the right only a person can say.",
	Remedy:   "Remove the label rbac.authorization.k8s.io/aggregate-to-..., or the rule that the finding names.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006", "T1078"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles"},
	},
	Peers: control.Peers{
		Other: []string{"gatekeeper:block-endpoint-edit-default-role"},
	},
	Why: `Everybody who has view or edit anywhere gets what such a ClusterRole adds, and nobody sees it at their binding. A chart that widens view makes
administrators of people who were meant to look.`,
	Examples: []control.Example{
		{
			Name: "secrets for view",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: operator-view
  labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules: [{apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"]}]
`,
			Want: []string{"ClusterRole/operator-view rules[0]"},
		},
		{
			Name: "its own kinds",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: operator-view
  labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules: [{apiGroups: ["example.com"], resources: ["things"], verbs: ["get", "list"]}]
`,
		},
		{
			Name: "what edit has anyway",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: x
  labels: {rbac.authorization.k8s.io/aggregate-to-edit: "true"}
rules: [{apiGroups: ["apps"], resources: ["deployments"], verbs: ["create"]}]
`,
		},
		{
			Name: "bind for admin",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: x
  labels: {rbac.authorization.k8s.io/aggregate-to-admin: "true"}
rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}, {apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs: ["bind"]}]
`,
			Want: []string{"ClusterRole/x rules[1]"},
		},
	},
}

// aggregates are the labels by which ClusterRoles become part of the built-in ones, the strongest first.
var aggregates = []string{"admin", "edit", "view"}

func checkWidened(v *control.Verdicts) {
	for i := range v.RBAC.Roles {
		r := &v.RBAC.Roles[i]
		into := ""
		for _, name := range aggregates {
			if r.Namespace == "" && r.Labels.Has("rbac.authorization.k8s.io/aggregate-to-"+name, "true") {
				into = name // view is in edit, and edit in admin: the weakest says most
			}
		}
		if into == "" || strings.HasPrefix(r.Name, "system:aggregate-to-") {
			continue
		}
		bad := false
		for _, d := range rbac.Dangers(r.Rules) {
			if into != "view" && d.InEdit || into == "admin" && d.InAdmin {
				continue
			}
			bad = true
			v.Fail(control.Breach{Object: r.Object, Path: rulePath(d.Rule), Message: "adds the right to " + d.Permission + " to everybody who has " + into})
		}
		if !bad {
			v.Pass(1)
		}
	}
}
