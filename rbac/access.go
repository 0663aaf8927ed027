package rbac

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// Access answers who may do what. It is made once of a Set that is not changed any more, and may be used by many goroutines.
type Access struct {
	workloads *workload.Set
	index     *workload.Index
	tokens    []TokenSecret
	// Flaws are what went wrong when roles were aggregated.
	Flaws []object.Flaw

	bindings []*Binding // those of the set, then the built-in ones that it does not replace
	roleOf   []int32    // by binding: its role in roles, none if there is no such role
	roles    []resolved
	byName   map[name]int32 // roles
	lists    []list

	users, groups map[string][]ref
	namespaces    map[string][]int32 // the bindings of a namespace; those of the cluster are ""
}

const none = -1

// name is the name of a role; a ClusterRole has no namespace.
type name struct{ namespace, name string }

// resolved is a role with all that it allows: its own rules, those of an object of the same name, or those that it aggregates.
type resolved struct {
	role *Role // the first of the name
	list int32
	// origin says where each rule of the list is written; nil if that is simply role.Rules.
	origin []origin
}

type origin struct {
	role  *Role
	index int
}

// list is a list of rules. Roles with equal ones share it.
type list struct{ rules []*Rule }

// ref is a subject of a binding.
type ref struct{ binding, subject int32 }

// New returns the access that the roles and bindings of a set give, together with the built-in ones that the set has none of the same
// name for. Workloads may be nil; they are what runs as somebody, and which accounts and namespaces there are.
func New(set *Set, workloads *workload.Set) *Access {
	if set == nil {
		set = &Set{}
	}
	if workloads == nil {
		workloads = &workload.Set{}
	}
	a := &Access{workloads: workloads, index: workload.NewIndex(workloads), tokens: set.TokenSecrets}
	a.resolve(set)
	a.bind(set)
	return a
}

func (a *Access) bind(set *Set) {
	a.bindings = make([]*Binding, 0, len(set.Bindings)+len(Builtins().Bindings))
	known := make(map[name]struct{}, len(set.Bindings))
	for i := range set.Bindings {
		b := &set.Bindings[i]
		known[name{b.Namespace, b.Name}] = struct{}{}
		a.bindings = append(a.bindings, unchanged(b))
	}
	for i := range Builtins().Bindings {
		b := &Builtins().Bindings[i]
		if _, ok := known[name{b.Namespace, b.Name}]; !ok {
			a.bindings = append(a.bindings, b)
		}
	}
	a.roleOf = make([]int32, len(a.bindings))
	a.users, a.groups, a.namespaces = map[string][]ref{}, map[string][]ref{}, map[string][]int32{}
	for i, b := range a.bindings {
		a.roleOf[i] = a.roleNamed(b)
		a.namespaces[b.Namespace] = append(a.namespaces[b.Namespace], int32(i))
		for j, s := range b.Subjects {
			at := ref{int32(i), int32(j)}
			switch s.Kind {
			case KindUser:
				a.users[s.Name] = append(a.users[s.Name], at)
			case KindGroup:
				a.groups[s.Name] = append(a.groups[s.Name], at)
			case KindServiceAccount:
				if s.Namespace != "" {
					user := accountPrefix + s.Namespace + ":" + s.Name
					a.users[user] = append(a.users[user], at)
				}
			}
		}
	}
	for _, index := range []map[string][]ref{a.users, a.groups} {
		for _, refs := range index {
			a.sort(refs)
		}
	}
}

// unchanged returns the built-in binding in the place of one that is just that: in what a running cluster lists, the bindings that the API server
// makes itself stand among the others.
func unchanged(b *Binding) *Binding {
	if !strings.HasPrefix(b.Name, "system:") && b.Name != "cluster-admin" {
		return b
	}
	for i := range Builtins().Bindings {
		own := &Builtins().Bindings[i]
		if own.Name == b.Name && own.Namespace == b.Namespace && own.RoleKind == b.RoleKind && own.RoleName == b.RoleName && slices.Equal(own.Subjects, b.Subjects) {
			return own
		}
	}
	return b
}

// Lists reports whether the input has a binding of that name.
func (s *Set) Lists(b *Binding) bool {
	return slices.ContainsFunc(s.Bindings, func(own Binding) bool { return own.Name == b.Name && own.Namespace == b.Namespace })
}

// roleNamed returns the role of a binding. A ClusterRoleBinding to a Role gives nothing.
func (a *Access) roleNamed(b *Binding) int32 {
	key := name{"", b.RoleName}
	switch b.RoleKind {
	case KindClusterRole:
	case KindRole:
		if key.namespace = b.Namespace; b.Namespace == "" {
			return none
		}
	default:
		return none
	}
	if i, ok := a.byName[key]; ok {
		return i
	}
	return none
}

// sort sorts by namespace, so that those of the cluster come first and those of a namespace stand together.
func (a *Access) sort(refs []ref) {
	slices.SortFunc(refs, func(x, y ref) int {
		return cmp.Or(cmp.Compare(a.bindings[x.binding].Namespace, a.bindings[y.binding].Namespace), cmp.Compare(x.binding, y.binding), cmp.Compare(x.subject, y.subject))
	})
}

// in returns the part of sorted refs that is in a namespace.
func (a *Access) in(refs []ref, namespace string) []ref {
	start, _ := slices.BinarySearchFunc(refs, namespace, func(r ref, ns string) int { return cmp.Compare(a.bindings[r.binding].Namespace, ns) })
	end := start
	for end < len(refs) && a.bindings[refs[end].binding].Namespace == namespace {
		end++
	}
	return refs[start:end]
}

// resolve finds the rules of all roles. Of equal lists of rules one is kept.
func (a *Access) resolve(set *Set) {
	n := len(set.Roles) + len(Builtins().Roles)
	a.byName = make(map[name]int32, n)
	a.roles = make([]resolved, 0, n)
	parts := make([][]*Role, 0, n) // the objects of a name
	add := func(r *Role, replace bool) {
		key := name{r.Namespace, r.Name}
		i, ok := a.byName[key]
		if !ok {
			i = int32(len(a.roles))
			a.byName[key] = i
			a.roles = append(a.roles, resolved{role: r})
			parts = append(parts, nil)
		}
		if !ok || !replace {
			parts[i] = append(parts[i], r)
		}
	}
	for i := range set.Roles {
		add(&set.Roles[i], false)
	}
	for i := range Builtins().Roles {
		add(&Builtins().Roles[i], true)
	}
	interner := interner{a: a, seen: map[uint64][]int32{}, seed: maphash.MakeSeed()}
	for i, p := range parts {
		if slices.ContainsFunc(p, func(r *Role) bool { return r.Aggregation != nil }) {
			continue
		}
		a.roles[i].list, a.roles[i].origin = interner.own(p)
	}
	a.aggregate(parts, &interner)
}

// interner finds equal lists of rules.
type interner struct {
	a    *Access
	seen map[uint64][]int32
	seed maphash.Seed
}

// own returns the rules of objects of one name.
func (n *interner) own(parts []*Role) (at int32, origins []origin) {
	var rules []*Rule
	for _, r := range parts {
		for i := range r.Rules {
			rules = append(rules, &r.Rules[i])
			if len(parts) > 1 {
				origins = append(origins, origin{r, i})
			}
		}
	}
	return n.intern(rules), origins
}

func (n *interner) intern(rules []*Rule) int32 {
	var h maphash.Hash
	h.SetSeed(n.seed)
	for _, r := range rules {
		for _, part := range r.parts() {
			for _, s := range part {
				h.WriteString(s)
				h.WriteByte(0)
			}
			h.WriteByte(1)
		}
	}
	sum := h.Sum64()
	for _, i := range n.seen[sum] {
		if slices.EqualFunc(n.a.lists[i].rules, rules, (*Rule).equal) {
			return i
		}
	}
	i := int32(len(n.a.lists))
	n.a.lists = append(n.a.lists, list{rules: rules})
	n.seen[sum] = append(n.seen[sum], i)
	return i
}

func (r *Rule) parts() [5][]string {
	return [5][]string{r.Verbs, r.APIGroups, r.Resources, r.ResourceNames, r.NonResourceURLs}
}

func (r *Rule) equal(s *Rule) bool {
	if r == s {
		return true
	}
	x, y := r.parts(), s.parts()
	for i := range x {
		if !slices.Equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

// rules returns the rules of a role.
func (a *Access) rules(role int32) []*Rule { return a.lists[a.roles[role].list].rules }

// grant names the rule of a binding's role.
func (a *Access) grant(binding, subject int32, rule int) Grant {
	b := a.bindings[binding]
	r := &a.roles[a.roleOf[binding]]
	g := Grant{Binding: b, Role: r.role, Source: r.role, Index: rule}
	if subject >= 0 {
		g.Subject = b.Subjects[subject]
	}
	if r.origin != nil {
		g.Source, g.Index = r.origin[rule].role, r.origin[rule].index
	}
	return g
}
