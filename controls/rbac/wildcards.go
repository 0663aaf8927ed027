package rbac

import (
	"iter"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/tree"
)

// rights are the controls on single rights. A finding that a rule has a wildcard stands for them.
var rights = []string{
	"rbac-approve-csr", "rbac-bind-roles", "rbac-cloud-auth-configmap-write", "rbac-configmaps-write", "rbac-coredns-config-write",
	"rbac-create-persistent-volumes", "rbac-create-pods", "rbac-create-service-account-tokens", "rbac-delete-events", "rbac-delete-workloads",
	"rbac-endpoints-write", "rbac-ephemeral-containers", "rbac-escalate-roles", "rbac-guardrails-write", "rbac-impersonate",
	"rbac-manage-networking", "rbac-manage-runtime-classes-and-drivers", "rbac-modify-admission-webhooks", "rbac-modify-api-services-or-crds",
	"rbac-modify-cel-admission-policies", "rbac-namespace-label-write", "rbac-node-write", "rbac-nodes-proxy", "rbac-pod-status-write",
	"rbac-pods-exec-attach", "rbac-pods-log-write", "rbac-pods-port-forward", "rbac-secrets-read", "rbac-secrets-write-mints-tokens",
	"rbac-service-status-write", "rbac-update-workloads",
}

// star returns the * of a list of a rule; it does not exist if there is none.
func star(rule tree.Node, key string) tree.Node {
	for _, item := range rule.Get(key).Items() {
		if isStar(item) {
			return item
		}
	}
	return tree.Node{}
}

// anyRuleCEL says that no rule r meets a test.
func anyRuleCEL(c control.CEL, test string) string {
	return "!" + c.At + ".?rules.orValue([]).exists(r, " + test + ")"
}

func values(list tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for _, item := range list.Items() {
			if !yield(item) {
				return
			}
		}
	}
}

// groupsOf names the API groups of a rule for people.
func groupsOf(rule tree.Node) string {
	groups := rule.Get("apiGroups")
	if star(rule, "apiGroups").Exists() {
		return "all API groups"
	}
	if groups.Len() == 1 && groups.At(0).StrIs("") {
		return "the core API group"
	}
	return "the API groups " + strings.Replace(listOf(slices.Collect(values(groups))), "empty", "core", 1)
}

// everyVerb returns what makes a rule allow everything that can be done to an object, and what it is: the *, or the list of verbs that leaves nothing
// out. It does not exist if the rule does not.
func everyVerb(rule tree.Node) (at tree.Node, problem string) {
	if verb := star(rule, "verbs"); verb.Exists() {
		return verb, "is *"
	}
	var verbs []string
	for _, item := range rule.Get("verbs").Items() {
		verbs = append(verbs, text(item))
	}
	if !rbac.EveryVerb(verbs) {
		return tree.Node{}, ""
	}
	return rule.Get("verbs"), "lists as much as *"
}

// everyVerbCEL is everyVerb of a rule r.
const everyVerbCEL = "('*' in r.?verbs.orValue([]) || ['get', 'list', 'create', 'delete'].all(v, v in r.?verbs.orValue([])) && ['update', 'patch'].exists(v, v in r.?verbs.orValue([])))"

// roleWith is a change of the rules for the cases.
func roleWith(name, group, resource, verb string) control.Change {
	return roleWithVerbs(name, group, resource, verb)
}

func roleWithVerbs(name, group, resource string, verbs ...any) control.Change {
	rule := map[string]any{"apiGroups": []any{group}, "resources": []any{resource}, "verbs": verbs}
	return control.Change{Path: "rules", Value: []any{rule}, Name: name}
}
