package mesh

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// Analysis answers questions about a mesh. It is not changed by them.
type Analysis struct {
	set     *Set
	cluster *workload.Set
	index   *workload.Index
	options Options
	root    string
	config  Config // what the configurations that were read say together

	mesh         verdict
	namespaces   map[string]verdict
	peers        map[string]*selection // by namespace, of those with a selector
	policies     map[string]*selection // AuthorizationPolicies by namespace
	requests     map[string]*selection
	sidecars     map[string]*selection
	entries      map[string]*selection
	servers      map[string]*selection
	open         []int             // by Server, the Grant that lets callers without an identity in, -1 without one
	destinations map[string]*hosts // by namespace
	services     map[string]*selection
	revisions    map[string]bool // nil if it is not known which are installed
	// Flaws are what only shows when the objects are seen together: several settings of one namespace, selectors in the root
	// namespace.
	Flaws []object.Flaw
}

// New returns the analysis of what was read. Neither set may be changed afterwards.
func New(set *Set, cluster *workload.Set, options Options) *Analysis {
	a := &Analysis{set: set, cluster: cluster, index: workload.NewIndex(cluster), options: options}
	a.settle()
	a.peers, a.namespaces = map[string]*selection{}, map[string]verdict{}
	a.indexPeers()
	a.policies = selectAll(set.Authorizations, func(p *AuthorizationPolicy) (string, label.Selector) { return p.Namespace, label.Equals(p.Selector) })
	a.requests = selectAll(set.Requests, func(p *RequestAuthentication) (string, label.Selector) { return p.Namespace, label.Equals(p.Selector) })
	a.sidecars = selectAll(set.Sidecars, func(p *Sidecar) (string, label.Selector) { return p.Namespace, label.Equals(p.Selector) })
	a.servers = selectAll(set.Servers, func(p *Server) (string, label.Selector) { return p.Namespace, p.Pods })
	a.services = selectAll(cluster.Services, func(s *workload.Service) (string, label.Selector) { return s.Namespace, label.Equals(s.Selector) })
	a.indexEntries()
	a.indexGrants()
	a.indexHosts()
	slices.SortStableFunc(a.Flaws, func(x, y object.Flaw) int {
		return cmp.Or(cmp.Compare(x.Object, y.Object), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Message, y.Message))
	})
	return a
}

// RootNamespace returns the namespace whose settings count for the whole mesh.
func (a *Analysis) RootNamespace() string { return a.root }

// Config returns what the configurations of the mesh that were read say together; where two differ the first counts.
// Object is Nobody if none was read.
func (a *Analysis) Config() Config { return a.config }

// settle puts the configurations of the mesh together.
func (a *Analysis) settle() {
	a.config = Config{Meta: Meta{Object: Nobody}, InjectAll: a.options.InjectAll, DisabledPolicy: a.options.DisabledPolicy}
	for i := range a.set.Configs {
		c := &a.set.Configs[i]
		if a.config.Object == Nobody && !c.Injector {
			a.config.Meta, a.config.Path = c.Meta, c.Path
		}
		if c.RootNamespace != "" && a.config.RootNamespace != "" && c.RootNamespace != a.config.RootNamespace {
			a.Flaws = append(a.Flaws, object.Flaw{
				Object: c.Object, Path: c.Path,
				Message: fmt.Sprintf("has root namespace %s, another configuration has %s", c.RootNamespace, a.config.RootNamespace),
			})
		}
		a.config.RootNamespace = cmp.Or(a.config.RootNamespace, c.RootNamespace)
		a.config.OutboundPolicy = cmp.Or(a.config.OutboundPolicy, c.OutboundPolicy)
		a.config.MinTLS = cmp.Or(a.config.MinTLS, c.MinTLS)
		a.config.AccessLogFile = cmp.Or(a.config.AccessLogFile, c.AccessLogFile)
		a.config.TrustDomain = cmp.Or(a.config.TrustDomain, c.TrustDomain)
		if a.config.AutoMTLS == nil {
			a.config.AutoMTLS = c.AutoMTLS
		}
		a.config.InjectAll = a.config.InjectAll || c.InjectAll
		a.config.DisabledPolicy = a.config.DisabledPolicy || c.DisabledPolicy
		a.config.Never = append(a.config.Never, c.Never...)
		a.config.Always = append(a.config.Always, c.Always...)
	}
	a.root = cmp.Or(a.options.RootNamespace, a.config.RootNamespace, defaultRootNamespace)
	for _, name := range a.options.Revisions {
		a.revision(name)
	}
	if a.revisions == nil {
		for i := range a.set.Revisions {
			a.revision(a.set.Revisions[i].Name)
			a.config.InjectAll = a.config.InjectAll || a.set.Revisions[i].InjectAll
		}
	}
}

func (a *Analysis) revision(name string) {
	if a.revisions == nil {
		a.revisions = map[string]bool{}
	}
	a.revisions[name] = true
}

func (a *Analysis) indexEntries() {
	type selected struct {
		namespace string
		labels    label.Set
		entry     int
	}
	var list []selected
	for i := range a.set.Entries {
		for _, labels := range a.set.Entries[i].Selectors {
			list = append(list, selected{a.set.Entries[i].Namespace, labels, i})
		}
	}
	a.entries = selectAll(list, func(s *selected) (string, label.Selector) { return s.namespace, label.Equals(s.labels) })
	for _, s := range a.entries {
		for _, g := range s.groups {
			for i, member := range g.members {
				g.members[i] = list[member].entry
			}
		}
	}
}

// created returns when an object was made, if it says so.
func (m *Meta) created() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, m.Created)
	return t, err == nil
}

// age compares two objects as istiod does: the older first, of two of the same second the one that is first by its name.
// sortConfigByCreationTime of https://github.com/istio/istio/blob/master/pilot/pkg/model/config.go
func age(x, y *Meta) int {
	a, _ := x.created()
	b, _ := y.created()
	return cmp.Or(a.Compare(b), cmp.Compare(x.Name+"."+x.Namespace, y.Name+"."+y.Namespace), cmp.Compare(x.Object, y.Object))
}

// maxRivals is how many settings for the same pods are compared if files do not say which is the oldest. More are Unknown.
const maxRivals = 64

// rivals returns which of several settings may count: the oldest, or all if one does not say when it was made. Settings that
// are there more than once may have any of their contents.
func rivals(list []int, meta func(int) *Meta) []int {
	if len(list) < 2 {
		return list
	}
	oldest := list[0]
	for _, i := range list {
		if _, ok := meta(i).created(); !ok {
			return list
		}
		if age(meta(i), meta(oldest)) < 0 {
			oldest = i
		}
	}
	var out []int
	for _, i := range list {
		if m := meta(i); m.Name == meta(oldest).Name && m.Namespace == meta(oldest).Namespace {
			out = append(out, i)
		}
	}
	return out
}
