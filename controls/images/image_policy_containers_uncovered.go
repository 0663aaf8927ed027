package images

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// ImagePolicyContainersUncovered: an image is an image, whatever list it stands in.
var ImagePolicyContainersUncovered = control.Control{
	ID: "image-policy-containers-uncovered", Section: "registries", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "Judge the images of init and ephemeral containers in image policies",
	Scope: control.Objects,
	Kinds: slices.Concat(kyverno.Kinds(), []control.Kind{
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"},
		{Group: kyverno.CELGroup, Kind: "ValidatingPolicy"},
		{Group: kyverno.CELGroup, Kind: "NamespacedValidatingPolicy"},
		{Group: "templates.gatekeeper.sh", Kind: "ConstraintTemplate"},
	}),
	Require: &control.Func{
		Check: checkImagePolicy, Text: "a policy on the images of containers must look at initContainers and ephemeralContainers too",
	},
	Suppresses: []string{"ephemeral-containers-not-restricted"},
	Risk:       "Pods are refused whose init containers, or debug containers, come from elsewhere.",
	Fix:        control.Generate,
	NoFix:      "The rule has to be repeated for other lists of containers; kubeharden generate image-policy writes one that has them all.",
	NoPolicy:   "Whoever may change what admission control checks could change a policy that guards it as well.",
	Remedy:     "Repeat the check for initContainers and ephemeralContainers, as =(initContainers) and =(ephemeralContainers) in a pattern of Kyverno.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002", "T1562.001"},
		Source: []string{"https://kyverno.io/policies/best-practices/restrict-image-registries/restrict-image-registries/", "https://kubernetes.io/docs/concepts/workloads/pods/init-containers/", "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/"},
	},
	Why: `A policy that reads containers only does not see the other two lists. Whoever may create a pod puts the image that is not allowed into an init container,
which runs first and shares the volumes and the service account; whoever may debug one adds an ephemeral container with it.`,
	Bad: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "containers", Value: []any{imagePattern("containers")}},
		{Path: "spec.rules", Kind: "Policy", Name: "no ephemeral", Value: []any{imagePattern("containers", "=(initContainers)")}},
		{Path: "spec.rules", Kind: "Policy", Name: "no init", Value: []any{imagePattern("containers", "=(ephemeralContainers)")}},
		{Path: "spec.validations", Kind: "ValidatingAdmissionPolicy", Value: expressions("object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))")},
		{Path: "spec.validations", Kind: "ValidatingPolicy", Value: expressions("images.containers.all(i, image(i).registry() == 'registry.example.com')")},
		{Path: "spec.validations", Kind: "NamespacedValidatingPolicy", Value: expressions("(object.spec.containers + object.spec.?ephemeralContainers.orValue([])).all(c, c.image.contains('@'))")},
		{Path: "spec.targets", Kind: "ConstraintTemplate", Value: []any{map[string]any{"rego": "c := input.review.object.spec.containers[_]\nnot startswith(c.image, \"registry.example.com/\")"}}},
	},
	Good: []control.Change{
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "all lists", Value: []any{imagePattern("containers", "=(initContainers)", "=(ephemeralContainers)")}},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "not on images", Value: []any{map[string]any{
			"match": matchPods(), "validate": map[string]any{"pattern": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"imagePullPolicy": "Always"}}}}},
		}}},
		{Path: "spec.rules", Kind: "Policy", Name: "one rule for each", Value: []any{imagePattern("containers"), imagePattern("=(initContainers)"), imagePattern("=(ephemeralContainers)")}},
		{Path: "spec.validations", Kind: "ValidatingAdmissionPolicy", Name: "all", Value: expressions(
			"(object.spec.containers + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])).all(c, c.image.contains('@'))",
		)},
		{Path: "spec.validations", Kind: "ValidatingAdmissionPolicy", Name: "other fields", Value: expressions("(object.spec.containers + object.spec.?ephemeralContainers.orValue([])).all(c, c.name != 'image')")},
		{Path: "spec.targets", Kind: "ConstraintTemplate", Value: []any{map[string]any{"rego": "spec.containers[_].image; spec.initContainers[_].image; spec.ephemeralContainers[_].image"}}},
	},
}

// checkImagePolicy judges policies by what they read: words are looked up in the patterns, the expressions and the code. Rules of one
// policy are judged together, as one may have a rule for each list.
func checkImagePolicy(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	r, pods := &imageReader{}, true
	switch s.Object.Kind {
	case "ConstraintTemplate":
		r.read(spec.Get("targets"))
	case "ClusterPolicy", "Policy":
		pods = false
		for _, rule := range spec.Get("rules").Items() {
			r.read(rule.Get("validate"))
			for kind := range kyverno.Matches(rule) {
				pods = pods || isPodKind(kind)
			}
		}
	default:
		r.read(spec.Get("variables"))
		r.read(spec.Get("validations"))
		pods = seesPods(spec.Get("matchConstraints").Get("resourceRules"))
	}
	var missing []string
	if !r.init {
		missing = append(missing, "initContainers")
	}
	// The template of a controller has no ephemeral containers.
	if !r.ephemeral && pods {
		missing = append(missing, "ephemeralContainers")
	}
	if r.image && r.containers.Exists() && len(missing) > 0 {
		fail(control.Violation{At: r.containers, Problem: "is on the images of containers but not on those of " + strings.Join(missing, " and ")})
	}
}

// isPodKind reports whether a kind that Kyverno matches is that of pods: Pod, v1/Pod, Pod/ephemeralcontainers or *.
func isPodKind(kind string) bool {
	for part := range strings.SplitSeq(kind, "/") {
		if part == "Pod" || part == "*" {
			return true
		}
	}
	return false
}

func seesPods(rules tree.Node) bool {
	for _, rule := range rules.Items() {
		for _, resource := range rule.Get("resources").Items() {
			if slices.Contains([]string{"pods", "pods/*", "pods/ephemeralcontainers", "*", "*/*"}, resource.Text()) {
				return true
			}
		}
	}
	return false
}

// imageReader looks for words in a policy.
type imageReader struct {
	// containers is where the list of regular containers is read first.
	containers             tree.Node
	init, ephemeral, image bool
}

var (
	// wordContainers is no part of initContainers and ephemeralContainers.
	wordContainers = regexp.MustCompile(`\bcontainers\b`)
	// wordImage is the field of a container in CEL, JMESPath and Rego, or what Kyverno has parsed of it.
	wordImage = regexp.MustCompile(`\.\??image\b|\[["']image["']\]|\bimages?\s*[.(\[]`)
)

func (r *imageReader) read(n tree.Node) {
	switch n.Kind() {
	case tree.Scalar:
		text := n.Text()
		r.word(text, n)
		r.image = r.image || wordImage.MatchString(text)
	case tree.Sequence:
		for _, item := range n.Items() {
			r.read(item)
		}
	case tree.Mapping:
		for key, value := range n.Pairs() {
			// Messages are for people.
			if slices.Contains([]string{"message", "messageExpression", "name"}, key.Text()) {
				continue
			}
			r.word(key.Text(), value)
			r.image = r.image || unanchored(key.Text()) == "image"
			r.read(value)
		}
	case tree.Missing:
	}
}

func (r *imageReader) word(text string, at tree.Node) {
	if !r.containers.Exists() && wordContainers.MatchString(text) {
		r.containers = at
	}
	r.init = r.init || strings.Contains(text, "initContainers")
	r.ephemeral = r.ephemeral || strings.Contains(text, "ephemeralContainers")
}

// unanchored is a key of a pattern without its anchor: =(image), +(image), X(image).
// https://kyverno.io/docs/policy-types/cluster-policy/validate/#anchors
func unanchored(key string) string {
	if i := strings.IndexByte(key, '('); i >= 0 && i <= 1 && strings.HasSuffix(key, ")") {
		return key[i+1 : len(key)-1]
	}
	return key
}

func matchPods() map[string]any {
	return map[string]any{"any": []any{map[string]any{"resources": map[string]any{"kinds": []any{"Pod"}}}}}
}

// imagePattern is a rule on the images of some lists, for the cases.
func imagePattern(lists ...string) map[string]any {
	spec := map[string]any{}
	for _, list := range lists {
		spec[list] = []any{map[string]any{"image": "registry.example.com/*"}}
	}
	return map[string]any{
		"name": "registries", "match": matchPods(),
		"validate": map[string]any{"failureAction": "Enforce", "pattern": map[string]any{"spec": spec}},
	}
}

func expressions(text string) []any { return []any{map[string]any{"expression": text}} }
