package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// ExecIntoProtectedPodsNotBlocked: who blocks exec blocks attach as well.
var ExecIntoProtectedPodsNotBlocked = control.Control{
	ID: "exec-into-protected-pods-not-blocked", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Check pods/attach and CONNECT wherever pods/exec is checked",
	Scope: control.Objects,
	Kinds: slices.Concat(admissionKinds, kyverno.Kinds()),
	Require: &control.Func{
		Check: checkExec, Text: "a check of pods/exec must have the operation CONNECT, and look at pods/attach too",
	},
	Risk:     "Attaching to containers, as kubectl attach and kubectl run -i do, is refused where exec is.",
	Fix:      control.Advice,
	NoFix:    "A check written for exec reads options that attach does not have, so it has to be extended by a person.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Give the rule operations: [CONNECT] and resources: [pods/exec, pods/attach]; in Kyverno, match PodExecOptions and PodAttachOptions.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1609"},
		Source: []string{webhookDocs, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/deny-exec-by-namespace-label", "other/deny-exec-by-namespace-name", "other/deny-exec-by-pod-and-container", "other/deny-exec-by-pod-label", "other/deny-exec-by-pod-name", "other/block-kubectl-cp-by-pod-label", "other/block-kubectl-cp"},
	},
	Why: `Exec is a CONNECT request: a rule for CREATE or UPDATE on pods/exec never sees one. Attach leads to the same container, to a shell if its
main process is one, so a check of exec alone leaves a way in. Whether a cluster has such a check at all, one manifest cannot tell.`,
	Bad: []control.Change{
		webhookWith("CREATE", map[string]any{"rules": []any{admissionRule("pods/exec", "pods/attach")}}),
		webhookWith("no attach", map[string]any{"rules": []any{connectRule("pods/exec")}}),
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingAdmissionPolicy", Value: []any{connectRule("pods/exec")}, Name: "no attach"},
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingPolicy", Value: []any{admissionRule("pods/exec")}, Name: "CREATE"},
		{Path: "spec.matchConstraints.resourceRules", Kind: "NamespacedValidatingPolicy", Value: []any{admissionRule("pods/exec")}, Name: "CREATE"},
		{Path: "spec.rules", Kind: "ClusterPolicy", Value: []any{kyverno.Matching("PodExecOptions")}, Name: "no attach"},
		{Path: "spec.rules", Kind: "Policy", Value: []any{kyverno.Matching("Pod/exec")}, Name: "no attach"},
	},
	Good: []control.Change{
		webhookWith("both", map[string]any{"rules": []any{connectRule("pods/exec", "pods/attach")}}),
		webhookWith("two rules", map[string]any{"rules": []any{connectRule("pods/exec"), connectRule("pods/attach")}}),
		webhookWith("all of pods", map[string]any{"rules": []any{connectRule("pods/*")}}),
		{Path: "spec.rules", Kind: "ClusterPolicy", Value: []any{kyverno.Matching("PodExecOptions", "PodAttachOptions")}, Name: "both"},
		{Path: "spec.rules", Kind: "Policy", Value: []any{kyverno.Matching("Pod/exec"), kyverno.Matching("Pod/attach")}, Name: "two rules"},
	},
}

func checkExec(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if s.Object.Group() == kyverno.Group {
		checkKyvernoExec(at, fail)
		return
	}
	for c := range checkers(s, at) {
		switch {
		case !c.names("pods/exec"):
		case !c.sees("", "pods/exec", "CONNECT"):
			if !fail(control.Violation{At: c.rules, Problem: "has pods/exec without the operation CONNECT, so it sees no exec"}) {
				return
			}
		case !c.sees("", "pods/attach", "CONNECT"):
			if !fail(control.Violation{At: c.rules, Problem: "has pods/exec but not pods/attach, which leads into the same container"}) {
				return
			}
		}
	}
}

func checkKyvernoExec(at tree.Node, fail control.FailFunc) {
	exec, attach := false, false
	rules := at.Get("spec").Get("rules")
	for _, rule := range rules.Items() {
		if !rule.Get("validate").Exists() {
			continue
		}
		for kind := range kyverno.Matches(rule) {
			exec = exec || slices.Contains([]string{"PodExecOptions", "Pod/exec", "v1/Pod/exec", "Pod.exec"}, kind)
			attach = attach || slices.Contains([]string{"PodAttachOptions", "Pod/attach", "v1/Pod/attach", "Pod.attach", "Pod/*", "*/*"}, kind)
		}
	}
	if exec && !attach {
		fail(control.Violation{At: rules, Problem: "match exec but not attach (PodAttachOptions), which leads into the same container"})
	}
}

func connectRule(resources ...string) map[string]any {
	rule := admissionRule(resources...)
	rule["operations"] = []any{"CONNECT"}
	return rule
}
