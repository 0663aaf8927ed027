package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/tree"
)

// root parses the first document of a text.
func root(t testing.TB, src string) tree.Node {
	t.Helper()
	for doc := range tree.Split([]byte(src)) {
		tr, err := tree.NewParser().Parse([]byte(src), doc)
		if err != nil {
			t.Fatal(err)
		}
		return tr.Root()
	}
	t.Fatal("no document")
	return tree.Node{}
}

// policy reads a policy without flaws; the text begins with its rules.
func policy(t testing.TB, rules string) *audit.Policy {
	t.Helper()
	p, flaws := audit.Read(root(t, "apiVersion: audit.k8s.io/v1\nkind: Policy\n"+rules))
	if len(flaws) > 0 {
		t.Fatalf("flaws: %v", flaws)
	}
	return p
}

func TestFlaws(t *testing.T) {
	const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
	for _, c := range []struct{ name, src, want string }{
		{"no rules", head, "rules=2"},
		{"empty rules", head + "rules: []", "rules=2"},
		{"null rule", head + "rules: [null]", "rules[0].level=2"},
		{"no level", head + "rules: [{users: [a]}]", "rules[0].level=2"},
		{"unknown level", head + "rules: [{level: Everything}]", "rules[0].level=2"},
		{"level in lower case", head + "rules: [{level: metadata}]", "rules[0].level=2"},
		{"unknown fields", head + "rule: 1\nrules: [{level: None, user: [a], resources: [{groups: [apps]}]}]", "rule=0 rules[0].user=0 rules[0].resources[0].groups=0"},
		{"a key twice", head + "rules: [{level: None, level: Metadata}]", "rules[0].level=0"},
		{"number for a name", head + "rules: [{level: None, users: [1]}]", "rules[0].users[0]=2"},
		{"yes for a verb", head + "rules: [{level: None, verbs: [yes]}]", "rules[0].verbs[0]=2"},
		{"text for a list", head + "rules: [{level: None, verbs: get}]", "rules[0].verbs=2"},
		{"null for a list", head + "rules: [{level: None, verbs: null}]", ""},
		{"text for a boolean", head + "omitManagedFields: 'true'\nrules: [{level: None}]", "omitManagedFields=2"},
		{"unknown stage", head + "omitStages: [Received]\nrules: [{level: None, omitStages: [Panic, x]}]", "omitStages[0]=2 rules[0].omitStages[1]=2"},
		{"URLs and resources", head + "rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]", "rules[0].nonResourceURLs=2"},
		{"bad URLs", head + "rules: [{level: None, nonResourceURLs: [a, /a*b, '*', /a*, '']}]", "rules[0].nonResourceURLs[0]=2 rules[0].nonResourceURLs[1]=2 rules[0].nonResourceURLs[4]=2"},
		{"a version in the group", head + "rules: [{level: None, resources: [{group: apps/v1}, {group: '*'}, {group: a.b}, {group: a-}, {group: A}, {group: " + strings.Repeat("a.", 126) + "aa}]}]", "rules[0].resources[0].group=2 rules[0].resources[3].group=2 rules[0].resources[4].group=2 rules[0].resources[5].group=2"},
		{"names without resources", head + "rules: [{level: None, resources: [{resourceNames: [a]}]}]", "rules[0].resources[0].resourceNames=2"},
		{"an old version", strings.Replace(head, "/v1", "/v1beta1", 1) + "rules: [{level: None}]", "apiVersion=1"},
		{"no such version", strings.Replace(head, "/v1", "/v2", 1) + "rules: [{level: None}]", "apiVersion=2"},
		{"another kind", "apiVersion: audit.k8s.io/v1\nkind: PolicyList\nrules: [{level: None}]", "kind=2"},
		{"no mapping", "- a", "=2"},
		{"metadata", head + "metadata: {name: 1, labels: {a: true}}\nrules: [{level: None}]", "metadata.name=2 metadata.labels.a=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, flaws := audit.Read(root(t, c.src))
			var got []string
			for _, f := range flaws {
				got = append(got, f.Path+"="+string('0'+rune(f.Class)))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestEvaluate(t *testing.T) {
	p := policy(t, `
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: None, nonResourceURLs: ["/healthz*", /version]}
- {level: Request, resources: [{group: "", resources: [pods/*]}], verbs: [get], omitManagedFields: false}
- {level: RequestResponse, resources: [{group: "", resources: ["*/status", pods/log]}], omitStages: [Panic]}
- {level: Metadata, resources: [{group: "", resources: [secrets], resourceNames: [one]}], namespaces: [""]}
- {level: None, userGroups: [team], users: [jane]}
- {level: Metadata, resources: [{group: "*", resources: [deployments]}]}
- {level: None, userGroups: [squad]}
`)
	jane, joe := audit.Attributes{User: "jane", Groups: []string{"other", "team"}}, audit.Attributes{User: "joe", Groups: []string{"team"}}
	ask := func(who audit.Attributes, verb, g, resource, sub, ns, name string) audit.Attributes {
		who.Verb, who.ResourceRequest, who.Group, who.Resource, who.Subresource, who.Namespace, who.Name = verb, true, g, resource, sub, ns, name
		return who
	}
	url := func(path string) audit.Attributes { return audit.Attributes{User: "joe", Verb: "get", Path: path} }
	for _, c := range []struct {
		name string
		a    audit.Attributes
		want int
	}{
		{"prefix", url("/healthz/etcd"), 0},
		{"exact path", url("/version"), 0},
		{"below an exact path", url("/version/x"), -1},
		{"a resource whose path would match", ask(joe, "get", "", "healthz", "", "", ""), -1},
		{"pods/* is the pods too", ask(joe, "get", "", "pods", "", "a", "b"), 1},
		{"pods/* is subresources", ask(joe, "get", "", "pods", "log", "a", "b"), 1},
		{"pods/log", ask(joe, "list", "", "pods", "log", "a", "b"), 2},
		{"*/status", ask(joe, "update", "", "nodes", "status", "", "b"), 2},
		{"*/status is not status", ask(joe, "update", "", "status", "", "", "b"), -1},
		{"no namespace", ask(joe, "get", "", "secrets", "", "", "one"), 3},
		{"a namespace", ask(joe, "get", "", "secrets", "", "a", "one"), -1},
		{"another name", ask(joe, "get", "", "secrets", "", "", "two"), -1},
		{"user and group", ask(jane, "get", "", "secrets", "", "a", "two"), 4},
		{"user without the group", ask(audit.Attributes{User: "jane"}, "get", "", "secrets", "", "a", "two"), -1},
		{"any group", ask(joe, "get", "extensions", "deployments", "", "a", "b"), 5},
		{"a group", audit.Attributes{User: "jane", Groups: []string{"squad"}, Path: "/x"}, 6},
		{"failed authentication", audit.Attributes{Nobody: true, User: "jane", Groups: []string{"team", "squad"}, Path: "/x"}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := p.Evaluate(&c.a); d.Rule != c.want {
				t.Errorf("%s decides, want %s", d.Path(), audit.RulePath(c.want))
			}
		})
	}
	get := ask(joe, "get", "", "pods", "", "a", "b")
	if d := p.Evaluate(&get); d.OmitManagedFields || d.Level != audit.Request || d.OmitStages != audit.RequestReceived {
		t.Errorf("decision is %+v", d)
	}
	status := ask(joe, "update", "", "nodes", "status", "", "b")
	if d := p.Evaluate(&status); !d.OmitManagedFields || d.OmitStages != audit.RequestReceived|audit.Panic || d.OmitStages.String() != "RequestReceived, Panic" {
		t.Errorf("decision is %+v", d)
	}
}

func TestShadowed(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"after a catch-all", "rules: [{level: Metadata}, {level: None, users: [a]}]", "1<0"},
		{"by one rule", "rules: [{level: None, resources: [{group: '', resources: [pods, secrets]}]}, {level: Metadata, verbs: [get], resources: [{group: '', resources: [secrets]}]}]", "1<0"},
		{"by two rules", "rules: [{level: None, users: [x]}, {level: None, resources: [{group: '', resources: [pods]}]}, {level: None, resources: [{group: '', resources: [secrets]}]}, {level: Metadata, resources: [{group: '', resources: [secrets, pods]}]}]", "3<1,2"},
		{"by verbs", "rules: [{level: None, verbs: [get, list]}, {level: None, verbs: [watch]}, {level: Metadata, verbs: [list, watch]}]", "2<0,1"},
		{"subresources are not covered by the resource", "rules: [{level: None, resources: [{group: '', resources: [pods]}]}, {level: Metadata, resources: [{group: '', resources: [pods/exec]}]}]", ""},
		{"pods/* covers pods", "rules: [{level: None, resources: [{group: '', resources: [pods/*]}]}, {level: Metadata, resources: [{group: '', resources: [pods, pods/exec]}]}]", "1<0"},
		{"one namespace is left", "rules: [{level: None, namespaces: [a]}, {level: Metadata, namespaces: [a, b]}]", ""},
		{"paths", "rules: [{level: None, nonResourceURLs: ['/api*']}, {level: Metadata, nonResourceURLs: ['/api/v1*', /apis]}]", "1<0"},
		{"one path does not cover those below", "rules: [{level: None, nonResourceURLs: [/api]}, {level: Metadata, nonResourceURLs: ['/api*']}]", ""},
		{"a longer pattern does not cover", "rules: [{level: None, nonResourceURLs: ['/api/v1*']}, {level: Metadata, nonResourceURLs: ['/api*']}]", ""},
		{"URLs do not cover resources", "rules: [{level: None, nonResourceURLs: ['*']}, {level: Metadata}]", ""},
		{"failed authentication is left", "rules: [{level: None, userGroups: ['system:authenticated', 'system:unauthenticated']}, {level: Metadata}]", ""},
		{"verbs of the authorizer", "rules: [{level: Metadata, verbs: [impersonate, bind], resources: [{group: ''}]}]", "0!"},
		{"verbs of HTTP for URLs", "rules: [{level: Metadata, verbs: [post]}]", ""},
		{"an impossible resource", "rules: [{level: Metadata, resources: [{group: '', resources: ['*/*', pods/, /exec, '']}]}]", "0!"},
		{"no such group", "rules: [{level: Metadata, resources: [{group: core, resources: [pods]}]}]", "0!"},
		{"a repeated rule", "rules: [{level: Metadata, users: [a]}, {level: Metadata, users: [a]}]", "1=0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, complete := policy(t, c.rules).Shadowed()
			if !complete {
				t.Error("is not complete")
			}
			var got []string
			for _, s := range list {
				sign := map[bool]string{true: "=", false: "<"}[s.Harmless]
				if s.Reason != "" {
					sign = "!"
				}
				var by []string
				for _, b := range s.By {
					by = append(by, string('0'+rune(b)))
				}
				got = append(got, string('0'+rune(s.Rule))+sign+strings.Join(by, ","))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

// checklist is the policy of the hardening checklist of 2019.
const checklist = `
rules:
- level: RequestResponse
  resources: [{group: "", resources: [secrets, configmaps]}]
- level: Metadata
  resources: [{group: "", resources: [pods, services]}]
- level: None
  resources: [{group: "", resources: [endpoints, events]}]
`

func TestChecklistPolicy(t *testing.T) {
	p := policy(t, checklist)
	bodies, _ := p.SecretBodies()
	var what []string
	for _, b := range bodies {
		what = append(what, b.What)
		if b.Rule != 0 || b.Level != audit.RequestResponse {
			t.Errorf("rule %d logs %s at %s", b.Rule, b.What, b.Level)
		}
	}
	if !slices.Equal(what, []string{"the values of Secrets", "the contents of ConfigMaps"}) {
		t.Errorf("secret bodies: %q", what)
	}
	if _, ok := p.Unmatched(); !ok {
		t.Error("the missing catch-all is not found")
	}
	if got := p.Received(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("RequestReceived is logged by %v", got)
	}
	if list, _ := p.Shadowed(); len(list) > 0 {
		t.Errorf("shadowed: %v", list)
	}
	spots, _ := p.BlindSpots()
	var missing []string
	for _, b := range spots {
		if b.Rule != -1 || b.Component {
			t.Errorf("blind spot %+v", b)
		}
		missing = append(missing, b.Concern.ID)
	}
	want := []string{
		"token-reviews", "token-requests", "exec", "attach", "port-forward", "proxy", "node-proxy", "ephemeral-containers", "role-changes", "certificates",
		"admission-changes", "pod-writes",
	}
	if !slices.Equal(missing, want) {
		t.Errorf("blind spots %q, want %q", missing, want)
	}
}

func TestSecretBodies(t *testing.T) {
	const (
		all   = "- {level: RequestResponse}\n"
		safe  = "- {level: Metadata, resources: [{group: '', resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io, resources: [tokenreviews]}]}\n"
		token = "new tokens of service accounts"
	)
	for _, c := range []struct {
		name, rules string
		want        []string
	}{
		{"a catch-all", all, []string{"the values of Secrets", "the contents of ConfigMaps", "the tokens of TokenReviews", token}},
		{"an earlier rule takes them", safe + all, nil},
		{"only of some users", "- {level: Metadata, users: [jane]}\n" + all, []string{"the values of Secrets", "the contents of ConfigMaps", "the tokens of TokenReviews", token}},
		{"the earlier rule is for reading only", "- {level: Metadata, verbs: [get, list], resources: [{group: '', resources: [secrets]}]}\n- {level: RequestResponse, resources: [{group: '', resources: [secrets]}]}\n", []string{"the values of Secrets"}},
		{"a request to read has no body", "- {level: Request, verbs: [get, list, watch]}\n", nil},
		{"watches are not logged", "- {level: RequestResponse, verbs: [watch]}\n", nil},
		{"what waits for its finalizers is shown", "- {level: RequestResponse, verbs: [delete], resources: [{group: '', resources: [secrets]}]}\n", []string{"the values of Secrets"}},
		{"options of a deletion", "- {level: Request, verbs: [delete, deletecollection]}\n", nil},
		{"a collection is deleted", "- {level: RequestResponse, verbs: [deletecollection], resources: [{group: '', resources: [secrets]}]}\n", []string{"the values of Secrets"}},
		{"the request for a token has none in it", "- {level: Request, resources: [{group: '', resources: [serviceaccounts/token]}]}\n", nil},
		{"secrets are in namespaces", "- {level: RequestResponse, namespaces: [''], verbs: [get, create]}\n", []string{"the tokens of TokenReviews"}},
		{"lists across namespaces", "- {level: RequestResponse, namespaces: [''], verbs: [list], resources: [{group: '', resources: [secrets]}]}\n", []string{"the values of Secrets"}},
		{"all authenticated are taken", "- {level: Metadata, userGroups: ['system:authenticated']}\n" + "- {level: RequestResponse, users: [bob]}\n", nil},
		{"by name", "- {level: RequestResponse, resources: [{group: '', resources: [secrets], resourceNames: [one]}]}\n", []string{"the values of Secrets"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy(t, "rules:\n"+c.rules)
			list, _ := p.SecretBodies()
			var got []string
			for _, e := range list {
				got = append(got, e.What)
				if d := p.Evaluate(&e.Example); d.Rule != e.Rule || d.Level != e.Level {
					t.Errorf("example %+v is decided by %d at %s", e.Example, d.Rule, d.Level)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBlindSpots(t *testing.T) {
	const rest = "- {level: Metadata}\n"
	for _, c := range []struct{ name, rules, want string }{
		{"nothing is left out", rest, ""},
		{"one user", "- {level: None, users: [jane], resources: [{group: '', resources: [secrets]}]}\n" + rest, "0:secret-reads:jane 0:secret-writes:jane"},
		{"admins", "- {level: None, userGroups: ['system:masters'], resources: [{group: '', resources: [pods/exec]}]}\n" + rest, "0:exec:jane"},
		{"a component", "- {level: None, users: ['system:kube-controller-manager'], verbs: [get], resources: [{group: '', resources: [secrets]}]}\n" + rest, "0:secret-reads:(system:kube-controller-manager)"},
		{"nodes", "- {level: None, userGroups: ['system:nodes'], verbs: [get], resources: [{group: '', resources: [secrets]}]}\n" + rest, "0:secret-reads:(system:node:worker)"},
		{"pods of kube-system", "- {level: None, userGroups: ['system:serviceaccounts:kube-system'], verbs: [get], resources: [{group: '', resources: [secrets]}]}\n" + rest, "0:secret-reads:system:serviceaccount:kube-system:app"},
		{"a controller of kube-system", "- {level: None, users: ['system:serviceaccount:kube-system:garbage-collector'], verbs: [get], resources: [{group: '', resources: [secrets]}]}\n" + rest, "0:secret-reads:(system:serviceaccount:kube-system:garbage-collector)"},
		{"what is dull", "- {level: None, verbs: [get, list, watch], resources: [{group: '', resources: [events, endpoints]}, {group: coordination.k8s.io}]}\n" + rest, ""},
		{"a whole group", "- {level: None, resources: [{group: rbac.authorization.k8s.io}]}\n" + rest, "0:role-changes:jane"},
		{"an earlier rule takes them", "- {level: Metadata, resources: [{group: '', resources: [secrets]}]}\n- {level: None, verbs: [get], resources: [{group: ''}], namespaces: [a]}\n" + rest, "1:config-maps:jane 1:exec:jane 1:attach:jane 1:port-forward:jane 1:proxy:jane"},
		{"all stages left out", "- {level: Metadata, omitStages: [RequestReceived, ResponseComplete]}\n", "0:secret-reads:jane 0:secret-writes:jane 0:config-maps:jane 0:token-reviews:jane 0:token-requests:jane 0:role-changes:jane 0:certificates:jane 0:admission-changes:jane 0:pod-writes:jane 0:ephemeral-containers:jane"},
		{"the start of long requests is there", "- {level: Metadata, omitStages: [RequestReceived, ResponseStarted]}\n", ""},
		{"anonymous", "- {level: None, users: ['system:anonymous'], resources: [{group: '', resources: [secrets]}], verbs: [list]}\n" + rest, "0:secret-reads:system:anonymous"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy(t, "rules:\n"+c.rules)
			list, _ := p.BlindSpots()
			var got []string
			for _, b := range list {
				who := b.Example.User
				if b.Component {
					who = "(" + who + ")"
				}
				got = append(got, string('0'+rune(b.Rule))+":"+b.Concern.ID+":"+who)
				if d := p.Evaluate(&b.Example); d.Rule != b.Rule {
					t.Errorf("example %+v is decided by %d", b.Example, d.Rule)
				}
			}
			if strings.Join(sorted(got), " ") != strings.Join(sorted(strings.Fields(c.want)), " ") {
				t.Errorf("got  %q\nwant %q", sorted(got), sorted(strings.Fields(c.want)))
			}
		})
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
