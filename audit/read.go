package audit

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Class says what the API server does about a flaw of a policy.
type Class uint8

// The classes.
const (
	// Ignored is left out with a warning in the API server's own log: what was meant does not happen.
	Ignored Class = iota
	// Removed is a version of the API that newer API servers refuse; Kubernetes 1.23 was the last to read it.
	Removed
	// Refused stops the API server: it does not start with such a policy.
	Refused
)

// Flaw is something in a policy that the API server refuses or ignores.
type Flaw struct {
	// Path leads from the root of the policy to what is wrong: "rules[0].level".
	Path string
	// Message says what is wrong with it, to be read behind the path: "is missing".
	Message string
	Class   Class
}

// group is the API group of audit policies.
const group = "audit.k8s.io"

// RemovedIn is the Kubernetes minor version (24 for 1.24) from which on audit.k8s.io/v1beta1 and v1alpha1 are refused.
// https://github.com/kubernetes/kubernetes/pull/108092
const RemovedIn = 24

// Is reports whether a document is an audit policy, of whatever version.
func Is(root tree.Node) bool {
	version, _ := root.Get("apiVersion").Str()
	return root.Get("kind").StrIs("Policy") && (version == group || strings.HasPrefix(version, group+"/"))
}

// Read reads an audit policy. The policy has all that could be read; if a flaw is Refused there is no more to say about what it
// logs, because the API server does not start with it. Flaws are in the order of the document.
//
// The API server decodes strictly, and if that fails it warns and decodes again without looking at what it does not know
// (k8s.io/apiserver/pkg/audit/policy/reader.go). What is valid is decided in k8s.io/apiserver/pkg/apis/audit/validation.
func Read(root tree.Node) (*Policy, []Flaw) {
	r := reader{}
	p := &Policy{}
	if root.Kind() != tree.Mapping {
		r.flaw("", Refused, "is no mapping")
		return p, r.flaws
	}
	r.version(root)
	hasRules := false
	for key, value := range r.fields(root, "") {
		switch path := key; key {
		case "apiVersion", "kind":
		case "metadata":
			r.metadata(value, path)
		case "omitManagedFields":
			p.OmitManagedFields, _ = r.bool(value, path)
		case "omitStages":
			p.OmitStages = r.stages(value, path)
		case "rules":
			hasRules = value.Len() > 0
			p.Rules = r.rules(value, path)
		default:
			r.unknown(path)
		}
	}
	if !hasRules {
		r.flaw("rules", Refused, "has no rule")
	}
	return p, r.flaws
}

// reader collects flaws.
type reader struct{ flaws []Flaw }

func (r *reader) flaw(path string, class Class, format string, args ...any) {
	r.flaws = append(r.flaws, Flaw{Path: path, Message: fmt.Sprintf(format, args...), Class: class})
}

func (r *reader) unknown(path string) {
	r.flaw(path, Ignored, "is no field of an audit policy, so it is ignored")
}

func (r *reader) version(root tree.Node) {
	version, ok := root.Get("apiVersion").Str()
	switch {
	case !ok || version == "":
		r.flaw("apiVersion", Refused, "is missing; it must be %s/v1", group)
	case version == group+"/v1":
	case version == group+"/v1beta1" || version == group+"/v1alpha1":
		r.flaw("apiVersion", Removed, "is %s, which Kubernetes 1.%d removed; use %s/v1", version, RemovedIn, group)
	default:
		r.flaw("apiVersion", Refused, "is no version of audit policies; use %s/v1", group)
	}
	if !root.Get("kind").StrIs("Policy") {
		r.flaw("kind", Refused, "must be Policy")
	}
}

// fields yields the entries of a mapping that count, and reports keys that an equal one overrides. What is null counts as absent.
func (r *reader) fields(at tree.Node, path string) func(yield func(string, tree.Node) bool) {
	return func(yield func(string, tree.Node) bool) {
		if at.IsNull() || !at.Exists() {
			return
		}
		if at.Kind() != tree.Mapping {
			r.flaw(path, Refused, "must be a mapping")
			return
		}
		for key, value := range at.Pairs() {
			name := key.Text()
			if key.Overridden() {
				r.flaw(child(path, name), Ignored, "is there twice, and only the last one counts")
				continue
			}
			if !yield(name, value) {
				return
			}
		}
	}
}

// child appends a key to a path, as tree writes it.
func child(path, key string) string { return string(tree.AppendKey([]byte(path), key)) }

func (r *reader) rules(at tree.Node, path string) []Rule { return each(r, at, path, r.rule) }

// each reads every item of a list, at its path.
func each[T any](r *reader, at tree.Node, path string, read func(tree.Node, string) T) []T {
	var all []T
	for i, item := range r.items(at, path) {
		all = append(all, read(item, fmt.Sprintf("%s[%d]", path, i)))
	}
	return all
}

// items yields the items of a list; null is an empty one.
func (r *reader) items(at tree.Node, path string) func(yield func(int, tree.Node) bool) {
	if at.Kind() != tree.Sequence && !at.IsNull() {
		r.flaw(path, Refused, "must be a list")
	}
	return at.Items()
}

func (r *reader) rule(at tree.Node, path string) Rule {
	var rule Rule
	level := false
	for key, value := range r.fields(at, path) {
		p := child(path, key)
		switch key {
		case "level":
			level = !value.IsNull() && !value.StrIs("")
			rule.Level = r.level(value, p)
		case "users":
			rule.Users = r.texts(value, p)
		case "userGroups":
			rule.UserGroups = r.texts(value, p)
		case "verbs":
			rule.Verbs = r.texts(value, p)
		case "resources":
			rule.Resources = r.resources(value, p)
		case "namespaces":
			rule.Namespaces = r.texts(value, p)
		case "nonResourceURLs":
			rule.NonResourceURLs = r.urls(value, p)
		case "omitStages":
			rule.OmitStages = r.stages(value, p)
		case "omitManagedFields":
			rule.OmitManagedFields, rule.OmitManagedFieldsIsForced = r.bool(value, p)
		default:
			r.unknown(p)
		}
	}
	if !level {
		r.flaw(child(path, "level"), Refused, "is missing")
	}
	if len(rule.NonResourceURLs) > 0 && (len(rule.Resources) > 0 || len(rule.Namespaces) > 0) {
		r.flaw(child(path, "nonResourceURLs"), Refused, "cannot stand in one rule with resources or namespaces")
	}
	return rule
}

func (r *reader) level(at tree.Node, path string) Level {
	text, ok := r.text(at, path)
	if !ok || text == "" {
		return None // whoever asks for the level reports that it is missing
	}
	level, ok := ParseLevel(text)
	if !ok {
		r.flaw(path, Refused, "must be None, Metadata, Request or RequestResponse")
	}
	return level
}

func (r *reader) resources(at tree.Node, path string) []GroupResources {
	return each(r, at, path, r.groupResources)
}

func (r *reader) groupResources(at tree.Node, path string) GroupResources {
	var g GroupResources
	for key, value := range r.fields(at, path) {
		p := child(path, key)
		switch key {
		case "group":
			g.Group, _ = r.text(value, p)
			if g.Group != "" && g.Group != "*" && !isSubdomain(g.Group) {
				r.flaw(p, Refused, "is no API group: only the group, without a version, in lower case")
			}
		case "resources":
			g.Resources = r.texts(value, p)
		case "resourceNames":
			g.ResourceNames = r.texts(value, p)
		default:
			r.unknown(p)
		}
	}
	if len(g.ResourceNames) > 0 && len(g.Resources) == 0 {
		r.flaw(child(path, "resourceNames"), Refused, "needs at least one resource beside it")
	}
	return g
}

func (r *reader) urls(at tree.Node, path string) []string {
	urls := r.texts(at, path)
	for i, url := range urls {
		if url == "*" {
			continue
		}
		p := fmt.Sprintf("%s[%d]", path, i)
		if !strings.HasPrefix(url, "/") {
			r.flaw(p, Refused, "must begin with /")
		}
		if url != "" && strings.Contains(url[:len(url)-1], "*") {
			r.flaw(p, Refused, "may have a * only at its end")
		}
	}
	return urls
}
