package rbac_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/tree"
)

const oracle = "../../shared/oracle"

// oracleCase is a case from Kubernetes' own tests of its RBAC authorizer.
type oracleCase struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
}

type oracleNote struct {
	Request struct {
		User, Verb, APIGroup, Resource, Subresource, Namespace, Name, Path string
		Groups                                                             any
		ResourceRequest                                                    *bool
	}
	User      any
	Groups    []string
	Namespace string
	Rules     []map[string][]string
}

func TestCasesOfKubernetes(t *testing.T) {
	f, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases beside the repository (%s)", oracle)
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Source != "k8s-rbac" {
			continue
		}
		var note oracleNote
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
		if err != nil {
			t.Fatal(err)
		}
		n++
		if got := answer(t, c.Check, string(text), &note); got != c.Expect {
			t.Errorf("%s %s: got %s, want %s\n%s", c.ID, c.Check, got, c.Expect, c.Note)
		}
	}
	if n < 80 {
		t.Errorf("only %d cases", n)
	}
	t.Logf("%d cases", n)
}

func verdict(ok bool) string {
	if ok {
		return "pass"
	}
	return "fail"
}

func answer(t *testing.T, check, text string, note *oracleNote) string {
	t.Helper()
	switch check {
	case "effective-rules":
		name, _ := note.User.(string)
		n := 0
		for _, g := range cluster(t, text).RulesFor(rbac.User{Name: name, Groups: note.Groups}, note.Namespace) {
			if g.Binding.Object != rbac.Builtin {
				n++
			}
		}
		return "count:" + strconv.Itoa(n)
	case "subject-applies":
		user, _ := note.User.(map[string]any)
		name, _ := user["name"].(string)
		var groups []string
		list, _ := user["groups"].([]any)
		for _, g := range list {
			groups = append(groups, g.(string))
		}
		return verdict(applies(t, text, note.Namespace, rbac.User{Name: name, Groups: groups}))
	}
	r := &note.Request
	var groups []string
	switch g := r.Groups.(type) {
	case string:
		if g != "" {
			groups = strings.Split(g, ",")
		}
	case []any:
		for _, x := range g {
			groups = append(groups, x.(string))
		}
	}
	q := rbac.Request{Verb: r.Verb, APIGroup: r.APIGroup, Resource: r.Resource, Subresource: r.Subresource, Namespace: r.Namespace, Name: r.Name, Path: r.Path}
	return verdict(cluster(t, text).Authorize(rbac.User{Name: r.User, Groups: groups}, q).Allowed)
}

// applies asks whether a binding applies to a user: it is given a role that allows something, in a namespace that every role is in.
func applies(t *testing.T, text, namespace string, user rbac.User) bool {
	t.Helper()
	parsed, err := tree.NewParser().Parse([]byte(text), tree.Document{Start: 0, End: len(text)})
	if err != nil {
		t.Fatal(err)
	}
	o, _ := object.Parse(parsed.Root())
	set := &rbac.Set{}
	set.Add(&o, 0)
	b := &set.Bindings[0]
	b.Namespace, b.RoleKind, b.RoleName = namespace, rbac.KindClusterRole, "anything"
	for i := range b.Subjects {
		// An account without a namespace is meant for that of the binding, where that is asked for.
		if s := &b.Subjects[i]; s.Kind == rbac.KindServiceAccount && s.Namespace == "" {
			s.Namespace = namespace
		}
	}
	set.Roles = append(set.Roles, rbac.Role{Name: "anything", Rules: []rbac.Rule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"things"}}}})
	return rbac.New(set, nil).Authorize(user, rbac.Request{Verb: "get", Resource: "things", Namespace: namespace}).Allowed
}
