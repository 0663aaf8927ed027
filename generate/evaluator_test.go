package generate

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// grants is what a cluster would know after the roles were applied: an evaluator of RBAC that shares nothing with the code
// it tests. It follows k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go and plugin/pkg/auth/authorizer/rbac/rbac.go.
type grants struct {
	everywhere []*rbacv1.PolicyRule
	in         map[string][]*rbacv1.PolicyRule
}

// apply writes the result as YAML and reads it as kubectl does.
func apply(t *testing.T, result *RoleResult) (grants, string) {
	t.Helper()
	var out bytes.Buffer
	if err := result.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	g := grants{in: map[string][]*rbacv1.PolicyRule{}}
	cluster, namespaced := map[string]*rbacv1.ClusterRole{}, map[string]*rbacv1.Role{}
	read := func(doc string, into any) {
		if err := yaml.UnmarshalStrict([]byte(doc), into); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
	}
	subject := func(s []rbacv1.Subject, group string) {
		if len(s) != 1 || s[0].Name != result.Subject.Name || s[0].Kind != result.Subject.Kind || s[0].Namespace != result.Subject.Namespace {
			t.Fatalf("subjects %+v, want %+v", s, result.Subject)
		}
		if isAccount := s[0].Kind == "ServiceAccount"; isAccount != (s[0].APIGroup == "") || group != "rbac.authorization.k8s.io" {
			t.Fatalf("API groups of %+v and the role: %q", s, group)
		}
	}
	for doc := range strings.SplitSeq(out.String(), "\n---\n") {
		var meta struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(doc), &meta); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		if meta.APIVersion != "rbac.authorization.k8s.io/v1" && meta.Kind != "" {
			t.Fatalf("apiVersion %q", meta.APIVersion)
		}
		switch meta.Kind {
		case "ClusterRole":
			var role rbacv1.ClusterRole
			read(doc, &role)
			cluster[role.Name] = &role
		case "Role":
			var role rbacv1.Role
			read(doc, &role)
			namespaced[role.Namespace+"/"+role.Name] = &role
		case "ClusterRoleBinding":
			var b rbacv1.ClusterRoleBinding
			read(doc, &b)
			subject(b.Subjects, b.RoleRef.APIGroup)
			g.everywhere = append(g.everywhere, rules(cluster[b.RoleRef.Name].Rules)...)
		case "RoleBinding":
			var b rbacv1.RoleBinding
			read(doc, &b)
			subject(b.Subjects, b.RoleRef.APIGroup)
			var list []rbacv1.PolicyRule
			if b.RoleRef.Kind == "Role" {
				list = namespaced[b.Namespace+"/"+b.RoleRef.Name].Rules
			} else {
				list = cluster[b.RoleRef.Name].Rules
			}
			g.in[b.Namespace] = append(g.in[b.Namespace], rules(list)...)
		case "":
			if len(result.Roles) > 0 {
				t.Fatalf("a document without kind:\n%s", doc)
			}
		default:
			t.Fatalf("kind %q", meta.Kind)
		}
	}
	return g, out.String()
}

func rules(list []rbacv1.PolicyRule) []*rbacv1.PolicyRule {
	var out []*rbacv1.PolicyRule
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

func (g grants) allow(q Request) bool {
	for _, rule := range g.everywhere {
		if ruleAllows(rule, q) {
			return true
		}
	}
	if q.Path != "" || q.Namespace == "" {
		return false
	}
	for _, rule := range g.in[q.Namespace] {
		if ruleAllows(rule, q) {
			return true
		}
	}
	return false
}

func ruleAllows(rule *rbacv1.PolicyRule, q Request) bool {
	has := func(list []string, value string) bool {
		return slices.Contains(list, "*") || slices.Contains(list, value)
	}
	if !has(rule.Verbs, q.Verb) {
		return false
	}
	if q.Path != "" {
		for _, url := range rule.NonResourceURLs {
			if url == "*" || url == q.Path || strings.HasSuffix(url, "*") && strings.HasPrefix(q.Path, strings.TrimRight(url, "*")) {
				return true
			}
		}
		return false
	}
	resource := has(rule.Resources, q.Resource)
	if _, sub, ok := strings.Cut(q.Resource, "/"); ok && slices.Contains(rule.Resources, "*/"+sub) {
		resource = true
	}
	return resource && has(rule.APIGroups, q.Group) && (len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, q.Name))
}

// weaken calls try after each single verb, group, resource, name or URL was taken away, with what it was. A rule of which a
// part would be empty is gone (without its last name it would allow more).
func (g grants) weaken(try func(what string)) {
	all := slices.Clone(g.everywhere)
	for _, list := range g.in {
		all = append(all, list...)
	}
	for _, rule := range all {
		before := *rule
		for _, part := range []*[]string{&rule.Verbs, &rule.APIGroups, &rule.Resources, &rule.ResourceNames, &rule.NonResourceURLs} {
			full := *part
			for i, what := range full {
				*part = slices.Delete(slices.Clone(full), i, i+1)
				if len(*part) == 0 {
					*rule = rbacv1.PolicyRule{}
				}
				try(what)
				*rule = before
			}
		}
	}
}
