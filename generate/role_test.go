package generate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
)

var account = rbac.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "api"}

// event is an event of the account with the request, as the API server would write it.
func event(q Request) *AuditEvent {
	e := &AuditEvent{
		Stage: "ResponseComplete", Verb: q.Verb, Code: 200, Decision: "allow", RequestURI: q.Path, Time: "2026-03-01T10:00:00.000000Z",
		User: AuditUser{Name: "system:serviceaccount:shop:api", Groups: []string{"system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"}},
	}
	if q.Path == "" {
		resource, sub, _ := strings.Cut(q.Resource, "/")
		e.Object = &AuditObject{Group: q.Group, Resource: resource, Subresource: sub, Namespace: q.Namespace, Name: q.Name}
	}
	return e
}

func observe(requests ...Request) *Observed {
	o := NewObserved(account, ObserveOptions{})
	for _, q := range requests {
		o.Add(event(q))
	}
	return o
}

func least(t *testing.T, o *Observed, opts RoleOptions) *RoleResult {
	t.Helper()
	result, err := LeastRole(o, opts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// body is the YAML without its comments.
func body(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestLeastRoleYAML(t *testing.T) {
	get := Request{Verb: "get", Resource: "configmaps", Namespace: "shop", Name: "settings"}
	o := observe(
		get, get,
		Request{Verb: "update", Resource: "configmaps", Namespace: "shop", Name: "settings"},
		Request{Verb: "list", Resource: "pods", Namespace: "shop"},
		Request{Verb: "watch", Resource: "pods", Namespace: "shop"},
		Request{Verb: "list", Resource: "services", Namespace: "shop"},
		Request{Verb: "watch", Resource: "services", Namespace: "shop"},
		Request{Verb: "create", Group: "apps", Resource: "deployments", Namespace: "shop", Name: "from-the-body"},
		Request{Verb: "list", Resource: "nodes"},
		Request{Verb: "get", Path: "/metrics"},
		Request{Verb: "get", Path: "/apis/apps/v1"},
		Request{Verb: "create", Group: "authorization.k8s.io", Resource: "selfsubjectaccessreviews"},
	)
	_, text := apply(t, least(t, o, RoleOptions{}))
	const want = `# The least rights of ServiceAccount shop/api, made by kubeharden from the audit log:
# 12 requests in 12 events, 2026-03-01T10:00:00Z to 2026-03-01T10:00:00Z.
# Option: only the objects seen are allowed, by name.
# Option: only the verbs seen are allowed.
# Option: each namespace has a Role of its own.
# Option: what every authenticated user may do anyway is left out.
# Note: what the subject needs but did not do in the time of the log is not here.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: "kubeharden:shop:api"
rules:
  # used once
  - apiGroups: [""]
    resources: [nodes]
    verbs: [list]
  # used once
  - nonResourceURLs: [/metrics]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: "kubeharden:shop:api"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: "kubeharden:shop:api"
subjects:
  - kind: ServiceAccount
    name: api
    namespace: shop
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "kubeharden:shop:api"
  namespace: shop
rules:
  # used 3 times
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [settings]
    verbs: [get, update]
  # used 4 times
  - apiGroups: [""]
    resources: [pods, services]
    verbs: [list, watch]
  # used once
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "kubeharden:shop:api"
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "kubeharden:shop:api"
subjects:
  - kind: ServiceAccount
    name: api
    namespace: shop
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// ruleTexts writes the rules of a result, one line each.
func ruleTexts(result *RoleResult) []string {
	var list []string
	for _, role := range result.Roles {
		var where []string
		for _, b := range role.Bindings {
			where = append(where, "@"+b.Namespace)
		}
		for _, r := range role.Rules {
			list = append(list, fmt.Sprintf("%s %s %v %v %v %v %v", role.Kind, strings.Join(where, ""), r.APIGroups, r.Resources, r.ResourceNames,
				r.NonResourceURLs, r.Verbs))
		}
	}
	return list
}

func TestLeastRole(t *testing.T) {
	pods := func(verb, namespace, name string) Request {
		return Request{Verb: verb, Resource: "pods", Namespace: namespace, Name: name}
	}
	for _, c := range []struct {
		name     string
		opts     RoleOptions
		requests []Request
		want     []string
	}{
		{
			"an unnamed request absorbs the named ones",
			RoleOptions{},
			[]Request{pods("list", "a", ""), pods("list", "a", "x"), pods("get", "a", "x")},
			[]string{"Role @a [] [pods] [] [] [list]", "Role @a [] [pods] [x] [] [get]"},
		},
		{
			"and is one rule with other unnamed ones",
			RoleOptions{},
			[]Request{pods("list", "a", ""), pods("get", "a", ""), pods("get", "a", "x")},
			[]string{"Role @a [] [pods] [] [] [get list]"},
		},
		{
			"a list by metadata.name is named",
			RoleOptions{},
			[]Request{pods("list", "a", "x"), pods("watch", "a", "x")},
			[]string{"Role @a [] [pods] [x] [] [list watch]"},
		},
		{
			"a right in the cluster absorbs those in namespaces",
			RoleOptions{},
			[]Request{pods("list", "", ""), pods("list", "a", ""), pods("list", "b", "x"), pods("get", "b", "x")},
			[]string{"ClusterRole @ [] [pods] [] [] [list]", "Role @b [] [pods] [x] [] [get]"},
		},
		{
			"create and deletecollection have no names, a subresource has",
			RoleOptions{},
			[]Request{pods("create", "a", "x"), pods("deletecollection", "a", "x"), {Verb: "create", Resource: "pods/exec", Namespace: "a", Name: "x"}},
			[]string{"Role @a [] [pods] [] [] [create deletecollection]", "Role @a [] [pods/exec] [x] [] [create]"},
		},
		{
			"a namespace is allowed in the cluster, by name",
			RoleOptions{},
			[]Request{{Verb: "get", Resource: "namespaces", Namespace: "a", Name: "a"}},
			[]string{"ClusterRole @ [] [namespaces] [a] [] [get]"},
		},
		{
			"fewer rules by names than by verbs",
			RoleOptions{},
			[]Request{pods("get", "a", "x"), pods("update", "a", "x"), pods("get", "a", "y"), pods("delete", "a", "y")},
			[]string{"Role @a [] [pods] [x] [] [get update]", "Role @a [] [pods] [y] [] [get delete]"},
		},
		{
			"groups with the same resources",
			RoleOptions{},
			[]Request{{Verb: "list", Group: "apps", Resource: "deployments", Namespace: "a"}, {Verb: "list", Group: "extensions", Resource: "deployments", Namespace: "a"}},
			[]string{"Role @a [apps extensions] [deployments] [] [] [list]"},
		},
		{
			"URLs",
			RoleOptions{},
			[]Request{{Verb: "get", Path: "/metrics"}, {Verb: "get", Path: "/logs/x"}, {Verb: "head", Path: "/healthz"}},
			[]string{"ClusterRole @ [] [] [] [/healthz] [head]", "ClusterRole @ [] [] [] [/logs/x /metrics] [get]"},
		},
		{
			"wildcards that were asked for are not given",
			RoleOptions{},
			[]Request{
				pods("get", "a", "x"),
				{Verb: "get", Path: "/logs*"},
				{Verb: "list", Group: "*", Resource: "pods"},
				{Verb: "list", Resource: "*"},
				{Verb: "get", Resource: "*/scale", Name: "x"},
				{Verb: "", Resource: "pods"},
				{Verb: "*", Path: "/x"},
				pods("list", "No_Namespace", ""),
			},
			[]string{"Role @a [] [pods] [x] [] [get]"},
		},
		{
			"a name may be an asterisk",
			RoleOptions{},
			[]Request{pods("get", "a", "*")},
			[]string{"Role @a [] [pods] [*] [] [get]"},
		},
		{
			"AnyName",
			RoleOptions{AnyName: true},
			[]Request{pods("get", "a", "x"), {Verb: "get", Resource: "secrets", Namespace: "a", Name: "y"}},
			[]string{"Role @a [] [pods secrets] [] [] [get]"},
		},
		{
			"AnyNameOf",
			RoleOptions{AnyNameOf: []string{"pods", "deployments.apps/scale"}},
			[]Request{
				pods("get", "a", "x"),
				{Verb: "get", Resource: "secrets", Namespace: "a", Name: "y"},
				{Verb: "update", Group: "apps", Resource: "deployments/scale", Namespace: "a", Name: "z"},
			},
			[]string{"Role @a [] [pods] [] [] [get]", "Role @a [] [secrets] [y] [] [get]", "Role @a [apps] [deployments/scale] [] [] [update]"},
		},
		{
			"ExpandVerbs",
			RoleOptions{ExpandVerbs: true},
			[]Request{pods("list", "a", ""), {Verb: "update", Resource: "secrets", Namespace: "a", Name: "y"}, {Verb: "get", Resource: "services", Namespace: "a", Name: "z"}},
			[]string{
				"Role @a [] [pods] [] [] [get list watch]", "Role @a [] [secrets] [y] [] [get update patch]", "Role @a [] [services] [z] [] [get]",
			},
		},
		{
			"SharedRole",
			RoleOptions{SharedRole: 2},
			[]Request{pods("list", "a", ""), pods("list", "b", ""), pods("list", "c", "x")},
			[]string{"ClusterRole @a@b [] [pods] [] [] [list]", "Role @c [] [pods] [x] [] [list]"},
		},
		{
			"KeepCommon",
			RoleOptions{KeepCommon: true},
			[]Request{{Verb: "get", Path: "/apis"}, {Verb: "create", Group: "authentication.k8s.io", Resource: "selfsubjectreviews"}},
			[]string{"ClusterRole @ [authentication.k8s.io] [selfsubjectreviews] [] [] [create]", "ClusterRole @ [] [] [] [/apis] [get]"},
		},
		{
			"what is common is left out",
			RoleOptions{},
			[]Request{
				{Verb: "get", Path: "/apis"},
				{Verb: "get", Path: "/openapi/v3"},
				{Verb: "get", Path: "/version"},
				{Verb: "get", Path: "/openid/v1/jwks"},
				{Verb: "create", Group: "authentication.k8s.io", Resource: "selfsubjectreviews"},
				{Verb: "get", Path: "/healthz/etcd"},
			},
			[]string{"ClusterRole @ [] [] [] [/healthz/etcd] [get]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := least(t, observe(c.requests...), c.opts)
			if got := ruleTexts(result); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			apply(t, result)
		})
	}
}

func TestNothingObserved(t *testing.T) {
	o := NewObserved(account, ObserveOptions{})
	e := event(Request{Verb: "get", Resource: "pods", Namespace: "a", Name: "x"})
	e.Decision, e.Code = "forbid", 403
	o.Add(e)
	_, err := LeastRole(o, RoleOptions{})
	if !errors.Is(err, ErrNothingObserved) || !strings.Contains(err.Error(), "1 were denied") {
		t.Errorf("error %v", err)
	}
	// Somebody who did nothing out of the common needs no role, which is an answer and not an error.
	result := least(t, observe(Request{Verb: "get", Path: "/version"}), RoleOptions{})
	if len(result.Roles) > 0 || len(result.Notes) < 2 {
		t.Errorf("%+v", result)
	}
	if _, text := apply(t, result); body(text) != "" {
		t.Errorf("got %q", text)
	}
}

func TestSuggestion(t *testing.T) {
	var requests []Request
	for _, suffix := range []string{"x2k4p", "bcdfg", "99999", "zzzzz", "hjklm", "qrstv"} {
		requests = append(requests, Request{Verb: "get", Resource: "pods/log", Namespace: "a", Name: "web-7d9f8b6c5-" + suffix})
		requests = append(requests, Request{Verb: "get", Resource: "secrets", Namespace: "a", Name: "web-" + suffix[:4] + "e"})
	}
	o := observe(requests...)
	want := []Suggestion{{Namespace: "a", Resource: "pods/log", Names: 6, Generated: 6}}
	if got := least(t, o, RoleOptions{}).Suggestions; !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	for _, opts := range []RoleOptions{{ManyNames: 6}, {AnyName: true}, {AnyNameOf: []string{"pods/log"}}} {
		if got := least(t, o, opts).Suggestions; len(got) > 0 {
			t.Errorf("%+v: got %+v", opts, got)
		}
	}
}
