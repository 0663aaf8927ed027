package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestUnusedRights(t *testing.T) {
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, " ")
	}
	rule := func(verbs, resources, names string) rbac.Rule {
		return rbac.Rule{Verbs: list(verbs), APIGroups: []string{""}, Resources: list(resources), ResourceNames: list(names)}
	}
	url := func(verbs, urls string) rbac.Rule { return rbac.Rule{Verbs: list(verbs), NonResourceURLs: list(urls)} }
	o := observe(
		Request{Verb: "get", Resource: "pods", Namespace: "a", Name: "x"},
		Request{Verb: "get", Resource: "pods", Namespace: "a", Name: "y"},
		Request{Verb: "list", Resource: "secrets", Namespace: "b"},
		Request{Verb: "get", Resource: "pods/log", Namespace: "a", Name: "x"},
		Request{Verb: "list", Resource: "nodes"},
		Request{Verb: "get", Path: "/logs/a"},
		Request{Verb: "get", Path: "/metrics"},
	)
	const none = "used"
	for _, c := range []struct {
		name      string
		rule      rbac.Rule
		namespace string
		want      string
	}{
		{"all of it", rule("get", "pods", ""), "a", none},
		{"all of it, by name", rule("get", "pods", "x y"), "a", none},
		{"nothing: verb", rule("watch", "pods", ""), "a", "never"},
		{"nothing: namespace", rule("get", "pods", ""), "b", "never"},
		{"nothing: name", rule("get", "pods", "z"), "a", "never"},
		{"a verb", rule("get delete", "pods", ""), "a", "verbs [delete] instead [[pods] [] [get] 2]"},
		{"a resource", rule("get", "pods services", ""), "a", "resources [services] instead [[pods] [] [get] 2]"},
		{"a name", rule("get", "pods", "x z"), "a", "names [z] instead [[pods] [x] [get] 1]"},
		{"a combination", rule("get list", "pods secrets", ""), "", "instead [[pods] [] [get] 2] [[secrets] [] [list] 1] namespaces [a b]"},
		{"everything", rule("*", "*", ""), "a", "instead [[pods pods/log] [] [get] 3]"},
		{"everywhere", rule("list", "nodes pods", ""), "", "resources [pods] instead [[nodes] [] [list] 1]"},
		{"a wildcard that is used", rule("get", "*/log */exec", ""), "a", "resources [*/exec] instead [[pods/log] [] [get] 1]"},
		{"a wildcard alone", rule("get", "*/log", ""), "a", "instead [[pods/log] [] [get] 1]"},
		{"URLs", url("get post", "/metrics /logs/* /log* /x*"), "", "verbs [post] urls [/x*] instead [[/logs/a /metrics] [] [get] 2]"},
		{"all URLs", url("get", "*"), "", "instead [[/logs/a /metrics] [] [get] 2]"},
		{"a URL", url("get", "/metrics"), "", none},
		{"URLs do not work in a namespace", url("get", "/metrics"), "a", "never"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := none
			for _, u := range UnusedRights([]GrantedRule{{Rule: rule("get", "pods", ""), Namespace: "a"}, {Rule: c.rule, Namespace: c.namespace, Origin: "here"}}, o) {
				if u.Granted != 1 || u.Origin != "here" {
					t.Errorf("%+v", u)
				}
				got = unusedText(u)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func unusedText(u UnusedRight) string {
	if u.Never {
		return "never"
	}
	var parts []string
	for _, p := range []struct {
		name string
		list []string
	}{{"verbs", u.Verbs}, {"groups", u.APIGroups}, {"resources", u.Resources}, {"names", u.ResourceNames}, {"urls", u.NonResourceURLs}} {
		if len(p.list) > 0 {
			parts = append(parts, fmt.Sprint(p.name, " ", p.list))
		}
	}
	if len(u.Instead) > 0 {
		text := "instead"
		for _, r := range u.Instead {
			text += fmt.Sprint(" [", append(slices.Clone(r.Resources), r.NonResourceURLs...), " ", r.ResourceNames, " ", r.Verbs, " ", r.Used, "]")
		}
		parts = append(parts, text)
	}
	if len(u.Namespaces) > 0 {
		parts = append(parts, fmt.Sprint("namespaces ", u.Namespaces))
	}
	return strings.Join(parts, " ")
}

// TestUnusedRightsAgree compares with the evaluator: the parts that are said to be unused can go, each of the others cannot, and
// what is proposed instead allows all that the rule was used for.
func TestUnusedRightsAgree(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		some := func(list ...string) []string {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			return list[:1+random.IntN(len(list))]
		}
		var requests []Request
		for range random.IntN(12) {
			q := Request{Verb: some("get", "list", "update")[0], Group: some("", "apps")[0], Resource: some("pods", "pods/log", "scales")[0], Namespace: "a", Name: some("", "x", "y")[0]}
			if random.IntN(4) == 0 {
				q = Request{Verb: "get", Path: some("/a", "/ab", "/b")[0]}
			}
			requests = append(requests, q)
		}
		o := observe(requests...)
		rule := rbac.Rule{Verbs: some("get", "list", "update", "*"), APIGroups: some("", "apps", "*"), Resources: some("pods", "*/log", "scales", "*"), ResourceNames: some("x", "y", "z")[1:]}
		if random.IntN(4) == 0 {
			rule = rbac.Rule{Verbs: some("get", "post", "*"), NonResourceURLs: some("/a", "/a*", "/ab*", "/b*", "/c", "*")}
		}
		used := func(r rbac.Rule) []Request {
			return slices.DeleteFunc(o.Requests(), func(q Request) bool { return !ruleAllows(policyRule(r), q) })
		}
		unused := UnusedRights([]GrantedRule{{Rule: rule}}, o)
		if len(unused) == 0 {
			continue // TestUnusedRights has these
		}
		u := unused[0]
		if u.Never != (len(used(rule)) == 0) {
			t.Fatalf("seed %d: never is %v, but used for %v", seed, u.Never, used(rule))
		}
		if u.Never {
			continue
		}
		for _, q := range used(rule) {
			if !slices.ContainsFunc(u.Instead, func(r RoleRule) bool { return ruleAllows(policyRule(r.Rule()), q) }) {
				t.Fatalf("seed %d: %+v is not allowed by %+v", seed, q, u.Instead)
			}
		}
		for _, p := range []struct {
			of     []string
			unused []string
			alone  func(part string) rbac.Rule
		}{
			{rule.Verbs, u.Verbs, func(s string) rbac.Rule { r := rule; r.Verbs = []string{s}; return r }},
			{rule.APIGroups, u.APIGroups, func(s string) rbac.Rule { r := rule; r.APIGroups = []string{s}; return r }},
			{rule.Resources, u.Resources, func(s string) rbac.Rule { r := rule; r.Resources = []string{s}; return r }},
			{rule.ResourceNames, u.ResourceNames, func(s string) rbac.Rule { r := rule; r.ResourceNames = []string{s}; return r }},
			{rule.NonResourceURLs, u.NonResourceURLs, func(s string) rbac.Rule { r := rule; r.NonResourceURLs = []string{s}; return r }},
		} {
			for _, part := range p.of {
				if isUnused := slices.Contains(p.unused, part); isUnused != (len(used(p.alone(part))) == 0) {
					t.Fatalf("seed %d: %q of %+v: unused is %v, used for %+v", seed, part, rule, isUnused, used(p.alone(part)))
				}
			}
		}
	}
}

func policyRule(r rbac.Rule) *rbacv1.PolicyRule {
	return &rbacv1.PolicyRule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, NonResourceURLs: r.NonResourceURLs}
}
