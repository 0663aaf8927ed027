package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/tree"
)

// Whatever a document is, reading it ends without a panic, its flaws have places, and what the analyses claim their examples prove.
func FuzzRead(f *testing.F) {
	for _, rules := range []string{
		checklist, "rules: [null]", "rules: {}", "rules: [{level: None, users: [null, 1]}]", "omitStages: x\nrules: [{level: Metadata}]",
		"rules: [{level: None, nonResourceURLs: ['', '*', '/**']}, {level: Request, verbs: [create], resources: [{resources: [/, '*/', a/b/c]}]}]",
	} {
		f.Add("apiVersion: audit.k8s.io/v1\nkind: Policy\n" + rules)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for doc := range tree.Split([]byte(src)) {
			tr, err := tree.NewParser().Parse([]byte(src), doc)
			if err != nil {
				continue
			}
			p, flaws := audit.Read(tr.Root())
			for _, flaw := range flaws {
				if flaw.Message == "" {
					t.Errorf("a flaw of %q says nothing", flaw.Path)
				}
			}
			p.Shadowed()
			bodies, _ := p.SecretBodies()
			for _, e := range bodies {
				if d := p.Evaluate(&e.Example); d.Rule != e.Rule {
					t.Errorf("example %+v of rule %d is decided by %d", e.Example, e.Rule, d.Rule)
				}
			}
			if a, ok := p.Unmatched(); ok && p.Evaluate(&a).Rule >= 0 {
				t.Errorf("%+v is not unmatched", a)
			}
		}
	})
}

// A policy made to be slow is given up, and said to be so.
func TestHostilePoliciesEnd(t *testing.T) {
	var many strings.Builder
	many.WriteString("rules:\n")
	list := func(prefix string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s%d,", prefix, i)
		}
		return b.String()
	}
	for i := range 300 {
		fmt.Fprintf(&many, "- {level: None, users: [%s], verbs: [%s], namespaces: [%s]}\n", list("u", 30+i%3), list("v", 30), list("n", 30))
	}
	fmt.Fprintf(&many, "- {level: RequestResponse, users: [%s], resources: [{group: '', resources: [%s]}]}\n", list("u", 3000), list("r", 3000))
	same := "rules:\n- {level: RequestResponse, resources: [{group: '', resources: [" + strings.Repeat("secrets,", 30000) + "]}]}\n"
	for _, rules := range []string{many.String(), same, "rules:\n" + strings.Repeat("- {level: Metadata, users: [a]}\n", 5000)} {
		p := policy(t, rules)
		_, complete := p.Shadowed()
		p.SecretBodies()
		p.BlindSpots()
		p.Unmatched()
		t.Logf("complete: %v", complete)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p := policy(b, checklist)
	for range 40 {
		p.Rules = append(p.Rules, audit.Rule{
			Level: audit.None, Users: []string{"system:kube-proxy"}, Verbs: []string{"watch"},
			Resources: []audit.GroupResources{{Resources: []string{"endpoints", "services", "services/status"}}},
		})
	}
	a := audit.Attributes{User: "jane", Groups: []string{"system:authenticated"}, Verb: "get", ResourceRequest: true, Resource: "nodes", Subresource: "proxy", Name: "worker"}
	b.ReportAllocs()
	for b.Loop() {
		p.Evaluate(&a)
	}
}

func BenchmarkAnalyses(b *testing.B) {
	var hostile strings.Builder
	hostile.WriteString("rules:\n")
	for i := range 3000 {
		fmt.Fprintf(&hostile, "- {level: None, users: [u%d, u%d, u%d, u%d, u%d, u%d, u%d, u%d, u%d, u%d], verbs: [get, create], namespaces: [a, b, c]}\n", i, i+1, i+2, i+3, i+4, i+5, i+6, i+7, i+8, i+9)
	}
	good, err := audit.Generate(audit.Options{})
	if err != nil {
		b.Fatal(err)
	}
	generated, _ := audit.Read(root(b, string(good)))
	for name, p := range map[string]*audit.Policy{"generated": generated, "hostile": policy(b, hostile.String())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Shadowed()
				p.SecretBodies()
				p.BlindSpots()
				p.Unmatched()
			}
		})
	}
}
