package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/registry/rbac/validation"
	rbacauthorizer "k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestGeneratedFileIsUpToDate(t *testing.T) {
	for path, generate := range map[string]func() ([]byte, error){rolesFile: generateRoles, resourcesFile: generateResources} {
		want, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate here", path)
		}
	}
}

// random makes clusters and requests out of few words, so that they meet.
type random struct{ *rand.Rand }

func (r random) pick(words ...string) string { return words[r.IntN(len(words))] }

func (r random) some(most int, words ...string) []string {
	var out []string
	for range r.IntN(most + 1) {
		out = append(out, r.pick(words...))
	}
	return out
}

var (
	verbs      = []string{"get", "list", "create", "update", "bind", "*"}
	groups     = []string{"", "apps", "rbac.authorization.k8s.io", "*"}
	resources  = []string{"pods", "secrets", "deployments", "nodes", "pods/exec", "pods/*", "*/exec", "*/scale", "deployments/scale", "*", ""}
	names      = []string{"a", "b", ""}
	paths      = []string{"/healthz", "/healthz/*", "/api*", "*", "/", "/api/v1", "/*"}
	namespaces = []string{"one", "two"}
	users      = []string{"jane", "joe", "system:anonymous", "system:serviceaccount:one:ci", "system:serviceaccount:two:ci"}
	teams      = []string{"dev", "ops", "system:authenticated", "system:serviceaccounts", "system:serviceaccounts:one"}
)

func (r random) rule(cluster bool) rbacv1.PolicyRule {
	if cluster && r.IntN(4) == 0 {
		return rbacv1.PolicyRule{Verbs: r.some(2, "get", "post", "*"), NonResourceURLs: r.some(2, paths...)}
	}
	return rbacv1.PolicyRule{Verbs: r.some(3, verbs...), APIGroups: r.some(2, groups...), Resources: r.some(3, resources...), ResourceNames: r.some(r.IntN(3), names...)}
}

func (r random) rules(cluster bool) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for range r.IntN(3) + 1 {
		out = append(out, r.rule(cluster))
	}
	return out
}

func (r random) subjects() []rbacv1.Subject {
	var out []rbacv1.Subject
	for range r.IntN(3) {
		switch r.IntN(3) {
		case 0:
			out = append(out, rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: r.pick(users...)})
		case 1:
			out = append(out, rbacv1.Subject{Kind: "Group", APIGroup: rbacv1.GroupName, Name: r.pick(teams...)})
		default:
			out = append(out, rbacv1.Subject{Kind: "ServiceAccount", Namespace: r.pick(namespaces...), Name: r.pick("ci", "default")})
		}
	}
	return out
}

// cluster is a cluster in both forms.
type cluster struct {
	theirs authorizer.Authorizer
	ours   *rbac.Access
}

func (r random) cluster() cluster {
	var roles []*rbacv1.Role
	var clusterRoles []*rbacv1.ClusterRole
	var bindings []*rbacv1.RoleBinding
	var clusterBindings []*rbacv1.ClusterRoleBinding
	set := &rbac.Set{}
	for i := range 4 {
		name := fmt.Sprint("r", i)
		c := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: r.rules(true)}
		clusterRoles = append(clusterRoles, c)
		set.Roles = append(set.Roles, rbac.Role{Name: name, Rules: converted(c.Rules)})
		for _, ns := range namespaces {
			if r.IntN(2) == 0 {
				o := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ns}, Rules: r.rules(false)}
				roles = append(roles, o)
				set.Roles = append(set.Roles, rbac.Role{Namespace: ns, Name: name, Rules: converted(o.Rules)})
			}
		}
	}
	for i := range 5 {
		name, role := fmt.Sprint("b", i), fmt.Sprint("r", r.IntN(5)) // one role that there is not
		if i < 2 {
			b := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Subjects: r.subjects(), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}}
			clusterBindings = append(clusterBindings, b)
			set.Bindings = append(set.Bindings, rbac.Binding{Name: name, RoleKind: "ClusterRole", RoleName: role, Subjects: whom(b.Subjects)})
			continue
		}
		b := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: r.pick(namespaces...)}, Subjects: r.subjects(),
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: r.pick("Role", "ClusterRole"), Name: role},
		}
		bindings = append(bindings, b)
		set.Bindings = append(set.Bindings, rbac.Binding{Namespace: b.Namespace, Name: name, RoleKind: b.RoleRef.Kind, RoleName: role, Subjects: whom(b.Subjects)})
	}
	// The built-in bindings would answer for users that both know; names of their own keep them apart.
	for _, b := range rbac.Builtins().Bindings {
		b.Subjects = nil
		set.Bindings = append(set.Bindings, b)
	}
	_, rulers := validation.NewTestRuleResolver(roles, bindings, clusterRoles, clusterBindings)
	return cluster{theirs: rbacauthorizer.New(rulers, rulers, rulers, rulers), ours: rbac.New(set, nil)}
}

func converted(rules []rbacv1.PolicyRule) []rbac.Rule {
	var out []rbac.Rule
	for _, r := range rules {
		out = append(out, rbac.Rule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, NonResourceURLs: r.NonResourceURLs})
	}
	return out
}

func whom(subjects []rbacv1.Subject) []rbac.Subject {
	var out []rbac.Subject
	for _, s := range subjects {
		out = append(out, rbac.Subject{Kind: s.Kind, Namespace: s.Namespace, Name: s.Name})
	}
	return out
}

// TestVerdictsAreTheAuthorizers compares verdicts with Kubernetes' own authorizer on random clusters and requests.
func TestVerdictsAreTheAuthorizers(t *testing.T) {
	allowed, verdicts := 0, 0
	for seed := range uint64(1500) {
		r := random{rand.New(rand.NewPCG(seed, 7))}
		c := r.cluster()
		for range 60 {
			who := rbac.User{Name: r.pick(users...), Groups: r.some(3, teams...)}
			if r.IntN(4) == 0 {
				who = rbac.Account(r.pick(namespaces...), "ci")
			}
			q := rbac.Request{Verb: r.pick("get", "list", "create", "update", "bind", "post"), APIGroup: r.pick("", "apps", "rbac.authorization.k8s.io"),
				Resource: r.pick("pods", "secrets", "deployments", "nodes"), Subresource: r.pick("", "", "exec", "scale"), Namespace: r.pick("", "one", "two"), Name: r.pick("", "a", "b", "c")}
			attributes := authorizer.AttributesRecord{
				User: &user.DefaultInfo{Name: who.Name, Groups: who.Groups}, Verb: q.Verb, APIGroup: q.APIGroup, APIVersion: "v1",
				Resource: q.Resource, Subresource: q.Subresource, Namespace: q.Namespace, Name: q.Name, ResourceRequest: true,
			}
			if r.IntN(5) == 0 {
				q = rbac.Request{Verb: r.pick("get", "post"), Path: r.pick("/healthz", "/healthz/ping", "/api", "/api/v1", "/", "/version")}
				attributes = authorizer.AttributesRecord{User: attributes.User, Verb: q.Verb, Path: q.Path}
			}
			decision, _, _ := c.theirs.Authorize(t.Context(), attributes)
			want, got := decision == authorizer.DecisionAllow, c.ours.Authorize(who, q)
			verdicts++
			if want {
				allowed++
			}
			if got.Allowed != want {
				t.Fatalf("seed %d: %+v %+v: got %v by %s, want %v", seed, who, q, got.Allowed, got.Grant.String(), want)
			}
			if got.Allowed && !got.Grant.Rule().Allows(&q) {
				t.Fatalf("seed %d: %+v is said to be allowed by %s", seed, q, got.Grant.String())
			}
		}
	}
	if allowed < verdicts/100 { // few words meet by chance
		t.Errorf("only %d of %d requests are allowed: the test does not ask much", allowed, verdicts)
	}
	t.Logf("%d verdicts, %d allowed", verdicts, allowed)
}
