package network

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// Analysis answers who can reach whom. It is not changed once made.
type Analysis struct {
	set        *Set
	workloads  *workload.Set
	index      *workload.Index
	policies   []Policy // those of the set, their peers numbered
	selections []Selection
	local      map[string][]int32 // the selections of one namespace only, by its name, ascending
	wide       []int32            // the other selections, ascending
	members    [][]int32          // by selection: the classes whose pods it selects, ascending
	subjects   [][]subject        // by selection: the policies that have it as their subject
	general    map[string][]int32 // the subjects that are all pods, by their only namespace
	classes    []Class
	classOf    []int32 // by workload
	finder     *classIndex
	types      []podType
	typeOf     []int32 // by class
	strange    *party  // that only peers which mean everybody find
}

// Class is a number of workloads that no policy can tell apart: same namespace, labels, hostNetwork and named ports.
type Class struct {
	Namespace   string
	Labels      label.Set
	HostNetwork bool
	// Ports are the ports with a name.
	Ports []workload.Port
	// Addresses are those of a pod, if its status has them.
	Addresses []netip.Addr
	// Workloads are the indexes of the class's workloads in the set.
	Workloads []int
}

// subject is a policy as it applies to what its subject selects.
type subject struct {
	policy *Policy
	rank   int32 // within all policies: the order in which they are asked
}

// podType is what the classes have in common that all policies treat alike.
type podType struct {
	party
	classes []int32
}

// New analyses what is known of policies and workloads. Both sets must not be changed any more.
func New(set *Set, w *workload.Set) *Analysis {
	a := &Analysis{set: set, workloads: w, index: workload.NewIndex(w)}
	a.classify()
	a.intern()
	a.generalise()
	a.localise()
	a.finder = newClassIndex(a)
	a.match()
	a.distinguish()
	a.strange = a.stranger()
	return a
}

// localise finds the selections that can have to do with a namespace: most are of one only.
func (a *Analysis) localise() {
	a.local = map[string][]int32{}
	for i := range a.selections {
		n := int32(i) //nolint:gosec // as in intern
		if ns := a.selections[i].Namespace; ns != "" {
			a.local[ns] = append(a.local[ns], n)
		} else {
			a.wide = append(a.wide, n)
		}
	}
}

// Classes returns the classes of workloads, in the order of their first workloads. They must not be changed.
func (a *Analysis) Classes() []Class { return a.classes }

// ClassOf returns the class of a workload, given by its index in the set.
func (a *Analysis) ClassOf(workload int) int { return int(a.classOf[workload]) }

// Policies returns the policies that are analysed.
func (a *Analysis) Policies() []Policy { return a.policies }

// Workload returns a workload by its index.
func (a *Analysis) Workload(i int) *workload.Workload { return &a.workloads.Workloads[i] }

// namedPorts returns the ports with a name of the containers that stay: regular ones and sidecars.
func namedPorts(w *workload.Workload) []workload.Port {
	var out []workload.Port
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Sort == object.Regular || c.Sort == object.Sidecar {
			for _, p := range c.Ports {
				if p.Name != "" {
					out = append(out, workload.Port{Name: p.Name, Number: p.Number, Protocol: p.Protocol})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y workload.Port) int { return strings.Compare(portKey(x), portKey(y)) })
	return slices.Compact(out)
}

func portKey(p workload.Port) string {
	return p.Name + "\x00" + p.Protocol + "\x00" + strconv.Itoa(p.Number)
}

// classify puts workloads that cannot be told apart together.
func (a *Analysis) classify() {
	byKey := make(map[string]int32, len(a.workloads.Workloads))
	a.classOf = make([]int32, len(a.workloads.Workloads))
	var key []byte
	for i := range a.workloads.Workloads {
		w := &a.workloads.Workloads[i]
		c := Class{Namespace: w.Namespace, Labels: w.Labels, HostNetwork: w.HostNetwork, Ports: namedPorts(w), Addresses: a.addresses(w)}
		key = append(key[:0], c.Namespace...)
		for _, l := range c.Labels {
			key = append(append(append(append(key, 0), l.Key...), '='), l.Value...)
		}
		key = append(key, 1)
		key = strconv.AppendBool(key, c.HostNetwork)
		for _, p := range c.Ports {
			key = append(append(key, 0), portKey(p)...)
		}
		for _, ip := range c.Addresses {
			key = append(append(key, 2), ip.String()...)
		}
		number, ok := byKey[string(key)]
		if !ok {
			number = int32(len(a.classes)) //nolint:gosec // fewer than there are bytes
			byKey[string(key)] = number
			a.classes = append(a.classes, c)
		}
		a.classes[number].Workloads = append(a.classes[number].Workloads, i)
		a.classOf[i] = number
	}
}

func (a *Analysis) addresses(w *workload.Workload) []netip.Addr {
	if w.PodPath != "" {
		return nil
	}
	return a.set.addresses[w.Object]
}

// intern numbers the selections of all policies, equal ones alike.
func (a *Analysis) intern() {
	numbers := map[string]int32{}
	number := func(s *Selection) int32 {
		key := s.key()
		n, ok := numbers[key]
		if !ok {
			n = int32(len(a.selections)) //nolint:gosec // fewer than there are bytes
			numbers[key] = n
			a.selections = append(a.selections, *s)
			a.subjects = append(a.subjects, nil)
		}
		return n
	}
	a.policies = slices.Clone(a.set.Policies)
	ranked := make([]*Policy, len(a.policies))
	for i := range a.policies {
		a.policies[i].number = i
		ranked[i] = &a.policies[i]
	}
	slices.SortStableFunc(ranked, comparePolicies)
	for rank, p := range ranked {
		n := number(&p.Subject)
		p.subject = n
		a.subjects[n] = append(a.subjects[n], subject{p, int32(rank)}) //nolint:gosec // as above
		for _, rules := range [...]*Rules{&p.Ingress, &p.Egress} {
			rules.List = slices.Clone(rules.List)
			for i := range rules.List {
				rules.List[i].Peers = slices.Clone(rules.List[i].Peers)
				for k := range rules.List[i].Peers {
					if peer := &rules.List[i].Peers[k]; peer.Kind == Pods {
						peer.sel = number(&peer.Selection)
					}
				}
			}
		}
	}
}

// generalise lists the subjects that select all pods of a namespace, or of namespaces.
func (a *Analysis) generalise() {
	a.general = map[string][]int32{}
	for i := range a.selections {
		if s := &a.selections[i]; len(a.subjects[i]) > 0 && s.AllPods() {
			a.general[s.Namespace] = append(a.general[s.Namespace], int32(i)) //nolint:gosec // as in intern
		}
	}
}

// match finds the classes of each selection, by the labels that it asks for.
func (a *Analysis) match() {
	a.members = make([][]int32, len(a.selections))
	for i := range a.selections {
		a.members[i] = a.finder.members(&a.selections[i])
	}
}

// distinguish puts classes together that all policies treat alike.
func (a *Analysis) distinguish() {
	found := make([][]int32, len(a.classes)) // by class: the selections that select it
	for s, members := range a.members {
		for _, c := range members {
			found[c] = append(found[c], int32(s)) //nolint:gosec // as in intern
		}
	}
	names := a.portNames()
	byKey := map[string]int32{}
	a.typeOf = make([]int32, len(a.classes))
	var key []byte
	for c := range a.classes {
		class := &a.classes[c]
		party := party{kind: podParty, host: class.HostNetwork, selections: found[c], addresses: class.Addresses}
		key = strconv.AppendBool(key[:0], class.HostNetwork)
		for _, s := range found[c] {
			key = binary.AppendVarint(key, int64(s))
		}
		for _, p := range class.Ports {
			if names[p.Name] {
				key = append(append(key, 0), portKey(p)...)
				party.ports = append(party.ports, p)
			}
		}
		for _, ip := range class.Addresses {
			key = append(append(key, 2), ip.String()...)
		}
		number, ok := byKey[string(key)]
		if !ok {
			number = int32(len(a.types)) //nolint:gosec // as in classify
			byKey[string(key)] = number
			a.apply(&party)
			a.types = append(a.types, podType{party: party})
		}
		a.types[number].classes = append(a.types[number].classes, int32(c)) //nolint:gosec // as in classify
		a.typeOf[c] = number
	}
}

// portNames returns the names of ports that policies ask for.
func (a *Analysis) portNames() map[string]bool {
	names := map[string]bool{}
	for i := range a.policies {
		for _, rules := range [...]*Rules{&a.policies[i].Ingress, &a.policies[i].Egress} {
			for r := range rules.List {
				for _, p := range rules.List[r].Ports {
					if p.Name != "" {
						names[p.Name] = true
					}
				}
			}
		}
	}
	return names
}

// apply finds the policies that apply to a pod by the selections that select it.
func (a *Analysis) apply(p *party) {
	if p.host {
		return
	}
	var all []subject
	for _, s := range p.selections {
		all = append(all, a.subjects[s]...)
	}
	slices.SortFunc(all, func(x, y subject) int { return int(x.rank - y.rank) })
	for _, s := range all {
		for _, d := range [...]Direction{Ingress, Egress} {
			if s.policy.rules(d).Applies {
				p.policies[d][s.policy.Tier] = append(p.policies[d][s.policy.Tier], s.policy)
			}
		}
	}
}
