package generate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestHostileNames(t *testing.T) {
	names := []string{
		"yes", "NO", "null", "~", "1", "0x1f", "1e3", "-", "- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "'a'", `"a"`, `\`, "[a", "{a", "a,b", "a]", "%a", "@a", "`a",
		"a\nb: c", "\x00\x1b\x7f", "\u0085\u2028\u2029\ufeff", "\U0001F600", "é", " a ", "?", "|", ">", "---", "...", "<<", "=", "2026-01-01", "1:30", ".inf", "/", "y", "on",
		"a\r\n---\nkind: ClusterRole",
	}
	var requests []Request
	for _, name := range names {
		requests = append(requests,
			Request{Verb: "get", Resource: "things", Namespace: "a", Name: name},
			Request{Verb: name + "x", Group: name + "x", Resource: name + "x/" + name, Namespace: "a"},
			Request{Verb: name + "x", Path: "/x"})
	}
	o := NewObserved(rbac.Subject{Kind: "User", Name: "eve\n---\nkind: Secret"}, ObserveOptions{})
	for _, q := range requests {
		e := event(q)
		e.User.Name = "eve\n---\nkind: Secret"
		o.Add(e)
	}
	g, text := apply(t, least(t, o, RoleOptions{}))
	for _, q := range o.Requests() {
		if !g.allow(q) && q.Resource+q.Path != "" { // a resource cannot begin with a slash
			t.Errorf("%q is refused", q)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		for _, r := range line {
			if (r < ' ' || r > 0x7e) && r != '\ufffd' {
				t.Fatalf("line %d has %q: %q", i+1, r, line)
			}
		}
	}
}

func TestRoleNames(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{"a/b", "alice", "group:alice", "user:a/b", "a-b", "a%b", "..", "ä", strings.Repeat("x", 300), strings.Repeat("x", 301), "user:A:b"} {
		s, err := ParseSubject(text)
		if err != nil {
			t.Fatal(err)
		}
		name := roleName(s)
		if err := checkRoleName(name); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q are both %q", text, other, name)
		}
		seen[name] = text
	}
	for _, name := range []string{".", "..", "a/b", "a%b"} {
		if _, err := LeastRole(observe(Request{Verb: "get", Path: "/x"}), RoleOptions{Name: name}); err == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
	if result := least(t, observe(Request{Verb: "get", Path: "/x"}), RoleOptions{Name: "mine"}); result.Roles[0].Name != "mine" {
		t.Errorf("name %q", result.Roles[0].Name)
	}
}

func TestRoleJSON(t *testing.T) {
	got, err := json.Marshal(least(t, observe(Request{Verb: "get", Resource: "pods", Namespace: "a", Name: "x"}), RoleOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"subject":{"kind":"ServiceAccount","namespace":"shop","name":"api"},"events":1,"requests":1,"denied":0,` +
		`"first":"2026-03-01T10:00:00Z","last":"2026-03-01T10:00:00Z","options":["only the objects seen are allowed, by name",` +
		`"only the verbs seen are allowed","each namespace has a Role of its own","what every authenticated user may do anyway is left out"],` +
		`"roles":[{"kind":"Role","namespace":"a","name":"kubeharden:shop:api","rules":[{"apiGroups":[""],"resources":["pods"],` +
		`"resourceNames":["x"],"verbs":["get"],"used":1}],"bindings":[{"kind":"RoleBinding","namespace":"a"}]}],` +
		`"notes":["what the subject needs but did not do in the time of the log is not here"]}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
