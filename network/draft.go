package network

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// draft is a policy that is being made.
type draft struct {
	namespace, name, why string
	rank                 int // among the policies of its namespace
	pods                 label.Selector
	ingress, egress      bool
	rules                [2][]drule
}

type drule struct {
	why   string
	peers []dpeer
	ports []dport
}

// dpeer is a peer: the pods of all namespaces, of one other or of the policy's own (""); or a CIDR.
type dpeer struct {
	everywhere bool
	namespace  string
	pods       label.Selector
	cidr       netip.Prefix
}

func (p dpeer) String() string {
	switch {
	case p.cidr.IsValid():
		return p.cidr.String()
	case p.everywhere:
		return "all pods"
	}
	s := Selection{Namespace: p.namespace, Pods: p.pods}
	return s.String()
}

type dport struct {
	protocol Protocol
	number   int
	name     string
}

// draft returns the policy of a name and a selector, a new one if there is none; a name that another selector has gets a number.
func (g *generator) draft(namespace, name string, rank int, pods label.Selector, why string) *draft {
	name = policyName(name)
	for n := 1; ; n++ {
		key := namespace + "/" + name
		if n > 1 {
			key += "-" + strconv.Itoa(n)
		}
		p := g.byKey[key]
		if p == nil {
			p = &draft{namespace: namespace, name: key[len(namespace)+1:], why: why, rank: rank, pods: pods}
			g.byKey[key] = p
			g.policies = append(g.policies, p)
			return p
		}
		if p.rank == rank && p.pods.String() == pods.String() {
			return p
		}
	}
}

// maxPolicyName leaves room for a number within the 253 characters of a name.
const maxPolicyName = 240

// policyName makes a name of an object valid as one of a policy.
func policyName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, s)
	if len(s) > maxPolicyName {
		s = s[:maxPolicyName]
	}
	var parts []string
	for part := range strings.SplitSeq(s, ".") {
		if part = strings.Trim(part, "-"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ".")
}

func (p *draft) allow(d Direction, why string, peers []dpeer, ports []dport) {
	if d == Ingress {
		p.ingress = true
	} else {
		p.egress = true
	}
	p.rules[d] = append(p.rules[d], drule{why, peers, ports})
}

// fleeting are labels that controllers add to pods, different for each pod or each revision.
var fleeting = []string{
	"pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
	"controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index",
}

func lasting(s label.Set) label.Set {
	var out label.Set
	for _, l := range s {
		if !slices.Contains(fleeting, l.Key) {
			out = append(out, l)
		}
	}
	return out
}

// selectorOf returns a selector for the pods of a workload and, where labels allow it, for no others of the namespace: others that have
// its labels and more are told apart by a label that it does not have.
func (g *generator) selectorOf(i int) label.Selector {
	w := &g.w.Workloads[i]
	own := lasting(w.Labels)
	s := label.Equals(own)
	for _, c := range g.a.finder.members(&Selection{Namespace: w.Namespace, Pods: s}) {
		other := lasting(g.a.classes[c].Labels)
		if !s.Matches(other) || other.Equal(own) {
			continue
		}
		for _, l := range other {
			if _, has := own.Get(l.Key); !has {
				s = append(s, label.Requirement{Key: l.Key, Operator: label.DoesNotExist})
				break
			}
		}
	}
	return s
}

// targetOf drafts the paths to one service.
type targetOf struct {
	g        *generator
	s        *workload.Service
	key      workload.Name
	selector label.Selector
	to       []int // classes
}

// chosenPorts are ports of a service as a policy names them.
type chosenPorts struct {
	ports []dport
	of    func(class int) Ports
}

// choose returns the ports of the pods to which chosen ports of the service lead. Names stay names: pods may have them at different
// numbers.
func (t *targetOf) choose(choose func(*workload.ServicePort) bool) chosenPorts {
	var out chosenPorts
	for i := range t.s.Ports {
		p := &t.s.Ports[i]
		protocol, ok := ParseProtocol(p.Protocol)
		if !ok || choose != nil && !choose(p) || !t.leads(p) {
			continue
		}
		port := dport{protocol, p.Target, p.TargetName}
		if !slices.Contains(out.ports, port) {
			out.ports = append(out.ports, port)
		}
	}
	out.of = func(class int) Ports {
		return targets(t.s, &t.g.w.Workloads[t.g.a.classes[class].Workloads[0]], choose)
	}
	return out
}

// leads reports whether a port leads to one of some workload.
func (t *targetOf) leads(p *workload.ServicePort) bool {
	return slices.ContainsFunc(t.to, func(c int) bool {
		return !target(p, &t.g.w.Workloads[t.g.a.classes[c].Workloads[0]]).Empty()
	})
}

func (c chosenPorts) all(classes []int) Ports {
	var out Ports
	for _, k := range classes {
		out = out.Union(c.of(k))
	}
	return out
}

func (t *targetOf) String() string { return "Service/" + t.s.String() }

// peer is the service's pods as seen from a namespace.
func (t *targetOf) peer(from string) dpeer {
	p := dpeer{namespace: t.s.Namespace, pods: t.selector}
	if from == t.s.Namespace {
		p.namespace = ""
	}
	return p
}

// policy drafts the policy of the service's own pods; nil if its namespace gets none.
func (t *targetOf) policy() *draft {
	if !t.g.chosen[t.s.Namespace] {
		return nil
	}
	return t.g.draft(t.s.Namespace, "allow-"+t.s.Name, 2, t.selector, "The pods of Service "+t.s.String()+" are reached by those who use it.")
}

func (t *targetOf) path(from, why string, ports chosenPorts) {
	if t.g.chosen[t.s.Namespace] {
		t.g.report.Paths = append(t.g.report.Paths, Path{from, t.String(), ports.all(t.to), why})
	}
}
