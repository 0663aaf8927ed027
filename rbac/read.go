package rbac

import (
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Add reads what the object is to the set: a role or a binding of any version of its API, or a Secret with the token of an
// account; number is what it will be known by. Other kinds are nothing to it. What the API server refuses becomes a flaw
// (k8s.io/kubernetes/pkg/apis/rbac/validation), and is kept all the same, as its author meant it.
func (s *Set) Add(o *object.Object, number int) {
	r := reader{set: s, root: o.Root, number: number}
	switch group := o.Group(); {
	case group == "" && o.Kind == "Secret":
		r.secret(o)
	case group != Group:
	case o.Kind == KindRole:
		r.role(o, o.EffectiveNamespace())
	case o.Kind == KindClusterRole:
		r.role(o, "")
	case o.Kind == KindRoleBinding:
		r.binding(o, o.EffectiveNamespace())
	case o.Kind == KindClusterRoleBinding:
		r.binding(o, "")
	}
}

// reader reads one object.
type reader struct {
	set    *Set
	root   tree.Node
	number int
}

// flaw records what is wrong at n, or at a field of n.
func (r *reader) flaw(n tree.Node, field, message string) {
	path := r.root.Path(n)
	if field != "" {
		if path != "" {
			path += "."
		}
		path += field
	}
	r.set.Flaws = append(r.set.Flaws, object.Flaw{Object: r.number, Path: path, Message: message})
}

// flawAt records what is wrong with a field of parent, whether it is there or not.
func (r *reader) flawAt(parent tree.Node, field, message string) {
	if n := parent.Get(field); n.Exists() {
		r.flaw(n, "", message)
		return
	}
	r.flaw(parent, field, message)
}

func (r *reader) secret(o *object.Object) {
	meta := o.Root.Get("metadata")
	// What is read of Secrets of a cluster may be their metadata alone; the annotation then says what the type would.
	if kind := o.Root.Get("type"); !kind.StrIs("kubernetes.io/service-account-token") && (kind.Exists() || !meta.Get("uid").Exists()) {
		return
	}
	account := object.Keep(meta.Get("annotations").Get("kubernetes.io/service-account.name"))
	if account == "" {
		return
	}
	r.set.TokenSecrets = append(r.set.TokenSecrets, TokenSecret{
		Object: r.number, Namespace: o.EffectiveNamespace(), Name: object.Keep(meta.Get("name")), Account: account,
		LastUsed: object.Keep(meta.Get("labels").Get("kubernetes.io/legacy-token-last-used")),
	})
}

func (r *reader) role(o *object.Object, namespace string) {
	meta := o.Root.Get("metadata")
	role := Role{
		Object: r.number, Namespace: namespace, Name: object.Keep(meta.Get("name")), Labels: label.Read(meta.Get("labels")),
	}
	rules := o.Root.Get("rules")
	if r.isList(rules) {
		role.Rules = make([]Rule, 0, rules.Len())
	}
	for _, n := range rules.Items() {
		role.Rules = append(role.Rules, r.rule(n, namespace != ""))
	}
	if aggregation := o.Root.Get("aggregationRule"); namespace == "" && aggregation.Exists() && !aggregation.IsNull() {
		role.Aggregation = r.aggregation(aggregation)
	}
	r.set.Roles = append(r.set.Roles, role)
}

// aggregation never returns nil.
func (r *reader) aggregation(n tree.Node) []label.Selector {
	list := n.Get("clusterRoleSelectors")
	out := make([]label.Selector, 0, list.Len())
	r.isList(list)
	for _, item := range list.Items() {
		out = append(out, label.ReadSelector(item, func(at tree.Node, message string) { r.flaw(at, "", message) }))
	}
	if len(out) == 0 {
		r.flawAt(n, "clusterRoleSelectors", "has no selector; an aggregationRule needs at least one")
	}
	return out
}

func (r *reader) rule(n tree.Node, namespaced bool) Rule {
	if n.Kind() != tree.Mapping {
		r.flaw(n, "", "is a "+n.Kind().String()+", not a rule")
		return Rule{}
	}
	rule := Rule{
		Verbs: r.texts(n.Get("verbs")), APIGroups: r.texts(n.Get("apiGroups")), Resources: r.texts(n.Get("resources")),
		ResourceNames: r.texts(n.Get("resourceNames")), NonResourceURLs: r.texts(n.Get("nonResourceURLs")),
	}
	if len(rule.Verbs) == 0 {
		r.flawAt(n, "verbs", "is empty; a rule needs at least one verb")
	}
	if len(rule.NonResourceURLs) > 0 {
		if namespaced {
			r.flawAt(n, "nonResourceURLs", "is nothing for a Role: only a ClusterRole can allow URLs")
		}
		if len(rule.APIGroups) > 0 || len(rule.Resources) > 0 || len(rule.ResourceNames) > 0 {
			r.flawAt(n, "nonResourceURLs", "is mixed with resources; a rule is about the one or the other")
		}
		return rule
	}
	if len(rule.APIGroups) == 0 {
		r.flawAt(n, "apiGroups", `is empty; a rule for resources needs at least one group, "" for the core one`)
	}
	if len(rule.Resources) == 0 {
		r.flawAt(n, "resources", "is empty; a rule needs at least one resource or URL")
	}
	return rule
}

// texts reads a list of texts. What is no text the API server refuses; a number or boolean is kept as it is written.
func (r *reader) texts(n tree.Node) []string {
	if !r.isList(n) {
		return nil
	}
	out := make([]string, 0, n.Len())
	for _, item := range n.Items() {
		switch {
		case item.Kind() != tree.Scalar:
			r.flaw(item, "", "is a "+item.Kind().String()+", not a text")
			continue
		case item.Type() != tree.String && !item.IsNull():
			r.flaw(item, "", "is no text; quote it")
		}
		out = append(out, object.Keep(item))
	}
	return out
}

// isList reports whether n is a list with something in it; what is neither list nor null is a flaw.
func (r *reader) isList(n tree.Node) bool {
	switch n.Kind() {
	case tree.Sequence:
		return n.Len() > 0
	case tree.Missing:
	case tree.Scalar, tree.Mapping:
		if !n.IsNull() {
			r.flaw(n, "", "is a "+n.Kind().String()+", not a list")
		}
	}
	return false
}

func (r *reader) binding(o *object.Object, namespace string) {
	ref := o.Root.Get("roleRef")
	b := Binding{
		Object: r.number, Namespace: namespace, Name: object.Keep(o.Root.Get("metadata").Get("name")),
		RoleKind: object.Keep(ref.Get("kind")), RoleName: object.Keep(ref.Get("name")),
	}
	r.checkRef(ref, &b)
	subjects := o.Root.Get("subjects")
	if r.isList(subjects) {
		b.Subjects = make([]Subject, 0, subjects.Len())
	}
	for _, n := range subjects.Items() {
		if n.Kind() != tree.Mapping {
			r.flaw(n, "", "is a "+n.Kind().String()+", not a subject")
			continue
		}
		b.Subjects = append(b.Subjects, r.subject(n, namespace))
	}
	r.set.Bindings = append(r.set.Bindings, b)
}

func (r *reader) checkRef(ref tree.Node, b *Binding) {
	if ref.Kind() != tree.Mapping {
		r.flawAt(r.root, "roleRef", "is missing; a binding needs the role that it gives")
		return
	}
	switch {
	case b.RoleKind == KindClusterRole, b.RoleKind == KindRole && b.Namespace != "":
	case b.RoleKind == KindRole:
		r.flawAt(ref, "kind", "is Role; a ClusterRoleBinding can give a ClusterRole only")
	default:
		r.flawAt(ref, "kind", `is "`+b.RoleKind+`", not one of Role, ClusterRole`)
	}
	if b.RoleName == "" {
		r.flawAt(ref, "name", "is empty; a binding needs the role that it gives")
	}
	// An empty group means RBAC's own (k8s.io/kubernetes/pkg/apis/rbac/v1/defaults.go).
	if group := object.Keep(ref.Get("apiGroup")); group != "" && group != Group {
		r.flawAt(ref, "apiGroup", "is not "+Group)
	}
}

// subject reads a subject. In a RoleBinding an account without a namespace is one of the binding's own: the API server takes it
// (validation.ValidateRoleBindingSubject), and the authorizer puts the namespace in. In a ClusterRoleBinding it is refused.
func (r *reader) subject(n tree.Node, namespace string) Subject {
	s := Subject{Kind: object.Keep(n.Get("kind")), Name: object.Keep(n.Get("name"))}
	group := object.Keep(n.Get("apiGroup"))
	if s.Name == "" {
		r.flawAt(n, "name", "is empty")
	}
	switch s.Kind {
	case KindServiceAccount:
		if s.Namespace = object.Keep(n.Get("namespace")); s.Namespace == "" {
			s.Namespace = namespace
		}
		if s.Namespace == "" {
			r.flawAt(n, "namespace", "is missing; a ClusterRoleBinding has to say which namespace a service account is in")
		}
		if group != "" {
			r.flawAt(n, "apiGroup", "has to be empty for a service account")
		}
	case KindUser, KindGroup:
		if group != "" && group != Group {
			r.flawAt(n, "apiGroup", "is not "+Group)
		}
	default:
		r.flawAt(n, "kind", `is "`+s.Kind+`", not one of ServiceAccount, User, Group`)
	}
	return s
}
