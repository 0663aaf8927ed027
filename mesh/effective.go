package mesh

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// MTLS is which TLS a port takes, and who decides it.
type MTLS struct {
	Mode Mode
	// Decider is the number of the deciding object, Nobody if it is a default.
	Decider int
	// Path leads to the deciding setting from the decider's root.
	Path  string
	Level Level
	// Why says in a few words what does not show in the rest.
	Why string
}

// modes is a set of modes that are possible.
type modes uint8

func only(m Mode) modes {
	switch m {
	case Disable:
		return 1
	case Permissive:
		return 2
	case Strict:
		return 4
	case Unset, Unknown:
	}
	return 8
}

// mode returns the one mode of a set, Unknown if there are several.
func (m modes) mode() Mode {
	if bits.OnesCount8(uint8(m)) != 1 {
		return Unknown
	}
	return [...]Mode{Disable, Permissive, Strict, Unknown}[bits.TrailingZeros8(uint8(m))]
}

// verdict is what is in effect down to a level.
type verdict struct {
	possible modes
	decider  int
	path     string
	level    Level
	why      string
}

func (v verdict) mtls() MTLS {
	return MTLS{Mode: v.possible.mode(), Decider: v.decider, Path: v.path, Level: v.level, Why: v.why}
}

// indexPeers resolves the mesh and the namespaces, and indexes the settings with a selector.
func (a *Analysis) indexPeers() {
	wide := map[string][]int{}
	var narrow []int
	for i := range a.set.Peers {
		p := &a.set.Peers[i]
		switch {
		case len(p.Selector) == 0:
			wide[p.Namespace] = append(wide[p.Namespace], i)
		case p.Namespace == a.root:
			// ComposePeerAuthentication takes no setting with a selector from the root namespace.
			a.Flaws = append(a.Flaws, object.Flaw{Object: p.Object, Path: "spec.selector", Message: "is in the root namespace, where settings with a selector are ignored"})
		default:
			narrow = append(narrow, i)
		}
	}
	a.peers = selectAll(narrow, func(i *int) (string, label.Selector) {
		return a.set.Peers[*i].Namespace, label.Equals(a.set.Peers[*i].Selector)
	})
	for _, s := range a.peers {
		for _, g := range s.groups {
			for k, member := range g.members {
				g.members[k] = narrow[member]
			}
			g.members = rivals(g.members, a.peer)
			g.members = g.members[:min(len(g.members), maxRivals+1)]
		}
	}
	for namespace, list := range wide {
		a.several(namespace, list)
	}
	a.mesh = a.level(wide[a.root], verdict{possible: only(Permissive), decider: Nobody, level: LevelDefault}, LevelMesh)
	for namespace, list := range wide {
		if namespace != a.root {
			a.namespaces[namespace] = a.level(list, a.mesh, LevelNamespace)
		}
	}
}

func (a *Analysis) peer(i int) *Meta { return &a.set.Peers[i].Meta }

// several reports the settings of a whole namespace beside the one that counts.
// https://istio.io/latest/docs/concepts/security/#peer-authentication: there should be one, of several the oldest counts.
func (a *Analysis) several(namespace string, list []int) {
	may := rivals(list, a.peer)
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(x, y int) int { return age(a.peer(x), a.peer(y)) })
	for _, i := range sorted {
		p := &a.set.Peers[i]
		if p.Name == a.set.Peers[sorted[0]].Name && (len(may) < len(list) || sameName(a, list)) {
			continue
		}
		what := "namespace " + namespace
		if namespace == a.root {
			what = "the mesh"
		}
		message := fmt.Sprintf("is one of several settings for all of %s: only the oldest counts", what)
		if len(may) < len(list) {
			message = fmt.Sprintf("is ignored: %s for all of %s is older", a.set.Peers[sorted[0]].String(), what)
		}
		a.Flaws = append(a.Flaws, object.Flaw{Object: p.Object, Path: "spec", Message: message})
	}
}

// sameName reports whether all settings are versions of one.
func sameName(a *Analysis, list []int) bool {
	for _, i := range list {
		if a.peer(i).Name != a.peer(list[0]).Name {
			return false
		}
	}
	return true
}

// level returns what is in effect at a level of which these are the settings.
func (a *Analysis) level(list []int, parent verdict, level Level) verdict {
	list = rivals(list, a.peer)
	return a.decide(list, parent, func(p *PeerAuthentication) (Mode, string, Level) { return p.Mode, p.Path, level })
}

// decide puts together what each of several settings would mean, as any of them may count.
func (a *Analysis) decide(list []int, parent verdict, say func(*PeerAuthentication) (Mode, string, Level)) verdict {
	if len(list) == 0 {
		return parent
	}
	if len(list) > maxRivals {
		return verdict{possible: only(Unknown), decider: a.peer(list[0]).Object, path: "spec", level: LevelNamespace, why: "too many settings are there for the same pods, none of them known to be the oldest"}
	}
	var out verdict
	for n, i := range list {
		p := &a.set.Peers[i]
		mode, path, at := say(p)
		v := verdict{possible: only(mode), decider: p.Object, path: path, level: at}
		if mode == Unset {
			v = parent
		}
		if n == 0 {
			out = v
			continue
		}
		out.possible |= v.possible
	}
	if bits.OnesCount8(uint8(out.possible)) > 1 && len(list) > 1 {
		first := &a.set.Peers[list[0]]
		out.decider, out.path = first.Object, first.Path
		out.why = "several settings are there for the same pods, and it is not known which is the oldest: " + a.names(list)
	}
	return out
}

// names lists some settings.
func (a *Analysis) names(list []int) string {
	var names []string
	for _, i := range list {
		if name := a.set.Peers[i].String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return strings.Join(names, ", ")
}

// Policy returns which mode PeerAuthentications give to a port of a workload's pods with a sidecar, whether it has one or not:
// mesh, namespace, workload, port, where what is unset inherits and of rivals the oldest counts.
// ComposePeerAuthentication in https://github.com/istio/istio/blob/master/pilot/pkg/security/authn/policy_applier.go
func (a *Analysis) Policy(w *workload.Workload, port int) MTLS {
	return a.policy(w, port, false).mtls()
}

func (a *Analysis) policy(w *workload.Workload, port int, ambient bool) verdict {
	parent := a.mesh
	if v, ok := a.namespaces[w.Namespace]; ok {
		parent = v
	}
	list := a.candidates(w)
	out := a.decide(list, parent, func(p *PeerAuthentication) (Mode, string, Level) {
		i, ok := slices.BinarySearchFunc(p.Ports, port, func(m PortMode, port int) int { return m.Port - port })
		if !ok || p.Ports[i].Mode == Unset || ambient && ztunnelIgnores(p, p.Ports[i].Mode, parent) {
			return p.Mode, p.Path, LevelWorkload
		}
		return p.Ports[i].Mode, p.Ports[i].Path, LevelPort
	})
	if ambient && out.possible&only(Disable) != 0 {
		// ztunnel refuses plain text or it does not; it never refuses mutual TLS:
		// https://istio.io/latest/docs/reference/config/security/peer_authentication/
		out.possible = out.possible&^only(Disable) | only(Permissive)
		out.why = "DISABLE is PERMISSIVE in ambient mode"
	}
	return out
}

// ztunnelIgnores reports whether a port's DISABLE does nothing: where the workload inherits STRICT, istiod looks for ports that
// are PERMISSIVE only. convertedSelectorPeerAuthentications in
// https://github.com/istio/istio/blob/master/pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go
func ztunnelIgnores(p *PeerAuthentication, port Mode, parent verdict) bool {
	if port != Disable || p.Mode != Unset || parent.possible != only(Strict) {
		return false
	}
	for _, other := range p.Ports {
		if other.Mode == Permissive {
			return false
		}
	}
	return true
}

// candidates returns the settings with a selector that may count for a workload.
func (a *Analysis) candidates(w *workload.Workload) []int {
	var list []int
	a.peers[w.Namespace].matching(w.Labels, func(members []int) { list = append(list, members...) })
	slices.Sort(list)
	return rivals(list, a.peer)
}
