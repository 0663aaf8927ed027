package generate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/rbac"
)

// ErrNothingObserved is the error of a role for a subject that was not seen doing anything.
var ErrNothingObserved = errors.New("no request of the subject was observed")

// RoleOptions say what a role may allow beyond what was seen. The zero value allows nothing beyond it.
type RoleOptions struct {
	// Name is the name of all generated objects; "" makes one of the subject.
	Name string
	// AnyName drops the names of objects from all rules.
	AnyName bool
	// AnyNameOf drops them for these resources, written as kubectl does: "pods", "pods/log", "deployments.apps",
	// "deployments.apps/scale".
	AnyNameOf []string
	// SharedRole replaces equal Roles in at least so many namespaces by one ClusterRole that is bound in each of them, which
	// allows the same. 0 never does.
	SharedRole int
	// ExpandVerbs adds to list and watch each other and get, and to update and patch each other and get, as audit2rbac does.
	ExpandVerbs bool
	// KeepCommon keeps what all authenticated users may do anyway: discovery, health, and asking about oneself.
	KeepCommon bool
	// ManyNames is how many generated names of one resource are too many to be granted one by one; then there is a
	// suggestion. 0 is DefaultManyNames.
	ManyNames int
}

// DefaultManyNames is RoleOptions.ManyNames if nothing is said.
const DefaultManyNames = 5

// RoleResult is the least role for what was observed. It marshals to JSON with the names that its fields have here in lower
// camel case; rules have the field names of Kubernetes' PolicyRule.
type RoleResult struct {
	Subject RoleSubject `json:"subject"`
	// Events is how many events of the log were about the subject, Requests how many requests they make, Denied how many of
	// its requests were refused and are not counted.
	Events   int `json:"events"`
	Requests int `json:"requests"`
	Denied   int `json:"denied"`
	// First and Last are when the first and the last of the requests were received, nil if the log does not say.
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
	// Options say what the roles allow beyond what was seen, one sentence for each option.
	Options []string `json:"options"`
	// Roles have the ClusterRoles first, then the Roles by namespace.
	Roles []GeneratedRole `json:"roles"`
	// Notes are what somebody who applies the roles has to know.
	Notes []string `json:"notes,omitempty"`
	// Suggestions are options that would make the roles survive the next rollout.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// RoleSubject is rbac.Subject in JSON.
type RoleSubject struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// GeneratedRole is a Role or ClusterRole with its bindings.
type GeneratedRole struct {
	Kind      string     `json:"kind"`                // Role or ClusterRole
	Namespace string     `json:"namespace,omitempty"` // of a Role
	Name      string     `json:"name"`
	Rules     []RoleRule `json:"rules"`
	// Bindings all have the name of the role.
	Bindings []GeneratedBinding `json:"bindings"`
}

// GeneratedBinding is a binding of the role before it to the subject.
type GeneratedBinding struct {
	Kind      string `json:"kind"`                // RoleBinding or ClusterRoleBinding
	Namespace string `json:"namespace,omitempty"` // of a RoleBinding
}

// RoleRule is a rule and how many requests it was used for. https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/
type RoleRule struct {
	APIGroups       []string `json:"apiGroups,omitempty"`
	Resources       []string `json:"resources,omitempty"`
	ResourceNames   []string `json:"resourceNames,omitempty"`
	NonResourceURLs []string `json:"nonResourceURLs,omitempty"`
	Verbs           []string `json:"verbs"`
	Used            int      `json:"used"`
}

// Rule returns the rule alone.
func (r RoleRule) Rule() rbac.Rule {
	return rbac.Rule{
		Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames, NonResourceURLs: r.NonResourceURLs,
	}
}

// Suggestion is a resource whose objects have names that will not come again.
type Suggestion struct {
	// Namespace is "" for a ClusterRole.
	Namespace string `json:"namespace,omitempty"`
	// Resource is written as RoleOptions.AnyNameOf takes it.
	Resource string `json:"resource"`
	// Names is how many names were seen, Generated how many of them a controller made up.
	Names     int `json:"names"`
	Generated int `json:"generated"`
}

// LeastRole returns the roles that allow what was observed and nothing else: for each namespace a Role, and a ClusterRole for
// resources without a namespace, requests over all namespaces and non-resource URLs. No verb, group, resource or name can be
// taken away from them without refusing a request that was seen.
//
// The error wraps ErrNothingObserved if there is nothing to make a role of.
func LeastRole(o *Observed, opts RoleOptions) (*RoleResult, error) {
	name := opts.Name
	if name == "" {
		name = roleName(o.subject)
	}
	if err := cmp.Or(checkSubject(o.subject), checkRoleName(name)); err != nil {
		return nil, fmt.Errorf("making a role for %s: %w", subjectText(o.subject), err)
	}
	if len(o.seen) == 0 {
		return nil, fmt.Errorf("making a role for %s: %w (%d were denied)", subjectText(o.subject), ErrNothingObserved, o.denied)
	}
	asked := gather(o, opts)
	result := &RoleResult{
		Subject: RoleSubject(o.subject), Events: o.events, Requests: o.requests, Denied: o.denied,
		Options: describeOptions(o.opts, opts), Suggestions: suggest(asked.scopes, opts),
	}
	if !o.first.IsZero() {
		first, last := o.first, o.last
		result.First, result.Last = &first, &last
	}
	asked.expand(opts)
	result.Roles = roles(asked.scopes, name, opts)
	result.Notes = notes(o, asked, len(result.Roles))
	return result, nil
}

// roles makes the roles of the rights in each scope.
func roles(scopes map[string]rights, name string, opts RoleOptions) []GeneratedRole {
	list := []GeneratedRole{}
	if rules := compact(scopes[""]); len(rules) > 0 {
		list = append(list, GeneratedRole{
			Kind: "ClusterRole", Name: name, Rules: rules, Bindings: []GeneratedBinding{{Kind: "ClusterRoleBinding"}},
		})
	}
	var namespaced []GeneratedRole
	for _, namespace := range sortedKeys(scopes) {
		if namespace == "" || len(scopes[namespace]) == 0 {
			continue
		}
		namespaced = append(namespaced, GeneratedRole{
			Kind: "Role", Namespace: namespace, Name: name, Rules: compact(scopes[namespace]),
			Bindings: []GeneratedBinding{{Kind: "RoleBinding", Namespace: namespace}},
		})
	}
	if opts.SharedRole > 0 {
		shared, rest := share(namespaced, name, opts.SharedRole)
		list, namespaced = append(list, shared...), rest
	}
	return append(list, namespaced...)
}

// share makes one ClusterRole of equal Roles in at least min namespaces.
func share(roles []GeneratedRole, name string, minimum int) (shared, rest []GeneratedRole) {
	same := map[string][]int{}
	var keys []string
	for i, role := range roles {
		key := rulesKey(role.Rules)
		if same[key] == nil {
			keys = append(keys, key)
		}
		same[key] = append(same[key], i)
	}
	taken := make([]bool, len(roles))
	for _, key := range keys {
		indexes := same[key]
		if len(indexes) < minimum {
			continue
		}
		role := GeneratedRole{Kind: "ClusterRole", Name: fmt.Sprintf("%s:namespaced-%d", name, len(shared)+1)}
		role.Rules = slices.Clone(roles[indexes[0]].Rules)
		for k, i := range indexes {
			taken[i] = true
			role.Bindings = append(role.Bindings, roles[i].Bindings...)
			if k > 0 {
				for n, rule := range roles[i].Rules {
					role.Rules[n].Used += rule.Used
				}
			}
		}
		shared = append(shared, role)
	}
	for i, role := range roles {
		if !taken[i] {
			rest = append(rest, role)
		}
	}
	return shared, rest
}

func rulesKey(rules []RoleRule) string {
	var key strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&key, "%q%q%q%q%q\n", r.APIGroups, r.Resources, r.ResourceNames, r.NonResourceURLs, r.Verbs)
	}
	return key.String()
}

// describeOptions says what the options did.
func describeOptions(seen ObserveOptions, opts RoleOptions) []string {
	var list []string
	if seen.Denied {
		list = append(list, "requests that were denied are allowed too (Denied)")
	}
	switch {
	case opts.AnyName:
		list = append(list, "objects of any name are allowed, not only those seen (AnyName)")
	case len(opts.AnyNameOf) > 0:
		list = append(list, "objects of any name are allowed for "+strings.Join(slices.Sorted(slices.Values(opts.AnyNameOf)), ", ")+" (AnyNameOf)")
	default:
		list = append(list, "only the objects seen are allowed, by name")
	}
	if opts.ExpandVerbs {
		list = append(list, "list and watch bring each other and get, update and patch bring each other and get (ExpandVerbs)")
	} else {
		list = append(list, "only the verbs seen are allowed")
	}
	if opts.SharedRole > 0 {
		list = append(list, fmt.Sprintf("equal rights in %d or more namespaces are one ClusterRole, bound in each of them (SharedRole)", opts.SharedRole))
	} else {
		list = append(list, "each namespace has a Role of its own")
	}
	if opts.KeepCommon {
		list = append(list, "what every authenticated user may do anyway is kept (KeepCommon)")
	} else {
		list = append(list, "what every authenticated user may do anyway is left out")
	}
	return list
}

// notes says what the roles cannot.
func notes(o *Observed, asked *asked, roles int) []string {
	var list []string
	add := func(n int, text string) {
		if n > 0 {
			list = append(list, fmt.Sprintf(text, n))
		}
	}
	if roles == 0 {
		list = append(list, "nothing is needed beyond what every authenticated user may do anyway")
	}
	add(o.denied, "%d requests were denied and are not allowed here either")
	add(o.dropped, "%d requests were left out because there are more than a million distinct ones: the roles are not complete")
	add(asked.inexpressible, "%d distinct requests are left out because a rule for them would allow more: "+
		"their verb is empty, or their verb, group, resource or path is a wildcard, or their namespace cannot exist")
	add(asked.created, "%d distinct rights follow from other requests and have no event of their own: "+
		"create for updates and patches that made the object and for WebSockets to pods, and impersonation")
	add(o.guessed, "%d impersonated requests have system:authenticated or system:unauthenticated as the last of several groups; "+
		"it is taken as added by the API server and not as asked for")
	if asked.grants {
		list = append(list, "the subject writes roles or bindings: the API server also asks whether it has the rights that it gives, "+
			"or the verbs escalate and bind, and the log does not show that")
	}
	list = append(list, "what the subject needs but did not do in the time of the log is not here")
	return list
}
