package generate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]rbac.Subject{
		"alice":                                {Kind: "User", Name: "alice"},
		"alice@example.com":                    {Kind: "User", Name: "alice@example.com"},
		"system:node:n1":                       {Kind: "User", Name: "system:node:n1"},
		"system:serviceaccount:shop:api":       {Kind: "ServiceAccount", Namespace: "shop", Name: "api"},
		"shop/api":                             {Kind: "ServiceAccount", Namespace: "shop", Name: "api"},
		"shop/api.v1":                          {Kind: "ServiceAccount", Namespace: "shop", Name: "api.v1"},
		"user:system:serviceaccount:shop:api":  {Kind: "ServiceAccount", Namespace: "shop", Name: "api"},
		"system:serviceaccount:shop:api:extra": {Kind: "User", Name: "system:serviceaccount:shop:api:extra"},
		"system:serviceaccount:Shop:api":       {Kind: "User", Name: "system:serviceaccount:Shop:api"},
		"https://issuer/alice":                 {Kind: "User", Name: "https://issuer/alice"},
		"user:shop/api":                        {Kind: "User", Name: "shop/api"},
		"group:system:masters":                 {Kind: "Group", Name: "system:masters"},
		"user:group:x":                         {Kind: "User", Name: "group:x"},
	} {
		if got, err := ParseSubject(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "user:", "group:"} {
		if _, err := ParseSubject(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func user(name string, groups ...string) AuditUser { return AuditUser{Name: name, Groups: groups} }

// seen writes what was observed: counts, and then each distinct request with its count.
func seen(o *Observed) string {
	events, requests, denied := o.Counts()
	var list []string
	for _, q := range o.Requests() {
		where := q.Namespace + ":" + q.Group + "/" + q.Resource + "=" + q.Name
		if q.Path != "" {
			where = q.Path
		}
		list = append(list, fmt.Sprintf("%s %s x%d", q.Verb, where, o.seen[q].count))
	}
	slices.Sort(list)
	return fmt.Sprintf("%d %d %d; %s", events, requests, denied, strings.Join(list, "; "))
}

func TestObserve(t *testing.T) {
	alice := rbac.Subject{Kind: "User", Name: "alice"}
	pods := func(edit func(*AuditEvent)) AuditEvent {
		e := AuditEvent{
			AuditID: "id", Stage: "ResponseComplete", Verb: "get", User: user("alice", "dev", authenticated), Code: 200, Decision: "allow",
			RequestURI: "/api/v1/namespaces/n/pods/p", Object: &AuditObject{Resource: "pods", Namespace: "n", Name: "p"},
		}
		if edit != nil {
			edit(&e)
		}
		return e
	}
	stage := func(s string) AuditEvent { return pods(func(e *AuditEvent) { e.Stage = s }) }
	as := func(u AuditUser, edit func(*AuditEvent)) AuditEvent {
		return pods(func(e *AuditEvent) {
			e.Impersonated = &u
			if edit != nil {
				edit(e)
			}
		})
	}
	constraint := func(c string) func(*AuditEvent) { return func(e *AuditEvent) { e.Constraint = c } }
	const got = "1 1 0; get n:/pods=p x1"
	for _, c := range []struct {
		name    string
		subject rbac.Subject
		opts    ObserveOptions
		events  []AuditEvent
		want    string
	}{
		{"once", alice, ObserveOptions{}, []AuditEvent{pods(nil)}, got},
		{"all stages are one request", alice, ObserveOptions{}, []AuditEvent{stage("RequestReceived"), stage("ResponseStarted"), stage("ResponseComplete")}, "2 1 0; get n:/pods=p x1"},
		{"received only", alice, ObserveOptions{}, []AuditEvent{stage("RequestReceived")}, "0 0 0; "},
		{"a watch that goes on", alice, ObserveOptions{}, []AuditEvent{stage("RequestReceived"), stage("ResponseStarted")}, got},
		{"a panic", alice, ObserveOptions{}, []AuditEvent{stage("Panic")}, got},
		{"twice", alice, ObserveOptions{}, []AuditEvent{pods(nil), pods(func(e *AuditEvent) { e.AuditID = "other" })}, "2 2 0; get n:/pods=p x2"},
		{
			"one id for different requests hides none of them", alice,
			ObserveOptions{},
			[]AuditEvent{pods(nil), pods(func(e *AuditEvent) { e.Verb = "delete" })},
			"2 2 0; delete n:/pods=p x1; get n:/pods=p x1",
		},
		{
			"an id that was denied before hides nothing", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Decision = "forbid" }), pods(nil)},
			"2 1 1; get n:/pods=p x1",
		},
		{"without an id", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.AuditID = "" }), pods(func(e *AuditEvent) { e.AuditID = "" })}, "2 2 0; get n:/pods=p x2"},
		{"another user", rbac.Subject{Kind: "User", Name: "bob"}, ObserveOptions{}, []AuditEvent{pods(nil)}, "0 0 0; "},
		{"the group", rbac.Subject{Kind: "Group", Name: "dev"}, ObserveOptions{}, []AuditEvent{pods(nil)}, got},
		{"a service account", account, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.User = user("system:serviceaccount:shop:api") })}, got},
		{"not quite the service account", account, ObserveOptions{}, []AuditEvent{
			pods(func(e *AuditEvent) { e.User = user("system:serviceaccount:shop:apiapi") }),
			pods(func(e *AuditEvent) { e.User = user("system:serviceaccount:shop-api:") }),
		}, "0 0 0; "},
		{"forbidden", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.Decision = "forbid" })}, "1 0 1; "},
		{"forbidden, but asked for", alice, ObserveOptions{Denied: true}, []AuditEvent{pods(func(e *AuditEvent) { e.Decision = "forbid" })}, got},
		{"403 by status", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.Decision, e.Code = "", 403 })}, "1 0 1; "},
		{"401 by status", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.Decision, e.Code = "", 401 })}, "1 0 1; "},
		{"403 by admission", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.Code = 403 })}, got},
		{"404", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.Decision, e.Code = "", 404 })}, got},
		{"a master", alice, ObserveOptions{}, []AuditEvent{pods(func(e *AuditEvent) { e.User.Groups = []string{"system:masters"} })}, got},
		{
			"a new object's name and namespace are in its body", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) {
				e.Verb, e.RequestURI = "create", "/apis/g/v1/things?dryRun=All"
				e.Object = &AuditObject{Group: "g", Resource: "things", Namespace: "from-the-body", Name: "from-the-body"}
			})},
			"1 1 0; create :g/things= x1",
		},
		{
			"create on a subresource has a name", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Verb, e.Object.Subresource = "create", "eviction" })},
			"1 1 0; create n:/pods/eviction=p x1",
		},
		{
			"a patch that creates", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Verb, e.Code = "patch", 201 })},
			"1 1 0; create n:/pods=p x1; patch n:/pods=p x1",
		},
		{
			"a WebSocket into a pod", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Object.Subresource, e.Code = "exec", 101 })},
			"1 1 0; create n:/pods/exec=p x1; get n:/pods/exec=p x1",
		},
		{
			"a URL", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Object, e.RequestURI = nil, "/logs/a%20b?x=/y" })},
			"1 1 0; get /logs/a b x1",
		},
		{
			"an object without a resource is a URL", alice,
			ObserveOptions{},
			[]AuditEvent{pods(func(e *AuditEvent) { e.Object, e.RequestURI = &AuditObject{}, "/metrics" })},
			"1 1 0; get /metrics x1",
		},
		{"as another user: that user", rbac.Subject{Kind: "User", Name: "bob"}, ObserveOptions{}, []AuditEvent{as(user("bob", authenticated), nil)}, got},
		{
			"as another user: oneself", alice,
			ObserveOptions{},
			[]AuditEvent{as(AuditUser{
				Name: "bob", UID: "7", Groups: []string{"ops", authenticated}, Extra: map[string][]string{"b": {"2"}, "a": {"1", "3"}},
			}, nil)},
			"1 1 0; impersonate :/groups=ops x1; impersonate :/users=bob x1; impersonate :authentication.k8s.io/uids=7 x1; " +
				"impersonate :authentication.k8s.io/userextras/a=1 x1; impersonate :authentication.k8s.io/userextras/a=3 x1; " +
				"impersonate :authentication.k8s.io/userextras/b=2 x1",
		},
		{
			"as another who is refused", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("bob", authenticated), func(e *AuditEvent) { e.Decision, e.Code = "forbid", 403 })},
			"1 1 0; impersonate :/users=bob x1",
		},
		{
			"as a service account", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:serviceaccount:shop:api", allAccounts, allAccounts+":shop", authenticated), nil)},
			"1 1 0; impersonate shop:/serviceaccounts=api x1",
		},
		{
			"as a service account with a group", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:serviceaccount:shop:api", "ops", authenticated), nil)},
			"1 1 0; impersonate :/groups=ops x1; impersonate shop:/serviceaccounts=api x1",
		},
		{
			"as anonymous", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:anonymous", unauthenticated), nil)},
			"1 1 0; impersonate :/users=system:anonymous x1",
		},
		{
			"as a node, the older way", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:node:n1", "system:nodes", authenticated), nil)},
			"1 1 0; impersonate :/groups=system:nodes x1; impersonate :/users=system:node:n1 x1",
		},
		{
			"constrained: user", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("bob", "ops", authenticated), constraint("impersonate:user-info"))},
			"1 1 0; impersonate-on:user-info:get n:/pods=p x1; impersonate:user-info :authentication.k8s.io/groups=ops x1; " +
				"impersonate:user-info :authentication.k8s.io/users=bob x1",
		},
		{
			"constrained: node", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:node:n1", "system:nodes", authenticated), constraint("impersonate:arbitrary-node"))},
			"1 1 0; impersonate-on:arbitrary-node:get n:/pods=p x1; impersonate:arbitrary-node :authentication.k8s.io/nodes=n1 x1",
		},
		{
			"constrained: own node", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:node:n1", "system:nodes", authenticated), constraint("impersonate:associated-node"))},
			"1 1 0; impersonate-on:associated-node:get n:/pods=p x1; impersonate:associated-node :authentication.k8s.io/nodes=* x1",
		},
		{
			"constrained: service account", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("system:serviceaccount:shop:api", allAccounts, allAccounts+":shop", authenticated), constraint("impersonate:serviceaccount"))},
			"1 1 0; impersonate-on:serviceaccount:get n:/pods=p x1; impersonate:serviceaccount shop:authentication.k8s.io/serviceaccounts=api x1",
		},
		{
			"as oneself", alice,
			ObserveOptions{},
			[]AuditEvent{as(user("alice", authenticated), nil)},
			"1 2 0; get n:/pods=p x1; impersonate :/users=alice x1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := NewObserved(c.subject, c.opts)
			for i := range c.events {
				o.Add(&c.events[i])
			}
			if got := seen(o); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCommonRequests(t *testing.T) {
	human, pod, nobody := user("u", authenticated), user("p", allAccounts, authenticated), user("system:anonymous", unauthenticated)
	for _, c := range []struct {
		verb, path              string
		human, pod, anonymously bool
	}{
		{"get", "/version", true, true, true},
		{"get", "/healthz", true, true, true},
		{"get", "/healthz/etcd", false, false, false},
		{"head", "/healthz", false, false, false},
		{"get", "/api", true, true, false},
		{"get", "/apis/apps", true, true, false},
		{"get", "/apisx", false, false, false},
		{"get", "/openapi/v2", true, true, false},
		{"get", "/openid/v1/jwks", false, true, false},
		{"get", "/metrics", false, false, false},
		{"post", "/api", false, false, false},
	} {
		q := Request{Verb: c.verb, Path: c.path}
		for who, want := range map[*AuditUser]bool{&human: c.human, &pod: c.pod, &nobody: c.anonymously} {
			if got := isCommon(q, who); got != want {
				t.Errorf("%s %s by %s: %v", c.verb, c.path, who.Name, got)
			}
		}
	}
	review := Request{Verb: "create", Group: "authorization.k8s.io", Resource: "selfsubjectrulesreviews"}
	other := review
	other.Resource = "subjectaccessreviews"
	if !isCommon(review, &human) || isCommon(review, &nobody) || isCommon(other, &human) {
		t.Error("reviews")
	}
	// What only some of the members of a group may do is not common.
	o := NewObserved(rbac.Subject{Kind: "Group", Name: "g"}, ObserveOptions{})
	for _, groups := range [][]string{{"g", allAccounts}, {"g"}} {
		o.Add(&AuditEvent{Stage: "Panic", Verb: "get", RequestURI: "/openid/v1/jwks", User: user("x", groups...)})
	}
	if result := least(t, o, RoleOptions{}); len(result.Roles) != 1 {
		t.Errorf("roles %+v", result.Roles)
	}
}

func TestNotes(t *testing.T) {
	o := observe(
		Request{Verb: "patch", Group: "rbac.authorization.k8s.io", Resource: "roles", Namespace: "a", Name: "x"},
		Request{Verb: "get", Path: "/x*"},
	)
	o.Add(func() *AuditEvent {
		e := event(Request{Verb: "patch", Resource: "pods", Namespace: "a", Name: "x"})
		e.Code = 201
		return e
	}())
	o.Add(func() *AuditEvent {
		e := event(Request{Verb: "get", Resource: "pods", Namespace: "a", Name: "x"})
		e.Impersonated = &AuditUser{Name: "bob", Groups: []string{"ops", authenticated}}
		return e
	}())
	notes := strings.Join(least(t, o, RoleOptions{}).Notes, "\n")
	for _, want := range []string{
		"1 distinct requests are left out because a rule for them would allow more", "3 distinct rights follow from other requests",
		"1 impersonated requests have system:authenticated", "the verbs escalate and bind",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}
