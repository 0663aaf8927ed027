package mesh

import (
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Action is what an AuthorizationPolicy does: https://istio.io/latest/docs/reference/config/security/authorization-policy/#AuthorizationPolicy-Action
type Action string

// The actions. CUSTOM is judged first, then DENY, then ALLOW; AUDIT decides nothing.
const (
	Allow         Action = "ALLOW"
	Deny          Action = "DENY"
	Audit         Action = "AUDIT"
	Custom        Action = "CUSTOM"
	ActionUnknown Action = "UNKNOWN"
)

// Callers is how wide a rule is: whom its sources take in. A wider one is greater.
type Callers uint8

// The widths of rules.
const (
	Named       Callers = iota // named identities, namespaces or addresses
	AnyIdentity                // principals: ["*"]: every identity of the mesh, or every valid token
	AnyoneBut                  // only negative conditions, which callers without any identity meet too
	Anyone                     // no source at all: callers in plain text too
)

// String says it in words.
func (c Callers) String() string {
	switch c {
	case Named:
		return "named callers"
	case AnyIdentity:
		return "every identity of the mesh"
	case AnyoneBut:
		return "everyone but some"
	case Anyone:
		return "everyone"
	}
	return "unknown callers"
}

// AuthorizationPolicy is Istio's setting of who may call a workload.
type AuthorizationPolicy struct {
	Meta
	Action Action
	// Selector selects workloads of the namespace, in the root namespace those of the whole mesh; empty is all.
	Selector label.Set
	// Targets are the gateways and services that it is attached to; then it counts at waypoints and gateways only.
	Targets []Target
	Rules   []Rule
	// DryRun says that it is only logged: https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/
	DryRun bool
}

// Target is what a policy is attached to.
type Target struct{ Group, Kind, Name string }

// Rule is one rule of a policy.
type Rule struct {
	Path    string
	Callers Callers
	// Limited says that the rule is for some requests only: it has operations, or conditions on other things than the source.
	Limited bool
	// HTTP are the attributes that only a proxy that reads HTTP can judge: ztunnel leaves such an ALLOW rule out and enforces
	// such a DENY rule without them.
	HTTP []string
}

// Everything reports whether the rule takes in every request of every caller: {}.
func (r *Rule) Everything() bool { return r.Callers == Anyone && !r.Limited }

// authorizationPolicy reads as ValidateAuthorizationPolicy of istio/pkg/config/validation does.
func (r *reader) authorizationPolicy() {
	spec := r.spec()
	r.fields(spec, "selector", "targetRef", "targetRefs", "rules", "action", "provider")
	p := AuthorizationPolicy{Meta: r.meta, Action: r.action(spec.Get("action")), Selector: r.selector(spec.Get("selector"), "matchLabels")}
	dry := r.object.Root.Get("metadata").Get("annotations").Get("istio.io/dry-run")
	p.DryRun = dry.Text() == "true"
	for _, t := range append([]tree.Node{spec.Get("targetRef")}, items(spec.Get("targetRefs"))...) {
		if t.Kind() == tree.Mapping {
			p.Targets = append(p.Targets, Target{Group: object.Keep(t.Get("group")), Kind: object.Keep(t.Get("kind")), Name: object.Keep(t.Get("name"))})
		}
	}
	if len(p.Targets) > 0 && spec.Get("selector").Exists() {
		r.flaw(spec.Get("selector"), "does not go with targetRefs: Istio refuses it")
	}
	rules := spec.Get("rules")
	switch {
	case p.Action == Deny && rules.Len() == 0:
		r.flaw(spec, "denies nothing: a DENY policy without rules is never triggered, and Istio refuses it")
	case p.Action == Custom && spec.Get("provider").Get("name").Text() == "":
		r.flaw(spec, "has action CUSTOM without a provider, which Istio refuses")
	case p.Action != Custom && spec.Get("provider").Exists():
		r.flaw(spec.Get("provider"), "goes with action CUSTOM only: Istio refuses it")
	}
	for _, rule := range rules.Items() {
		p.Rules = append(p.Rules, r.rule(rule))
	}
	r.set.Authorizations = append(r.set.Authorizations, p)
}

func items(n tree.Node) []tree.Node {
	var out []tree.Node
	for _, v := range n.Items() {
		out = append(out, v)
	}
	return out
}

func (r *reader) action(n tree.Node) Action {
	if !n.Exists() || n.IsNull() {
		return Allow
	}
	switch a := Action(n.Text()); a {
	case Allow, Deny, Audit, Custom:
		return Action(object.Keep(n))
	case ActionUnknown:
	}
	r.flaw(n, "is none of ALLOW, DENY, AUDIT and CUSTOM")
	return ActionUnknown
}

func (r *reader) rule(n tree.Node) Rule {
	r.fields(n, "from", "to", "when")
	rule := Rule{Path: r.path(n), Callers: Anyone}
	from := n.Get("from")
	if from.Kind() == tree.Sequence && from.Len() == 0 {
		r.flaw(from, "is empty, which Istio refuses")
	}
	if from.Len() > 0 {
		rule.Callers = Named
		for _, f := range from.Items() {
			rule.Callers = max(rule.Callers, r.source(f.Get("source"), &rule)) // one of them is enough
		}
	}
	for _, to := range n.Get("to").Items() {
		operation := to.Get("operation")
		if operation.Len() == 0 {
			r.flaw(to, "has no operation, which Istio refuses")
		}
		rule.Limited = true
		for key := range operation.Pairs() {
			if k := key.Text(); k != "ports" && k != "notPorts" {
				rule.HTTP = append(rule.HTTP, object.Keep(key))
			}
		}
	}
	for _, when := range n.Get("when").Items() {
		r.when(when, &rule)
	}
	return rule
}

// source returns whom a source takes in: all of its fields have to fit.
func (r *reader) source(n tree.Node, rule *Rule) Callers {
	if n.Len() == 0 {
		r.flaw(n, "is an empty source, which Istio refuses")
		return Anyone
	}
	callers := Anyone
	for _, key := range [...]string{"principals", "requestPrincipals", "namespaces", "serviceAccounts", "ipBlocks", "remoteIpBlocks"} {
		if v := n.Get(key); v.Len() > 0 {
			callers = min(callers, r.positive(key, v))
		}
		negative := n.Get("not" + strings.ToUpper(key[:1]) + key[1:])
		if negative.Len() > 0 {
			callers = min(callers, AnyoneBut)
		}
		if key == "requestPrincipals" || key == "remoteIpBlocks" {
			for _, v := range [...]tree.Node{n.Get(key), negative} {
				if v.Len() > 0 {
					rule.HTTP = append(rule.HTTP, object.Keep(v.Key()))
				}
			}
		}
	}
	return callers
}

// positive returns whom a list of values takes in: one of them is enough.
func (r *reader) positive(key string, values tree.Node) Callers {
	addresses := strings.HasSuffix(strings.ToLower(key), "ipblocks") || strings.HasSuffix(key, ".ip")
	callers := Named
	for _, v := range values.Items() {
		switch text := v.Text(); {
		case addresses:
			if strings.HasSuffix(text, "/0") {
				callers = Anyone
			}
		case text == "*":
			callers = max(callers, AnyIdentity)
		case strings.HasPrefix(text, "spiffe://"):
			r.flaw(v, "fits nobody: Istio writes principals without spiffe://")
		}
	}
	return callers
}

// when reads a condition: https://istio.io/latest/docs/reference/config/security/conditions/
func (r *reader) when(n tree.Node, rule *Rule) {
	key := n.Get("key").Text()
	values, not := n.Get("values"), n.Get("notValues")
	switch {
	case key == "":
		r.flaw(n, "has no key, which Istio refuses")
	case values.Len() == 0 && not.Len() == 0:
		r.flaw(n, "has neither values nor notValues, which Istio refuses")
	}
	if !strings.HasPrefix(key, "source.") && !strings.HasPrefix(key, "destination.") {
		rule.HTTP = append(rule.HTTP, object.Keep(n.Get("key")))
	}
	if !strings.HasPrefix(key, "source.") && !strings.HasPrefix(key, "request.auth.") && key != "remote.ip" {
		rule.Limited = true
		return
	}
	if not.Len() > 0 {
		rule.Callers = min(rule.Callers, AnyoneBut)
	}
	if values.Len() > 0 {
		rule.Callers = min(rule.Callers, r.positive(key, values))
	}
}
