package audit

import (
	"slices"
	"strings"
)

const (
	anonymous       = "system:anonymous"
	authenticated   = "system:authenticated"
	unauthenticated = "system:unauthenticated"
	masters         = "system:masters"
	nodes           = "system:nodes"
	accounts        = "system:serviceaccounts"
	accountPrefix   = "system:serviceaccount:"
	systemAccounts  = accountPrefix + "kube-system:"
)

// persona is somebody who sends requests, with the groups that the API server gives him.
type persona struct {
	user   string
	groups []string
	// component says that a policy singles out a part of Kubernetes itself, whose reads are a large and dull part of every log.
	component bool
}

// impliedGroups are the groups that a user name brings along. https://kubernetes.io/docs/reference/access-authn-authz/authentication/
func impliedGroups(user string) []string {
	if user == anonymous {
		return []string{unauthenticated}
	}
	if rest, ok := strings.CutPrefix(user, accountPrefix); ok {
		ns, _, _ := strings.Cut(rest, ":")
		return []string{accounts, accounts + ":" + ns, authenticated}
	}
	if strings.HasPrefix(user, "system:node:") {
		return []string{nodes, authenticated}
	}
	if user == "system:apiserver" {
		return []string{masters, authenticated}
	}
	return []string{authenticated}
}

// isComponent reports whether a user is a part of Kubernetes itself: all names with system: are reserved for them.
func isComponent(user string) bool {
	if user == anonymous || strings.HasPrefix(user, accountPrefix) {
		return strings.HasPrefix(user, systemAccounts)
	}
	return strings.HasPrefix(user, "system:")
}

func named(user string) persona {
	return persona{user: user, groups: impliedGroups(user), component: isComponent(user)}
}

// member is somebody in a group.
func member(group, human string) persona {
	switch {
	case group == unauthenticated:
		return named(anonymous)
	case group == nodes:
		return named("system:node:worker")
	case group == accounts:
		return named(accountPrefix + "shop:app")
	case strings.HasPrefix(group, accounts+":"):
		p := named(accountPrefix + strings.TrimPrefix(group, accounts+":") + ":app")
		p.component = false // any pod of the namespace, and not one that the policy knows
		return p
	}
	p := named(human)
	if group != authenticated {
		p.groups = append([]string{group}, p.groups...)
	}
	return p
}

// personas returns everybody whom the policy could treat differently in requests for resources, people first and components last. Everybody whom
// no rule names is like the first.
func (a *analysis) personas() []persona {
	all := []persona{named(a.human), member(masters, a.human), named(anonymous), named(accountPrefix + "shop:app")}
	seen := map[string]bool{}
	add := func(p persona) {
		if key := p.user + "\x00" + strings.Join(p.groups, "\x00"); !seen[key] {
			seen[key] = true
			all = append(all, p)
		}
	}
	rules := map[int]bool{}
	for _, c := range a.resources {
		if rules[c.rule] || a.exhausted() {
			continue
		}
		rules[c.rule] = true
		a.addPersonas(c, add)
	}
	slices.SortStableFunc(all, func(p, q persona) int {
		switch {
		case p.component == q.component:
			return 0
		case p.component:
			return 1
		default:
			return -1
		}
	})
	return all
}

// personaCost is what it costs to think of somebody, in comparisons.
const personaCost = 8

func (a *analysis) addPersonas(c *cube, add func(persona)) {
	users, groups := c.in[byUser], c.in[byUserGroup]
	if users == nil && groups == nil {
		return
	}
	if users == nil {
		for _, g := range groups.list {
			a.spend(personaCost)
			add(member(g, a.human))
		}
		return
	}
	for _, u := range users.list {
		p := named(u)
		a.spend(personaCost)
		add(p)
		if groups == nil {
			continue
		}
		for _, g := range groups.list {
			if a.spend(personaCost); a.exhausted() {
				return
			}
			add(persona{user: u, groups: append([]string{g}, p.groups...), component: p.component})
		}
	}
}

// isFor reports whether a cube takes the requests of somebody.
func (c *cube) isFor(p *persona) bool {
	if c.in[byUser] != nil && !c.in[byUser].has(p.user) {
		return false
	}
	return c.in[byUserGroup] == nil || slices.ContainsFunc(p.groups, c.in[byUserGroup].has)
}
