package pods

import (
	"iter"
	"maps"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides what admission control sees.
const (
	webhookDocs = "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"
	vapDocs     = "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"
	kyvernoDocs = "https://kyverno.io/docs/policy-types/"
)

// noPolicyForPolicies is why there is no admission policy for the objects that make up admission control.
const noPolicyForPolicies = "Whoever may change what admission control checks could change a policy that guards it as well."

const admissionGroup = "admissionregistration.k8s.io"

// admissionKinds say by rules of one form what they check.
var admissionKinds = []control.Kind{
	{Group: admissionGroup, Kind: "ValidatingWebhookConfiguration"},
	{Group: admissionGroup, Kind: "ValidatingAdmissionPolicy"},
	{Group: "policies.kyverno.io", Kind: "ValidatingPolicy"},
	{Group: "policies.kyverno.io", Kind: "NamespacedValidatingPolicy"},
}

// checker is a webhook or a policy: something that checks requests.
type checker struct {
	node          tree.Node // has failurePolicy
	match         tree.Node // has the selectors
	rules         tree.Node
	isWebhook     bool
	failsByChance bool // failurePolicy is Ignore if it is missing
}

// checkers yields the checkers of an object of one of admissionKinds. Mutating webhooks are none: what they leave undone, a
// check refuses.
func checkers(s *control.Subject, at tree.Node) iter.Seq[checker] {
	return func(yield func(checker) bool) {
		if s.Object.Kind != "ValidatingWebhookConfiguration" {
			spec := at.Get("spec")
			match := spec.Get("matchConstraints")
			yield(checker{node: spec, match: match, rules: match.Get("resourceRules")})
			return
		}
		for _, w := range at.Get("webhooks").Items() {
			// v1beta1, which Kubernetes 1.22 removed, had another default.
			if !yield(checker{node: w, match: w, rules: w.Get("rules"), isWebhook: true, failsByChance: s.Object.Version() == "v1beta1"}) {
				return
			}
		}
	}
}

// guarded are the resources of the built-in groups that security depends on.
var guarded = map[string][]string{
	"":                          {"pods", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "replicationcontrollers", "secrets", "serviceaccounts", "namespaces"},
	"apps":                      {"deployments", "statefulsets", "daemonsets", "replicasets"},
	"batch":                     {"jobs", "cronjobs"},
	"rbac.authorization.k8s.io": {"roles", "clusterroles", "rolebindings", "clusterrolebindings"},
}

// guards reports whether a checker looks at something that security depends on when it is made or changed. One that only looks at
// resources of its own, or at deletions, is there for other reasons.
func (c *checker) guards() bool {
	for group, resources := range guarded {
		for _, resource := range resources {
			for _, op := range []string{"CREATE", "UPDATE", "CONNECT"} {
				if c.sees(group, resource, op) {
					return true
				}
			}
		}
	}
	return false
}

// sees reports whether a request reaches the checker, selectors and conditions aside.
func (c *checker) sees(group, resource, operation string) bool {
	for _, rule := range c.rules.Items() {
		if listed(rule.Get("apiGroups"), group, "*") && listed(rule.Get("operations"), operation, "*") && sees(rule.Get("resources"), resource) {
			return true
		}
	}
	return false
}

// sees reports whether a list of resources has one; * is all resources but no subresources, */* both, pods/* the subresources of pods.
func sees(resources tree.Node, resource string) bool {
	i := slices.Index([]byte(resource), '/')
	if i < 0 {
		return listed(resources, resource, "*", "*/*")
	}
	return listed(resources, resource, resource[:i]+"/*", "*"+resource[i:], "*/*")
}

// names reports whether a rule has a resource by its name.
func (c *checker) names(resource string) bool {
	for _, rule := range c.rules.Items() {
		if listed(rule.Get("resources"), resource) {
			return true
		}
	}
	return false
}

func listed(list tree.Node, values ...string) bool {
	for _, item := range list.Items() {
		if slices.ContainsFunc(values, item.StrIs) {
			return true
		}
	}
	return false
}

// webhookWith is a change of the webhooks for the cases.
func webhookWith(name string, change map[string]any) control.Change {
	w := map[string]any{"name": "pods.example.com", "rules": []any{admissionRule("pods", "pods/ephemeralcontainers")}}
	maps.Copy(w, change)
	return control.Change{Path: "webhooks", Kind: "ValidatingWebhookConfiguration", Value: []any{w}, Name: name}
}

func admissionRule(resources ...string) map[string]any {
	list := make([]any, len(resources))
	for i, r := range resources {
		list[i] = r
	}
	return map[string]any{"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE", "UPDATE"}, "resources": list}
}
