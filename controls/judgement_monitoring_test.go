package controls_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
)

// TestJudgementOfAuditPolicies has what the laws cannot derive: exactly what is said.
func TestJudgementOfAuditPolicies(t *testing.T) {
	const (
		head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
		// The hardening checklist of 2019.
		checklist = head + `rules:
- level: RequestResponse
  resources: [{group: "", resources: [secrets, configmaps]}]
- level: Metadata
  resources: [{group: "", resources: [pods, services]}]
- level: None
  resources: [{group: "", resources: [endpoints, events]}]
`
	)
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{
			"the checklist", "audit-policy-logs-secret-bodies", checklist,
			[]string{"rules[0].level is RequestResponse, which logs the values of Secrets, the contents of ConfigMaps; for example create secrets in shop"},
		},
		{
			"the checklist", "audit-policy-incomplete", checklist,
			[]string{"rules has nothing for, and so does not log: TokenReviews; tokens made for service accounts; exec into pods; attach to pods; port forwarding to pods; " +
				"proxying to pods and services; proxying to nodes, which is exec into every pod there; debug containers put into pods; changes of roles and bindings; " +
				"requesting and approving client certificates; changes of admission webhooks and policies; creating, changing and deleting pods and workloads; " +
				"for example create tokenreviews.authentication.k8s.io by jane (system:authenticated)"},
		},
		{"the checklist", "audit-policy-blind-spots", checklist, nil},
		{"the checklist", "audit-policy-rule-shadowed", checklist, nil},
		{"the checklist", "audit-policy-invalid", checklist, nil},
		{
			"two earlier rules", "audit-policy-rule-shadowed", head + "rules: [{level: None, verbs: [get]}, {level: None, verbs: [list]}, {level: Metadata, verbs: [get, list]}, {level: Metadata}]",
			[]string{"rules[2] can never match: rules[0] and rules[1] take all its requests"},
		},
		{"a field that there is not", "audit-policy-invalid", head + "rules: [{level: None, user: [a]}]", []string{"rules[0].user is no field of an audit policy, so it is ignored"}},
		{"a level that is missing", "audit-policy-invalid", head + "rules: [{users: [a]}]", []string{"rules[0].level is missing"}},
		{
			"an old version is judged all the same", "audit-policy-logs-secret-bodies", strings.Replace(head, "/v1", "/v1beta1", 1) + "rules: [{level: Request, resources: [{resources: [secrets]}]}]",
			[]string{"rules[0].level is Request, which logs the values of Secrets; for example create secrets in shop"},
		},
		{
			"stages of the policy", "audit-policy-blind-spots", head + "omitStages: [ResponseComplete, RequestReceived]\nrules: [{level: Metadata, verbs: [get], resources: [{resources: [secrets]}]}]",
			[]string{"omitStages leaves nothing of: reading Secrets; for example get secrets example in shop by jane (system:authenticated)"},
		},
		{
			"exec without its outcome", "audit-events-for-sensitive-operations", head + "rules: [{level: Metadata, resources: [{resources: [pods/exec]}], omitStages: [ResponseStarted, ResponseComplete]}, {level: Metadata}]",
			[]string{"rules[0].omitStages leaves out the outcome of: exec into pods; for example create pods/exec example in shop by jane (system:authenticated)"},
		},
	} {
		t.Run(c.name+" "+c.control, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// Before Kubernetes 1.24 the old versions were read.
func TestOldAuditPolicyOfAnOldCluster(t *testing.T) {
	p := parse(t, fixture.Map{"apiVersion": "audit.k8s.io/v1beta1", "kind": "Policy", "rules": []any{fixture.Map{"level": "Metadata"}}})
	for version, holds := range map[control.Minor]bool{23: true, 24: false} {
		for _, j := range p.judge(controls.Find("audit-policy-invalid")[0], version) {
			if j.holds() != holds {
				t.Errorf("for %s it holds: %v", version, j.holds())
			}
		}
	}
}

// What the API server refuses has no verdict but that.
func TestRefusedAuditPolicyIsUnknown(t *testing.T) {
	var data fixture.Map
	if err := yaml.Unmarshal([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: All}]"), &data); err != nil {
		t.Fatal(err)
	}
	p := parse(t, data)
	for _, id := range []string{
		"audit-policy-incomplete", "audit-policy-logs-secret-bodies", "audit-policy-rule-shadowed", "audit-policy-blind-spots", "audit-events-for-sensitive-operations",
	} {
		for _, j := range p.judge(controls.Find(id)[0], control.LatestMinor) {
			list := j.explain()
			if j.holds() || len(list) != 1 || !list[0].Unknown || !strings.Contains(list[0].Problem, "rules[0].level must be None, Metadata") {
				t.Errorf("%s: %+v", id, list)
			}
		}
	}
}
