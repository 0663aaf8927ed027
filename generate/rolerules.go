package generate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// verbRank is the place of a verb in the order that people write them in.
func verbRank(verb string) int {
	order := [...]string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	if i := slices.Index(order[:], verb); i >= 0 {
		return i
	}
	return len(order)
}

func compareVerbs(a, b string) int {
	return cmp.Or(cmp.Compare(verbRank(a), verbRank(b)), cmp.Compare(a, b))
}

// compact makes rules of rights. Each right is in exactly one rule, and each rule allows its rights and nothing else; so there
// is nothing in a rule that could be left out. Fewer rules than these may be possible (it is the problem of covering a set
// with boxes, which is hard), but not with rules that read as well.
func compact(from rights) []RoleRule {
	byResource := map[right][]right{} // the key has group and resource alone, or the path
	for r := range from {
		key := right{group: r.group, resource: r.resource, path: r.path}
		byResource[key] = append(byResource[key], r)
	}
	var rules []RoleRule
	for key, list := range byResource {
		for _, b := range boxes(list) {
			rule := RoleRule{Verbs: b.verbs}
			for _, verb := range b.verbs {
				for _, name := range b.names {
					r := key
					r.verb, r.name = verb, name
					rule.Used += from[r]
				}
			}
			if key.resource == "" {
				rule.NonResourceURLs = []string{key.path}
			} else {
				rule.APIGroups, rule.Resources = []string{key.group}, []string{key.resource}
				if b.names[0] != "" {
					rule.ResourceNames = b.names
				}
			}
			rules = append(rules, rule)
		}
	}
	slices.SortFunc(rules, compareRules)
	rules = merge(rules, func(r *RoleRule) *[]string { return &r.NonResourceURLs })
	rules = merge(rules, func(r *RoleRule) *[]string { return &r.Resources })
	rules = merge(rules, func(r *RoleRule) *[]string { return &r.APIGroups })
	slices.SortFunc(rules, compareRules)
	return rules
}

// box is every combination of its verbs and names. A name of "" is alone in its box.
type box struct{ verbs, names []string }

// boxes puts the rights on one resource into boxes, in the way that needs fewer of them: by verbs that have the same names, or by
// names that have the same verbs.
func boxes(list []right) []box {
	names, verbs := map[string][]string{}, map[string][]string{}
	for _, r := range list {
		names[r.verb] = append(names[r.verb], r.name)
		verbs[r.name] = append(verbs[r.name], r.verb)
	}
	byNames, byVerbs := group(names), group(verbs)
	var out []box
	if len(byNames) <= len(byVerbs) {
		for _, g := range byNames {
			out = append(out, box{verbs: g.members, names: g.values})
		}
	} else {
		for _, g := range byVerbs {
			out = append(out, box{verbs: g.values, names: g.members})
		}
	}
	for _, b := range out {
		slices.SortFunc(b.verbs, compareVerbs)
		slices.Sort(b.names)
	}
	return out
}

type grouped struct{ members, values []string }

// group puts the keys with the same values together.
func group(m map[string][]string) []grouped {
	index := map[string]int{}
	var out []grouped
	for _, key := range slices.Sorted(maps.Keys(m)) {
		values := slices.Sorted(slices.Values(m[key]))
		id := joinKey(values)
		if i, ok := index[id]; ok {
			out[i].members = append(out[i].members, key)
			continue
		}
		index[id] = len(out)
		out = append(out, grouped{members: []string{key}, values: values})
	}
	return out
}

// merge puts the rules together that differ only in one of their parts.
func merge(rules []RoleRule, part func(*RoleRule) *[]string) []RoleRule {
	index := map[string]int{}
	var out []RoleRule
	for _, rule := range rules {
		values := *part(&rule)
		if len(values) == 0 {
			out = append(out, rule)
			continue
		}
		rest := rule
		*part(&rest) = nil
		key := rulesKey([]RoleRule{rest})
		i, ok := index[key]
		if !ok {
			index[key] = len(out)
			*part(&rule) = slices.Clone(values)
			out = append(out, rule)
			continue
		}
		into := part(&out[i])
		*into = append(*into, values...)
		out[i].Used += rule.Used
	}
	for i := range out {
		slices.Sort(*part(&out[i]))
	}
	return out
}

func compareRules(a, b RoleRule) int {
	return cmp.Or(
		slices.Compare(a.NonResourceURLs, b.NonResourceURLs),
		slices.Compare(a.APIGroups, b.APIGroups), slices.Compare(a.Resources, b.Resources),
		slices.Compare(a.ResourceNames, b.ResourceNames), slices.CompareFunc(a.Verbs, b.Verbs, compareVerbs),
	)
}

// joinKey makes one text of several that no other list of texts makes.
func joinKey(list []string) string {
	var key strings.Builder
	for _, s := range list {
		key.WriteString(strings.ReplaceAll(strings.ReplaceAll(s, "\\", "\\\\"), ",", "\\,"))
		key.WriteByte(',')
	}
	return key.String()
}
