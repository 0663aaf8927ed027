package pods

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// EphemeralContainersNotRestricted: a debug container is checked like any other.
var EphemeralContainersNotRestricted = control.Control{
	ID: "ephemeral-containers-not-restricted", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Check ephemeral containers wherever containers are checked",
	Scope: control.Objects,
	Kinds: slices.Concat(kyverno.Kinds(), []control.Kind{
		{Group: admissionGroup, Kind: "ValidatingAdmissionPolicy"},
		{Group: "policies.kyverno.io", Kind: "ValidatingPolicy"},
		{Group: "policies.kyverno.io", Kind: "NamespacedValidatingPolicy"},
		{Group: "templates.gatekeeper.sh", Kind: "ConstraintTemplate"},
	}),
	Require: &control.Func{
		Check: checkEphemeral, Text: "a policy on containers must look at ephemeralContainers, and match pods/ephemeralcontainers",
	},
	Risk:     "kubectl debug is refused where the debug container breaks the policy.",
	Fix:      control.Advice,
	NoFix:    "The rule has to be repeated for another list of containers, in a language of the policy engine.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Repeat the check for ephemeralContainers (and initContainers), and let the rule match pods/ephemeralcontainers as well as pods.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1609", "T1610"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/", vapDocs, "https://github.com/kyverno/kyverno/issues/2821"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/block-ephemeral-containers"},
	},
	Why: `Ephemeral containers are added to running pods by kubectl debug, by way of a subresource and in a list of their own. A policy that reads containers
only never sees them: who may debug a pod can start a privileged container from any image. Whether a cluster restricts them at all, one manifest cannot tell.`,
	Bad: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Value: []any{kyvernoPattern(map[string]any{"image": "registry.example.com/*"})}},
		{Path: "spec.rules", Kind: "Policy", Value: []any{kyvernoForeach("request.object.spec.containers")}},
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingAdmissionPolicy", Value: []any{admissionRule("pods")}},
		{Path: "spec.validations", Kind: "ValidatingAdmissionPolicy", Value: celOf("object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))")},
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingPolicy", Value: []any{admissionRule("*")}},
		{Path: "spec.validations", Kind: "NamespacedValidatingPolicy", Value: celOf("object.spec.containers.all(c, has(c.securityContext))")},
		{Path: "spec.targets", Kind: "ConstraintTemplate", Value: regoOf("c := input.review.object.spec.containers[_]; c.securityContext.privileged")},
	},
	Good: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "resources", Value: []any{kyvernoPattern(map[string]any{"resources": map[string]any{"limits": map[string]any{"memory": "?*"}}})}},
		{Path: "spec.rules", Kind: "Policy", Name: "all lists", Value: []any{kyvernoForeach("request.object.spec.[ephemeralContainers, initContainers, containers][]")}},
		{Path: "spec.validations", Kind: "ValidatingAdmissionPolicy", Value: celOf("object.metadata.labels.size() > 0")},
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingAdmissionPolicy", Value: []any{admissionRule("deployments")}},
		{Path: "spec.matchConstraints.resourceRules", Kind: "ValidatingPolicy", Value: []any{admissionRule("*/*")}},
		{Path: "spec.targets", Kind: "ConstraintTemplate", Value: regoOf("input.review.object.spec.containers[_].resources.limits")},
		{Path: "spec.targets", Kind: "ConstraintTemplate", Value: regoOf("object.spec.containers[_]; object.spec.ephemeralContainers[_]")},
	},
}

// checkEphemeral judges policies by what they read: words are looked up in the patterns, the expressions and the code.
func checkEphemeral(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	switch s.Object.Kind {
	case "ConstraintTemplate":
		targets := spec.Get("targets")
		if leavesOutEphemeral(targets) {
			fail(control.Violation{At: targets, Problem: "reads containers but not " + containerWords(targets).missing()})
		}
	case "ClusterPolicy", "Policy":
		if rules := spec.Get("rules"); leavesOutEphemeral(validations(rules)...) {
			fail(control.Violation{At: rules, Problem: "judge containers but not " + containerWords(validations(rules)...).missing()})
		}
	default:
		for c := range checkers(s, at) {
			code := []tree.Node{spec.Get("validations"), spec.Get("variables")}
			switch words := containerWords(code...); {
			case !c.sees("", "pods", "CREATE") || !words.all || words.impossible:
			case !words.ephemeral:
				fail(control.Violation{At: code[0], Problem: "read containers but not " + words.missing()})
			case !c.sees("", "pods/ephemeralcontainers", "UPDATE"):
				fail(control.Violation{At: c.rules, Problem: "has pods but not pods/ephemeralcontainers, by which containers are added to running pods"})
			}
		}
	}
}

func leavesOutEphemeral(code ...tree.Node) bool {
	words := containerWords(code...)
	return words.all && !words.ephemeral && !words.impossible
}

// validations returns what the rules of a Kyverno policy check.
func validations(rules tree.Node) []tree.Node {
	var out []tree.Node
	for _, rule := range rules.Items() {
		out = append(out, rule.Get("validate"))
	}
	return out
}

// mentioned says which words stand in a policy.
type mentioned struct {
	all, init, ephemeral bool
	// impossible are fields that ephemeral containers cannot have.
	impossible bool
}

var impossibleInEphemeral = regexp.MustCompile(`\b(resources|limits|requests|livenessProbe|readinessProbe|startupProbe|[pP]robes?|ports|hostPort|containerPort|lifecycle)\b`)

// containersWord is not part of initContainers and ephemeralContainers.
var containersWord = regexp.MustCompile(`\bcontainers\b`)

func containerWords(nodes ...tree.Node) *mentioned {
	m := &mentioned{}
	for _, n := range nodes {
		m.read(n)
	}
	return m
}

func (m *mentioned) read(n tree.Node) {
	switch n.Kind() {
	case tree.Scalar:
		m.word(n.Text())
	case tree.Sequence:
		for _, item := range n.Items() {
			m.read(item)
		}
	case tree.Mapping:
		for key, value := range n.Pairs() {
			// Messages are for people.
			if slices.Contains([]string{"message", "messageExpression", "name"}, key.Text()) {
				continue
			}
			m.word(key.Text())
			m.read(value)
		}
	case tree.Missing:
	}
}

func (m *mentioned) word(text string) {
	m.all = m.all || containersWord.MatchString(text)
	m.init = m.init || strings.Contains(text, "initContainers")
	m.ephemeral = m.ephemeral || strings.Contains(text, "ephemeralContainers")
	m.impossible = m.impossible || impossibleInEphemeral.MatchString(text)
}

// missing names the lists that are left out, given that ephemeralContainers is one.
func (m *mentioned) missing() string {
	if !m.init {
		return "initContainers and ephemeralContainers"
	}
	return "ephemeralContainers"
}

func kyvernoPattern(container map[string]any) map[string]any {
	rule := kyverno.Matching("Pod")
	rule["validate"] = map[string]any{"pattern": map[string]any{"spec": map[string]any{"containers": []any{container}}}}
	return rule
}

func kyvernoForeach(list string) map[string]any {
	rule := kyverno.Matching("Pod")
	rule["validate"] = map[string]any{"foreach": []any{map[string]any{"list": list, "deny": map[string]any{}}}}
	return rule
}

func celOf(expression string) []any { return []any{map[string]any{"expression": expression}} }

func regoOf(code string) []any { return []any{map[string]any{"rego": code}} }
