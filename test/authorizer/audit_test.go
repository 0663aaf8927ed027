package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	auditapi "k8s.io/apiserver/pkg/audit"
	auditpolicy "k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/tree"
)

// What audit policies are made of: few words, so that they meet, and some that the API server refuses.
var (
	auditLevels    = []string{"None", "Metadata", "Request", "RequestResponse"}
	auditStages    = []string{"RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"}
	auditVerbs     = []string{"get", "list", "create", "post", ""}
	auditGroups    = []string{"", "apps", "*"}
	auditResources = []string{"pods", "pods/exec", "pods/*", "*/exec", "*", "*/*", "secrets", "secrets/", "/exec", "pods/exec/x", ""}
	auditURLs      = []string{"/api*", "/api/v1", "*", "/", "/healthz", "/healthz*", "/*"}
)

func (r random) auditRule() auditv1.PolicyRule {
	rule := auditv1.PolicyRule{
		Level: auditv1.Level(r.pick(auditLevels...)), Users: r.some(r.IntN(3), users...), UserGroups: r.some(r.IntN(3), teams...), Verbs: r.some(r.IntN(3), auditVerbs...),
	}
	for range r.IntN(3) {
		rule.OmitStages = append(rule.OmitStages, auditv1.Stage(r.pick(auditStages...)))
	}
	if r.IntN(3) == 0 {
		omit := r.IntN(2) == 0
		rule.OmitManagedFields = &omit
	}
	switch r.IntN(4) {
	case 0:
		rule.NonResourceURLs = r.some(2, auditURLs...)
	case 1:
		rule.Namespaces = r.some(2, "one", "two", "")
	default:
		for range r.IntN(3) {
			g := auditv1.GroupResources{Group: r.pick(auditGroups...), Resources: r.some(3, auditResources...)}
			if len(g.Resources) > 0 {
				g.ResourceNames = r.some(r.IntN(3), names...)
			}
			rule.Resources = append(rule.Resources, g)
		}
	}
	r.spoil(&rule)
	return rule
}

// spoil makes one in twenty rules one that the API server may refuse.
func (r random) spoil(rule *auditv1.PolicyRule) {
	if r.IntN(20) > 0 {
		return
	}
	switch r.IntN(6) {
	case 0:
		rule.Level = auditv1.Level(r.pick("", "metadata"))
	case 1:
		rule.NonResourceURLs = append(rule.NonResourceURLs, r.pick("api", "/a*b", "", "/a**", "**"))
	case 2:
		rule.Resources = append(rule.Resources, auditv1.GroupResources{Group: r.pick("apps/v1", "Apps", "a..b", "a-", "v1", strings.Repeat("a.", 130)+"a")})
	case 3:
		rule.Resources = append(rule.Resources, auditv1.GroupResources{ResourceNames: []string{"a"}})
	case 4:
		rule.OmitStages = append(rule.OmitStages, auditv1.Stage(r.pick("", "panic", "Done")))
	default:
		rule.NonResourceURLs, rule.Namespaces = []string{"/x"}, []string{"one"}
	}
}

func (r random) auditPolicy() *auditv1.Policy {
	p := &auditv1.Policy{OmitManagedFields: r.IntN(2) == 0}
	p.APIVersion, p.Kind = "audit.k8s.io/v1", "Policy"
	for range r.IntN(2) {
		p.OmitStages = append(p.OmitStages, auditv1.Stage(r.pick(auditStages...)))
	}
	for range r.IntN(6) {
		p.Rules = append(p.Rules, r.auditRule())
	}
	return p
}

// auditRequest is a request in both forms.
func (r random) auditRequest() (theirs authorizer.AttributesRecord, ours audit.Attributes) {
	theirs = authorizer.AttributesRecord{Verb: r.pick(auditVerbs...), Path: r.pick("/api", "/api/v1", "/", "/healthz", "/healthz/x", "/x")}
	if r.IntN(3) > 0 {
		theirs.ResourceRequest = true
		theirs.APIGroup, theirs.Resource, theirs.Subresource = r.pick("", "apps", "x"), r.pick("pods", "secrets", "x", "*"), r.pick("", "", "exec", "*", "x")
		theirs.Namespace, theirs.Name = r.pick("", "one", "x"), r.pick("a", "", "x")
	}
	ours = audit.Attributes{
		Verb: theirs.Verb, Path: theirs.Path, ResourceRequest: theirs.ResourceRequest, Group: theirs.APIGroup, Resource: theirs.Resource, Subresource: theirs.Subresource,
		Namespace: theirs.Namespace, Name: theirs.Name,
	}
	if r.IntN(10) == 0 {
		ours.Nobody = true
		return theirs, ours
	}
	who := &user.DefaultInfo{Name: r.pick(append([]string{"", "x"}, users...)...), Groups: r.some(3, append([]string{"x"}, teams...)...)}
	theirs.User, ours.User, ours.Groups = who, who.Name, who.Groups
	return theirs, ours
}

// The API server and package audit read the same policies, refuse the same, and decide the same.
func TestAuditPolicies(t *testing.T) {
	const policies, requests = 3000, 20
	r := random{rand.New(rand.NewPCG(11, 12))}
	parser := tree.NewParser()
	refused, decisions := 0, 0
	for i := range policies {
		src, err := json.Marshal(r.auditPolicy())
		if err != nil {
			t.Fatal(err)
		}
		root, err := parser.Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		ours, flaws := audit.Read(root.Root())
		theirs, err := auditpolicy.LoadPolicyFromBytes(src)
		isRefused := slices.ContainsFunc(flaws, func(f audit.Flaw) bool { return f.Class != audit.Ignored })
		if isRefused != (err != nil) {
			t.Fatalf("%d: the API server says %v, we say %v\n%s", i, err, flaws, src)
		}
		if err != nil {
			refused++
			continue
		}
		evaluator := auditpolicy.NewPolicyRuleEvaluator(theirs)
		for range requests {
			theirRequest, ourRequest := r.auditRequest()
			want := evaluator.EvaluatePolicyRule(theirRequest)
			got := ours.Evaluate(&ourRequest)
			decisions++
			if got.Level.String() != string(want.Level) || got.OmitManagedFields != want.OmitManagedFields || stageText(got.OmitStages.Names()) != stageText(texted(want.OmitStages)) {
				t.Fatalf("%d: got %+v, want %+v\nfor %+v\nof %s", i, got, want, ourRequest, src)
			}
		}
		checkAuditExamples(t, ours, evaluator)
	}
	t.Logf("%d policies, of which %d are refused, %d requests", policies, refused, decisions)
	if refused < policies/20 || decisions < 5000 {
		t.Error("too few to say anything")
	}
}

// checkAuditExamples asks the API server about the examples by which we prove that a policy has a flaw.
func checkAuditExamples(t *testing.T, p *audit.Policy, evaluator auditapi.PolicyRuleEvaluator) {
	t.Helper()
	ask := func(a audit.Attributes) auditinternal.Level {
		return evaluator.EvaluatePolicyRule(authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: a.User, Groups: a.Groups}, Verb: a.Verb, Path: a.Path, ResourceRequest: a.ResourceRequest, APIGroup: a.Group,
			Resource: a.Resource, Subresource: a.Subresource, Namespace: a.Namespace, Name: a.Name,
		}).Level
	}
	bodies, _ := p.SecretBodies()
	for _, e := range bodies {
		if level := ask(e.Example); string(level) != e.Level.String() {
			t.Fatalf("%+v is logged at %s, not %s", e.Example, level, e.Level)
		}
	}
	spots, _ := p.BlindSpots()
	for _, b := range spots {
		if level := ask(b.Example); (level == auditinternal.LevelNone) != (b.Stages == 0) {
			t.Fatalf("%+v is logged at %s", b.Example, level)
		}
	}
	if a, ok := p.Unmatched(); ok && ask(a) != auditinternal.LevelNone {
		t.Fatalf("%+v is logged", a)
	}
}

func texted(stages []auditinternal.Stage) []string {
	var out []string
	for _, s := range stages {
		out = append(out, string(s))
	}
	return out
}

func stageText(names []string) string { return fmt.Sprint(slices.Sorted(slices.Values(names))) }
