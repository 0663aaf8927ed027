package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides what a rule of a role allows.
const (
	rbacDocs      = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
	goodPractices = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
)

const rbacGroup = "rbac.authorization.k8s.io"

var (
	clusterRole = control.Kind{Group: rbacGroup, Kind: "ClusterRole"}
	bothRoles   = []control.Kind{clusterRole, {Group: rbacGroup, Kind: "Role"}}
	// onlyClusterRoles are for resources that are in no namespace: a Role that names them allows nothing.
	onlyClusterRoles = []control.Kind{clusterRole}
)

var (
	read   = []string{"get", "list", "watch"}
	edit   = []string{"update", "patch"}
	change = []string{"create", "update", "patch"}
	remove = []string{"delete", "deletecollection"}
	write  = []string{"create", "update", "patch", "delete", "deletecollection"}
	// anything are the verbs of all HTTP methods, for what is passed on to a kubelet, a pod or a service.
	anything = []string{"get", "create", "update", "patch", "delete"}
)

// right is a set of requests: every verb on every resource.
type right struct {
	group string
	// resources are written as in a rule: pods, pods/exec. "*" stands for all resources of the group, userextras/* for all
	// subresources of one, as far as a rule names the resource: */name is rarely meant for it.
	resources []string
	verbs     []string
	// cluster says that the resources are in no namespace.
	cluster bool

	// A rule that has resourceNames is taken to be limited to what it is for, and to allow no create and no deletecollection, whose
	// requests have no name. The following say where that is not so.

	// anyName says that one object is enough for the danger.
	anyName bool
	// names are those of objects that are a danger of their own.
	names []string
	// namespace is where the names are what is meant: then a rule without names counts in a Role of that namespace only.
	namespace string
}

// forbidden is the rule that no rule of a role allows any of some rights. What allows is decided as the RBAC authorizer does:
// https://pkg.go.dev/k8s.io/kubernetes/pkg/apis/rbac/v1#ResourceMatches
type forbidden struct {
	rights []ready
	// onVerb says that a violation is named at the verb and not at the resource.
	onVerb bool
	// byHand says that only a person can decide what to drop.
	byHand bool
	// mend changes the rule in its own way; nil drops.
	mend func(o *offence, out []control.Edit) []control.Edit
}

// ready is a right with all the ways in which a rule can write its parts.
type ready struct {
	right
	groups, forms, verbForms []string
	prefix                   string // of the subresources, if all are meant
	// whole says that all resources of the group are meant, whatever their names are. Then a rule for all groups counts only if it is for
	// all resources as well: the group need not have those that it names.
	whole bool
}

// forbid forbids rights; a violation is named at the resource.
func forbid(rights ...right) *forbidden {
	f := &forbidden{}
	for _, r := range rights {
		p := ready{right: r, groups: []string{r.group, "*"}, forms: []string{"*"}, verbForms: append(slices.Clone(r.verbs), "*")}
		for _, resource := range r.resources {
			name, sub, isSub := strings.Cut(resource, "/")
			switch {
			case resource == "*":
				p.whole = true
			case sub == "*":
				p.prefix = name + "/"
			case isSub:
				p.forms = append(p.forms, resource, "*/"+sub)
			default:
				p.forms = append(p.forms, resource)
			}
		}
		f.rights = append(f.rights, p)
	}
	return f
}

// forbidVerbs is forbid for rights whose verb is what is special about them.
func forbidVerbs(rights ...right) *forbidden {
	f := forbid(rights...)
	f.onVerb = true
	return f
}

// Holds implements control.Rule.
func (f *forbidden) Holds(s *control.Subject, at tree.Node) bool {
	for _, rule := range at.Get("rules").Items() {
		for i := range f.rights {
			if f.rights[i].allowed(s, rule) {
				return false
			}
		}
	}
	return true
}

// allowed reports whether a rule allows any part of the right.
func (r *ready) allowed(s *control.Subject, rule tree.Node) bool {
	return (!r.cluster || s.Object.Kind == "ClusterRole") &&
		anyOf(rule.Get("verbs"), r.verbForms) && anyOf(rule.Get("apiGroups"), r.groups) && r.anyResource(rule) && r.reaches(s, rule)
}

func anyOf(list tree.Node, values []string) bool {
	for _, item := range list.Items() {
		if isOneOf(item, values) {
			return true
		}
	}
	return false
}

func isOneOf(n tree.Node, values []string) bool { return slices.ContainsFunc(values, n.StrIs) }

func (r *ready) anyResource(rule tree.Node) bool {
	named := r.isNamed(rule)
	for _, item := range rule.Get("resources").Items() {
		if r.isResource(item, named) {
			return true
		}
	}
	return false
}

// isNamed reports whether all resources of the right's group are meant and a rule names the group.
func (r *ready) isNamed(rule tree.Node) bool {
	return r.whole && anyOf(rule.Get("apiGroups"), r.groups[:1])
}

// isResource reports whether an item of resources is one that the right is about. named is what isNamed says.
func (r *ready) isResource(item tree.Node, named bool) bool {
	if isOneOf(item, r.forms) {
		return true
	}
	if !named && r.prefix == "" {
		return false
	}
	text, ok := item.Str()
	if named && !strings.Contains(text, "/") {
		return ok
	}
	sub, found := strings.CutPrefix(text, r.prefix)
	return ok && r.prefix != "" && found && sub != "*" // which is a name to Kubernetes, and no wildcard
}

// reaches reports whether the rule's resourceNames, or their absence, leave the danger.
func (r *ready) reaches(s *control.Subject, rule tree.Node) bool {
	names := rule.Get("resourceNames")
	switch {
	case r.anyName:
		return true
	case r.namespace == "":
		return names.Len() == 0 || anyOf(names, r.names)
	}
	here := text(namespaceOf.Find(s.Object.Root))
	return (here == "" || here == r.namespace) && anyOf(names, r.names) || here == r.namespace && names.Len() == 0
}

var namespaceOf = control.NewField("metadata.namespace")

// CEL implements control.Rule.
func (f *forbidden) CEL(c control.CEL) string {
	parts := make([]string, len(f.rights))
	for i := range f.rights {
		parts[i] = "(" + f.rights[i].cel(c) + ")"
	}
	return "!" + c.At + ".?rules.orValue([]).exists(r, " + strings.Join(parts, " || ") + ")"
}

func (r *ready) cel(c control.CEL) string {
	listed := func(field string, values []string) string {
		return "r.?" + field + ".orValue([]).exists(x, x in " + control.QuoteAll(values) + ")"
	}
	resource := "x in " + control.QuoteAll(r.forms)
	if r.whole {
		resource += " || !x.contains('/') && " + control.Quote(r.group) + " in r.apiGroups"
	}
	if r.prefix != "" {
		resource += " || x.startsWith(" + control.Quote(r.prefix) + ") && x != " + control.Quote(r.prefix+"*")
	}
	parts := []string{
		listed("verbs", r.verbForms), listed("apiGroups", r.groups), "r.?resources.orValue([]).exists(x, " + resource + ")",
	}
	if r.cluster {
		parts = append(parts, c.At+".?kind.orValue('') == 'ClusterRole'")
	}
	const unnamed = "r.?resourceNames.orValue([]).size() == 0"
	here := namespaceOf.CEL(c.At) + ".orValue('')"
	switch {
	case r.anyName:
	case r.namespace != "":
		parts = append(parts, "("+here+" in "+control.QuoteAll([]string{"", r.namespace})+" && "+listed("resourceNames", r.names)+
			" || "+here+" == "+control.Quote(r.namespace)+" && "+unnamed+")")
	case len(r.names) > 0:
		parts = append(parts, "("+unnamed+" || "+listed("resourceNames", r.names)+")")
	default:
		parts = append(parts, unnamed)
	}
	return strings.Join(parts, " && ")
}

// Describe implements control.Rule.
func (f *forbidden) Describe() string {
	var parts []string
	for i := range f.rights {
		r := &f.rights[i]
		part := join(r.verbs, "or") + " on " + join(r.resources, "or")
		if r.whole {
			part = join(r.verbs, "or") + " on any resource of " + r.group
		}
		switch {
		case r.anyName:
		case r.namespace != "":
			part += " named " + join(r.names, "or") + " in " + r.namespace
		case len(r.names) > 0:
			part += ", unless resourceNames limits it and does not have " + join(r.names, "or")
		default:
			part += ", unless resourceNames limits it"
		}
		parts = append(parts, part)
	}
	return "no rule may allow " + strings.Join(parts, "; nor ")
}

func join(list []string, last string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + last + " " + list[len(list)-1]
}

// Breaks implements control.Rule: each resource and each verb, and what resourceNames do not limit.
func (f *forbidden) Breaks(out []control.Change) []control.Change {
	for i := range f.rights {
		r := &f.rights[i]
		add := func(resource, verb string, names ...any) {
			resource = strings.Replace(resource, "*", "some", 1)
			rule := map[string]any{"apiGroups": []any{r.group}, "resources": []any{resource}, "verbs": []any{verb}}
			name := verb + " " + resource
			if r.group != "" {
				name += "." + r.group
			}
			if len(names) > 0 {
				rule["resourceNames"] = names
				name += " of a name"
			}
			change := control.Change{Path: "rules", Value: []any{rule}, Name: name}
			if r.cluster || r.namespace != "" {
				change.Kind = "ClusterRole"
			}
			out = append(out, change)
		}
		if r.namespace != "" {
			for _, name := range r.names {
				add(r.resources[0], r.verbs[0], "app", name)
			}
			continue
		}
		for _, resource := range r.resources {
			add(resource, r.verbs[0])
		}
		for _, verb := range r.verbs[1:] {
			add(r.resources[0], verb)
		}
		switch {
		case len(r.names) > 0:
			add(r.resources[0], r.verbs[0], "app", r.names[0])
		case r.anyName:
			add(r.resources[0], r.verbs[0], "app")
		}
	}
	return out
}

// byHand leaves it to a person what to drop.
func byHand(f *forbidden) *forbidden {
	f.byHand = true
	return f
}

// mend has a rule changed instead of parts of it dropped.
func mend(f *forbidden, edits func(o *offence, out []control.Edit) []control.Edit) *forbidden {
	f.mend = edits
	return f
}
