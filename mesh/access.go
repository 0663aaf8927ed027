package mesh

import (
	"slices"

	"github.com/kubeharden/kubeharden/workload"
)

// Authorization is an AuthorizationPolicy that is in effect for a workload.
type Authorization struct {
	Policy *AuthorizationPolicy
	// Level is LevelMesh, LevelNamespace or LevelWorkload.
	Level Level
	// Partly says that ztunnel enforces it without its HTTP conditions, or leaves such rules out.
	Partly bool
}

// Access is who is let in to a workload.
type Access struct {
	// Policies are sorted as they are judged: CUSTOM, DENY, ALLOW; then by their numbers.
	Policies []Authorization
	// Widest is the widest of the ALLOW rules; Anyone without an ALLOW policy, as then everything is let in that is not denied.
	Widest Callers
	// Rule is the number of the policy that has it, Nobody without one, and Path the way to the rule in it.
	Rule int
	Path string
	// DefaultDeny says that what no rule lets in is refused, because there is an ALLOW policy.
	DefaultDeny bool
	// Hidden says that a policy has an action that does not exist.
	Hidden bool
}

// AuthorizationFor returns the AuthorizationPolicies for a workload with a sidecar or ztunnel, and what they let in: those of the
// root namespace and of its own that select it and are attached to nothing else. Dry runs are left out.
// getPolicyMatcher in https://github.com/istio/istio/blob/master/pilot/pkg/model/policyattachment.go, and for the order
// https://istio.io/latest/docs/concepts/security/#implicit-enablement
func (a *Analysis) AuthorizationFor(w *workload.Workload) Access {
	out := Access{Widest: Named, Rule: Nobody}
	ztunnel := a.Membership(w).Proxy == AmbientProxy
	namespaces := []string{w.Namespace}
	if w.Namespace != a.root {
		namespaces = append(namespaces, a.root)
	}
	for _, namespace := range namespaces {
		a.policies[namespace].matching(w.Labels, func(members []int) {
			for _, i := range members {
				p := &a.set.Authorizations[i]
				if len(p.Targets) > 0 || p.DryRun {
					continue
				}
				out.add(p, a.root, ztunnel)
			}
		})
	}
	slices.SortStableFunc(out.Policies, func(x, y Authorization) int {
		if c := order(x.Policy.Action) - order(y.Policy.Action); c != 0 {
			return c
		}
		return x.Policy.Object - y.Policy.Object
	})
	if !out.DefaultDeny {
		out.Widest = Anyone
		return out
	}
	for _, p := range out.Policies {
		if p.Policy.Action != Allow {
			continue
		}
		for k := range p.Policy.Rules {
			r := &p.Policy.Rules[k]
			if ztunnel && len(r.HTTP) > 0 {
				continue
			}
			if out.Path == "" || r.Callers > out.Widest {
				out.Widest, out.Rule, out.Path = r.Callers, p.Policy.Object, r.Path
			}
		}
	}
	return out
}

func (x *Access) add(p *AuthorizationPolicy, root string, ztunnel bool) {
	entry := Authorization{Policy: p, Level: LevelNamespace}
	switch {
	case len(p.Selector) > 0:
		entry.Level = LevelWorkload
	case p.Namespace == root:
		entry.Level = LevelMesh
	}
	if ztunnel {
		entry.Partly = slices.ContainsFunc(p.Rules, func(r Rule) bool { return len(r.HTTP) > 0 })
		if p.Action == Custom || p.Action == Audit {
			return // ztunnel knows ALLOW and DENY only
		}
	}
	x.DefaultDeny = x.DefaultDeny || p.Action == Allow
	x.Hidden = x.Hidden || p.Action == ActionUnknown
	x.Policies = append(x.Policies, entry)
}

func order(a Action) int { return slices.Index([]Action{Custom, Deny, Allow, Audit, ActionUnknown}, a) }

// RequestsFor returns the RequestAuthentications for a workload, in the order of their numbers. They refuse wrong tokens only: a
// request without one is let through unless an AuthorizationPolicy asks for request principals.
func (a *Analysis) RequestsFor(w *workload.Workload) []*RequestAuthentication {
	var out []*RequestAuthentication
	namespaces := []string{w.Namespace, a.root} // the same twice in the root namespace
	for _, namespace := range slices.Compact(namespaces) {
		a.requests[namespace].matching(w.Labels, func(members []int) {
			for _, i := range members {
				if q := &a.set.Requests[i]; !q.Attached {
					out = append(out, q)
				}
			}
		})
	}
	slices.SortStableFunc(out, func(x, y *RequestAuthentication) int { return x.Object - y.Object })
	return out
}

// Egress returns what a workload's sidecar does with calls to hosts that the mesh does not know, ALLOW_ANY or REGISTRY_ONLY, and
// the number of the object that says so, Nobody for the default.
// https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/
func (a *Analysis) Egress(w *workload.Workload) (policy string, object int) {
	if s := a.sidecarOf(w); s != nil && s.Outbound != "" {
		return s.Outbound, s.Object
	}
	if a.config.OutboundPolicy != "" {
		return a.config.OutboundPolicy, a.config.Object
	}
	return "ALLOW_ANY", Nobody
}

// Denial is whether a namespace refuses what no policy lets in.
type Denial struct {
	Holds bool
	// Object is the number of the policy that makes it so, or of the one that lets everyone in all the same; Nobody without any.
	Object int
	Path   string
	Why    string
}

// DefaultDeny returns whether every workload of a namespace refuses what no policy lets in: an ALLOW policy without a selector, of
// the namespace or of the root namespace, makes it so, unless a rule of one lets everything in.
// https://istio.io/latest/docs/ops/best-practices/security/#use-default-deny-patterns
func (a *Analysis) DefaultDeny(namespace string) Denial {
	out := Denial{Object: Nobody, Why: "no policy without a selector allows anything, so that everything is let in"}
	namespaces := []string{namespace}
	if namespace != a.root {
		namespaces = append(namespaces, a.root)
	}
	best := -1
	for _, ns := range namespaces {
		open := false
		// Without labels only what has no selector matches.
		a.policies[ns].matching(nil, func(members []int) {
			for _, i := range members {
				p := &a.set.Authorizations[i]
				if len(p.Targets) > 0 || p.DryRun || p.Action != Allow {
					continue
				}
				for k := range p.Rules {
					if r := &p.Rules[k]; r.Everything() && !open {
						open = true
						out = Denial{Object: p.Object, Path: r.Path, Why: "a rule lets everyone in"}
					}
				}
				if best < 0 || len(p.Rules) == 0 && len(a.set.Authorizations[best].Rules) > 0 {
					best = i
				}
			}
		})
		if open {
			return out
		}
	}
	if best >= 0 {
		p := &a.set.Authorizations[best]
		out = Denial{Holds: true, Object: p.Object, Path: "spec", Why: p.String() + " lets in only what its rules allow"}
		if len(p.Rules) == 0 {
			out.Why = p.String() + " allows nothing"
		}
	}
	return out
}
