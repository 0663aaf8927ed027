package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/audit"
)

// random makes policies out of few words, so that rules meet.
type random struct{ *rand.Rand }

func (r random) some(most int, words ...string) []string {
	var out []string
	for range r.IntN(most + 1) {
		out = append(out, words[r.IntN(len(words))])
	}
	return out
}

var (
	someUsers      = []string{"jane", "system:anonymous", "system:serviceaccount:a:b"}
	someGroups     = []string{"team", "system:authenticated", "system:masters"}
	someVerbs      = []string{"get", "list", "create", "update", "impersonate"}
	someAPIs       = []string{"", "apps", "*"}
	someResources  = []string{"secrets", "pods", "pods/exec", "pods/*", "*/exec", "*", "*/*"}
	someNames      = []string{"", "one"}
	someNamespaces = []string{"", "a"}
	somePaths      = []string{"/api*", "/api/v1", "*", "/healthz", "/healthz*"}
)

func (r random) policy() *audit.Policy {
	p := &audit.Policy{}
	for range 1 + r.IntN(5) {
		rule := audit.Rule{Level: audit.Level(r.IntN(4)), Verbs: r.some(3, someVerbs...)}
		if r.IntN(4) == 0 {
			rule.Users = r.some(2, someUsers...)
		}
		if r.IntN(4) == 0 {
			rule.UserGroups = r.some(2, someGroups...)
		}
		switch r.IntN(5) {
		case 0:
			rule.NonResourceURLs = r.some(2, somePaths...)
		case 1:
			rule.Namespaces = r.some(2, someNamespaces...)
		case 2:
		default:
			for range 1 + r.IntN(2) {
				g := audit.GroupResources{Group: someAPIs[r.IntN(3)], Resources: r.some(3, someResources...)}
				if len(g.Resources) > 0 && r.IntN(3) == 0 {
					g.ResourceNames = r.some(2, someNames...)
				}
				rule.Resources = append(rule.Resources, g)
			}
			rule.Namespaces = r.some(r.IntN(3), someNamespaces...)
		}
		if r.IntN(4) == 0 {
			rule.OmitStages = audit.Stages(r.IntN(16))
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

// universe yields requests with every value that the policies can name, and with one that they cannot. Of groups the API
// server could give any set; fewer groups match fewer rules.
func universe(yield func(*audit.Attributes) bool) {
	verbs := []string{"", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "proxy"}
	for _, who := range everybody() {
		for _, path := range []string{"/other", "/api", "/api/v1", "/healthz", "/healthz/x"} {
			for _, verb := range []string{"get", "list", "create", "update", "impersonate", "other"} {
				a := who
				a.Verb, a.Path = verb, path
				if !yield(&a) {
					return
				}
			}
		}
		for _, verb := range verbs {
			for _, resource := range [][2]string{{"secrets", ""}, {"secrets", "exec"}, {"secrets", "x"}, {"pods", ""}, {"pods", "exec"}, {"pods", "x"}, {"x", ""}, {"x", "exec"}, {"x", "x"}} {
				for i := range 3 * 3 * 3 {
					a := who
					a.ResourceRequest, a.Verb, a.Resource, a.Subresource = true, verb, resource[0], resource[1]
					a.Group, a.Namespace, a.Name = []string{"", "apps", "x"}[i%3], []string{"", "a", "x"}[i/3%3], []string{"", "one", "x"}[i/9]
					if !yield(&a) {
						return
					}
				}
			}
		}
	}
}

func everybody() []audit.Attributes {
	var all []audit.Attributes
	for _, user := range append([]string{"other"}, someUsers...) {
		all = append(all, audit.Attributes{User: user})
		for _, g := range someGroups {
			all = append(all, audit.Attributes{User: user, Groups: []string{g}})
		}
	}
	return append(all, audit.Attributes{Nobody: true})
}

// A rule is called shadowed if and only if no request of the universe reaches it.
func TestShadowedIsExact(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 2))}
	shadowed := 0
	for i := range 150 {
		p := r.policy()
		reached := map[int]bool{}
		for a := range universe {
			reached[p.Evaluate(a).Rule] = true
		}
		list, complete := p.Shadowed()
		if !complete {
			t.Fatalf("%d: not complete", i)
		}
		claimed := map[int]bool{}
		for _, s := range list {
			claimed[s.Rule] = true
			shadowed++
			// The rules that are named take everything of the shadowed one, without the others.
			if s.Reason == "" {
				part := &audit.Policy{}
				for _, by := range s.By {
					part.Rules = append(part.Rules, p.Rules[by])
				}
				part.Rules = append(part.Rules, p.Rules[s.Rule])
				for a := range universe {
					if part.Evaluate(a).Rule == len(s.By) {
						t.Fatalf("%d: rule %d is reached beside %v by %+v", i, s.Rule, s.By, a)
					}
				}
			}
		}
		for rule := range p.Rules {
			if reached[rule] == claimed[rule] {
				t.Fatalf("%d: rule %d reached %v, claimed as shadowed %v\n%s", i, rule, reached[rule], claimed[rule], describe(p))
			}
		}
	}
	if shadowed < 50 {
		t.Errorf("only %d rules were shadowed: the test says little", shadowed)
	}
}

func describe(p *audit.Policy) string {
	s := ""
	for i, r := range p.Rules {
		s += fmt.Sprintf("%d %+v\n", i, r)
	}
	return s
}

// Every example that an analysis gives is a request that the rule decides, with what is claimed of it.
func TestExamplesProveTheirClaims(t *testing.T) {
	r := random{rand.New(rand.NewPCG(3, 4))}
	n := 0
	for i := range 2000 {
		p := r.policy()
		check := func(what string, a audit.Attributes, rule int) audit.Decision {
			n++
			d := p.Evaluate(&a)
			if d.Rule != rule {
				t.Fatalf("%d: %s: rule %d decides on %+v, not %d\n%s", i, what, d.Rule, a, rule, describe(p))
			}
			return d
		}
		bodies, _ := p.SecretBodies()
		for _, e := range bodies {
			if d := check(e.What, e.Example, e.Rule); d.Level != e.Level || d.Level < audit.Request {
				t.Fatalf("%d: level %s", i, d.Level)
			}
		}
		spots, _ := p.BlindSpots()
		for _, b := range spots {
			if d := check(b.Concern.ID, b.Example, b.Rule); d.Level != audit.None && !d.OmitStages.Has(b.Stages) {
				t.Fatalf("%d: level %s without %s", i, d.Level, d.OmitStages)
			}
		}
		if a, ok := p.Unmatched(); ok {
			check("unmatched", a, -1)
		}
	}
	if n < 1000 {
		t.Errorf("only %d examples", n)
	}
}

// What no analysis found no request shows: the sensitive requests of the universe are logged, and without secrets.
func TestNothingIsOverlooked(t *testing.T) {
	r := random{rand.New(rand.NewPCG(5, 6))}
	for i := range 1000 {
		p := r.policy()
		spots, _ := p.BlindSpots()
		bodies, _ := p.SecretBodies()
		for _, who := range []audit.Attributes{
			{User: "other", Groups: []string{"system:authenticated"}},
			{User: "jane", Groups: []string{"system:authenticated"}},
			{User: "other", Groups: []string{"system:masters", "system:authenticated"}},
		} {
			read, create := who, who
			read.ResourceRequest, read.Verb, read.Resource, read.Namespace, read.Name = true, "get", "secrets", "a", "one"
			create.ResourceRequest, create.Verb, create.Resource, create.Namespace = true, "create", "secrets", "x"
			for _, a := range []audit.Attributes{read, create} {
				d := p.Evaluate(&a)
				blind := d.Level == audit.None || d.OmitStages.Has(audit.RequestReceived|audit.ResponseComplete)
				if blind && !slices.ContainsFunc(spots, func(b audit.BlindSpot) bool { return b.Rule == d.Rule }) {
					t.Fatalf("%d: blind spot overlooked: %+v by %d\n%s", i, a, d.Rule, describe(p))
				}
				secret := d.Level == audit.RequestResponse || d.Level == audit.Request && a.Verb == "create"
				if secret && !slices.ContainsFunc(bodies, func(e audit.Exposure) bool { return e.Rule == d.Rule && e.What == "the values of Secrets" }) {
					t.Fatalf("%d: secret overlooked: %+v by %d\n%s", i, a, d.Rule, describe(p))
				}
			}
		}
	}
}
