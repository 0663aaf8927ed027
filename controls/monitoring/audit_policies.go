// Package monitoring has the controls of the layer monitoring: what is logged, and who looks at it.
package monitoring

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// auditPolicies is the file that --audit-policy-file names.
var auditPolicies = []control.Kind{{Group: "audit.k8s.io", Kind: "Policy"}}

const (
	auditSection = "audit-policy"
	needsAudit   = "Audit logging: native API audit"
	auditDocs    = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"
	auditAPI     = "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/"
	auditChecker = "https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apiserver/pkg/audit/policy/checker.go"

	// noPolicyForFiles is why there is no admission policy.
	noPolicyForFiles = "The API server reads this file when it starts; it never passes admission."
)

// readPolicy reads the policy. If the API server does not start with it nothing is known of what it logs: that is reported, and
// ok is false.
func readPolicy(at tree.Node, fail control.FailFunc) (p *audit.Policy, ok bool) {
	p, flaws := audit.Read(at)
	for _, f := range flaws {
		if f.Class == audit.Refused {
			fail(control.Violation{At: at, Problem: "is refused by the API server: " + strings.TrimSpace(f.Path+" "+f.Message), Unknown: true})
			return nil, false
		}
	}
	return p, true
}

// unfinished reports that a policy is too intricate to be looked at as a whole.
func unfinished(at tree.Node, complete bool, fail control.FailFunc) {
	if !complete {
		fail(control.Violation{At: at.Get("rules"), Problem: "are too intricate to look at all requests", Unknown: true})
	}
}

// spots are the blind spots that one rule is to blame for.
type spots struct {
	rule   int
	titles []string
	first  audit.BlindSpot
}

// byRule puts the blind spots of a rule together.
func byRule(list []audit.BlindSpot, counts func(b *audit.BlindSpot) bool) []spots {
	var all []spots
	for i := range list {
		b := &list[i]
		if !counts(b) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].rule != b.Rule {
			all = append(all, spots{rule: b.Rule, first: *b})
		}
		s := &all[len(all)-1]
		if !slices.Contains(s.titles, b.Concern.Title) {
			s.titles = append(s.titles, b.Concern.Title)
		}
	}
	return all
}

// text names what is not logged, with one request as the proof.
func (s *spots) text() string {
	return strings.Join(s.titles, "; ") + "; for example " + s.first.Example.Verb + " " + s.first.Example.What() + " by " + s.first.Example.Who()
}

// violation says that a rule leaves something out, where it does; stages says what omitted stages do.
func (s *spots) violation(at tree.Node, stages string) control.Violation {
	if s.rule < 0 {
		return control.Violation{At: at.Get("rules"), Problem: "has nothing for, and so does not log: " + s.text()}
	}
	rule := at.Get("rules").At(s.rule)
	if s.first.Stages == 0 {
		return control.Violation{At: rule.Get("level"), Problem: "is None, which leaves no trace of: " + s.text()}
	}
	omitted := rule.Get("omitStages")
	if omitted.Len() == 0 {
		omitted = at.Get("omitStages")
	}
	return control.Violation{At: omitted, Problem: stages + ": " + s.text()}
}

// ruleMap and others are for the examples of controls.
type ruleMap = map[string]any

func resourcesOf(group string, resources ...any) []any {
	return []any{ruleMap{"group": group, "resources": resources}}
}

// everything is the rule that catches the rest.
func everything(level string) ruleMap { return ruleMap{"level": level} }

// apiServerKinds are what an API server is configured by.
func apiServerKinds() []control.Kind {
	return append(
		control.WorkloadKinds(),
		control.Kind{Kind: "File"},
		control.Kind{Kind: "ConfigMap"},
		control.Kind{Group: "kubeharden.io", Kind: "ClusterFacts"},
		control.Kind{Group: "kubeadm.k8s.io", Kind: control.AnyKind},
		control.Kind{Group: "k0s.k0sproject.io", Kind: control.AnyKind},
		control.Kind{Group: "k0sctl.k0sproject.io", Kind: control.AnyKind},
	)
}

// apiServer is a requirement on the API server.
func apiServer(settings ...control.Setting) *control.OnComponents {
	return &control.OnComponents{Of: []component.Kind{component.APIServer}, Settings: settings}
}

const (
	noPolicyForComponents = "An admission policy does not see what the API server is started with: a static pod does not pass admission."
	nsaAudit              = needsAudit
)
