package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// Rule is a rule of a role.
type Rule struct {
	Group     string
	Resources []string
	Verb      string
}

// Needed returns the rules that reading the kinds takes: to list them, and nothing more. known says of a resource of Kubernetes' own groups
// whether an API server serves it; of others whether its group is one of those.
func Needed(kinds []Kind, known func(group, resource string) (own, served bool)) []Rule {
	byGroup := map[string][]string{}
	for _, k := range kinds {
		name := plural(k.Kind)
		own, served := known(k.Group, name)
		if own && !served || isConfiguration(k.Group) || isHousekeeping(&resource{group: k.Group, plural: name}) {
			continue
		}
		if !slices.Contains(byGroup[k.Group], name) {
			byGroup[k.Group] = append(byGroup[k.Group], name)
		}
	}
	return rulesOf(byGroup)
}

// Needed returns the rules that reading this cluster takes, for what it serves.
func (c *Cluster) Needed(wants func(group, kind string) bool) []Rule {
	byGroup := map[string][]string{}
	for i := range c.serves {
		if r := &c.serves[i]; r.can("list") && !isHousekeeping(r) && wants(r.group, r.kind) {
			byGroup[r.group] = append(byGroup[r.group], r.plural)
		}
	}
	return rulesOf(byGroup)
}

func rulesOf(byGroup map[string][]string) []Rule {
	var rules []Rule
	for group, resources := range byGroup {
		slices.Sort(resources)
		if slices.Contains(resources, "*") {
			resources = []string{"*"}
		}
		rules = append(rules, Rule{Group: group, Resources: resources, Verb: "list"})
	}
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.Group, b.Group) })
	return rules
}

// isConfiguration reports whether a group is one of files, which no API server serves.
func isConfiguration(group string) bool {
	switch group {
	case "kubeadm.k8s.io", "audit.k8s.io", "apiserver.k8s.io", "eventratelimit.admission.k8s.io", "k0sctl.k0sproject.io", "kubeharden.io", "extensions":
		return true
	}
	return strings.HasSuffix(group, ".config.k8s.io")
}

// plural is the name of the resource of a kind. It is what the makers of a kind say it is; all that are asked for follow the rule.
func plural(kind string) string {
	lower := strings.ToLower(kind)
	switch {
	case kind == "*":
		return kind
	case strings.HasSuffix(lower, "ay") || strings.HasSuffix(lower, "ey"):
		return lower + "s"
	case strings.HasSuffix(lower, "y"):
		return strings.TrimSuffix(lower, "y") + "ies"
	case lower == "endpoints" || lower == "securitycontextconstraints" || strings.HasSuffix(lower, "repos") || strings.HasSuffix(lower, "defaults") || strings.HasSuffix(lower, "intentions"):
		return lower
	case strings.HasSuffix(lower, "s") || strings.HasSuffix(lower, "x") || strings.HasSuffix(lower, "ch") || strings.HasSuffix(lower, "sh"):
		return lower + "es"
	}
	return lower + "s"
}
