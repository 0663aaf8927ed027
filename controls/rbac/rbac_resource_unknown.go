package rbac

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/tree"
)

// ResourceUnknown: a rule names what there is.
var ResourceUnknown = control.Control{
	ID: "rbac-resource-unknown", Section: "least-privilege", Layer: control.RBAC, Severity: control.Low, Since: "0.1",
	Title:    "Name API groups and resources that exist",
	Scope:    control.Objects,
	Kinds:    bothRoles,
	Unless:   maintained,
	Require:  &control.Func{Check: checkResourcesExist, Text: "every API group and resource of a rule must be one that the API server has, or that may be of an extension"},
	Risk:     "The rule begins to allow what was meant.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	Remedy:   "Write the plural of the resource and the group that it is in, or take it out.",
	NoPolicy: "Which resources there are, the API server itself knows and CEL does not.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{rbacDocs + "#referring-to-resources", "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"},
	},
	Why: `The API server takes any text for a group or a resource. A rule for deployments in the core group, for pod, or for nodes in a Role allows nothing; whoever
wonders why then reaches for a wildcard. And a name that means nothing today may be that of an extension tomorrow.`,
	Bad: []control.Change{
		roleWith("the wrong group", "", "deployments", "get"),
		roleWith("no group", "v1", "pods", "get"),
		roleWith("a version", "apps/v1", "deployments", "get"),
		roleWith("a singular", "", "pod", "get"),
		roleWith("gone", "policy", "podsecuritypolicies", "use"),
		roleWith("a subresource of nothing", "", "poddd/exec", "create"),
	},
	Good: []control.Change{
		roleWith("a subresource", "", "pods/log", "get"),
		roleWith("an extension", "example.com", "widget", "get"),
		roleWith("asked, not served, or of the whole cluster", "", "namespaces", "get"),
		roleWith("in several groups", "events.k8s.io", "events", "get"),
	},
}

func checkResourcesExist(s *control.Subject, at tree.Node, fail control.FailFunc) {
	inNamespace := s.Object.Kind == "Role"
	for _, rule := range at.Get("rules").Items() {
		groups := rule.Get("apiGroups")
		own := groups.Len() > 0 // all groups are the API server's, so that all of their resources are known
		for _, g := range groups.Items() {
			group := g.Text()
			if rbac.ServedGroup(group) || group == "extensions" {
				continue
			}
			own = false
			if group != "*" && (!strings.Contains(group, ".") || strings.Contains(group, "/")) &&
				!fail(control.Violation{At: g, Problem: "is " + control.Show(g) + ", which is no API group" + groupHint(group)}) {
				return
			}
		}
		if !own {
			continue
		}
		for _, r := range rule.Get("resources").Items() {
			name, _, _ := strings.Cut(r.Text(), "/")
			if name == "*" || allowsSome(name, groups, inNamespace) {
				continue
			}
			if !fail(control.Violation{At: r, Problem: "is " + control.Show(r) + ", which " + resourceProblem(name, groups)}) {
				return
			}
		}
	}
}

// allowsSome reports whether a resource is in one of the groups, and in a Role in a namespace too.
func allowsSome(name string, groups tree.Node, inNamespace bool) bool {
	for r := range rbac.Named(name) {
		// A request for one namespace is one in that namespace.
		if (!inNamespace || r.Namespaced || r.Name == "namespaces") && names(groups, r.Group) {
			return true
		}
	}
	return false
}

func names(list tree.Node, text string) bool {
	for _, n := range list.Items() {
		if n.StrIs(text) {
			return true
		}
	}
	return false
}

func groupHint(group string) string {
	if name, _, ok := strings.Cut(group, "/"); ok {
		return ": the group is " + strconv.Quote(name) + ", whatever the version"
	}
	if group == "v1" || group == "core" {
		return `: the core group is ""`
	}
	return ""
}

// resourceProblem says why a rule for a resource of groups that the API server serves allows nothing.
func resourceProblem(name string, groups tree.Node) string {
	for _, g := range groups.Items() {
		if minor, ok := rbac.GoneSince(g.Text(), name); ok {
			return fmt.Sprintf("the group %s does not have from Kubernetes 1.%d on", g.Text(), minor)
		}
	}
	elsewhere := ""
	for r := range rbac.Named(name) {
		if names(groups, r.Group) {
			return "is of the whole cluster: a Role cannot allow it"
		}
		if elsewhere == "" {
			elsewhere = "is in the group " + strconv.Quote(r.Group) + " and not in " + quotedAll(groups)
		}
	}
	if elsewhere != "" {
		return elsewhere
	}
	if near, ok := rbac.NearResource(name); ok {
		return "is no resource: " + near.Name + " is"
	}
	return "is no resource of the group " + quotedAll(groups)
}

func quotedAll(groups tree.Node) string {
	var out []string
	for _, g := range groups.Items() {
		out = append(out, strconv.Quote(g.Text()))
	}
	return strings.Join(out, ", ")
}
