package workload

import (
	"sync"

	"github.com/kubeharden/kubeharden/label"
)

// Name is the name of an object in a namespace.
type Name struct{ Namespace, Name string }

// Index finds things of a Set by name.
type Index struct {
	set        *Set
	namespaces map[string]int
	accounts   map[Name]int
	workloads  map[string][]int
	services   map[string][]int
	labelled   func() map[posting][]int
	stores     func() map[storeName][]int
	operated   map[string]bool
}

// NewIndex returns the index of a set that is not changed any more. Where a name is there twice, the first counts.
func NewIndex(s *Set) *Index {
	x := &Index{set: s, namespaces: map[string]int{}, accounts: map[Name]int{}, workloads: map[string][]int{}, services: map[string][]int{}}
	x.operated = map[string]bool{}
	for i := range s.Governance.Made {
		x.operated[s.Governance.Made[i].Namespace] = true
	}
	x.labelled, x.stores = sync.OnceValue(x.postings), sync.OnceValue(x.storesByName)
	for i := range s.Namespaces {
		if _, ok := x.namespaces[s.Namespaces[i].Name]; !ok {
			x.namespaces[s.Namespaces[i].Name] = i
		}
	}
	for i := range s.Accounts {
		key := Name{s.Accounts[i].Namespace, s.Accounts[i].Name}
		if _, ok := x.accounts[key]; !ok {
			x.accounts[key] = i
		}
	}
	for i := range s.Workloads {
		ns := s.Workloads[i].Namespace
		x.workloads[ns] = append(x.workloads[ns], i)
	}
	for i := range s.Services {
		ns := s.Services[i].Namespace
		x.services[ns] = append(x.services[ns], i)
	}
	return x
}

// Namespace returns a declared namespace, nil if there is none of the name.
func (x *Index) Namespace(name string) *Namespace {
	if i, ok := x.namespaces[name]; ok {
		return &x.set.Namespaces[i]
	}
	return nil
}

// NamespaceLabels returns the labels of a namespace; of one that is not declared only its name is known.
func (x *Index) NamespaceLabels(name string) label.Set {
	if ns := x.Namespace(name); ns != nil {
		return ns.Labels
	}
	return ImplicitLabels(name)
}

// Account returns a declared service account, nil if there is none of the name.
func (x *Index) Account(namespace, name string) *Account {
	if i, ok := x.accounts[Name{namespace, name}]; ok {
		return &x.set.Accounts[i]
	}
	return nil
}

// Workloads returns the indexes of the workloads of a namespace in Set.Workloads.
func (x *Index) Workloads(namespace string) []int { return x.workloads[namespace] }

// Operated reports whether an operator makes pods in a namespace that are not known.
func (x *Index) Operated(namespace string) bool { return x.operated[namespace] }

// Services returns the indexes of the services of a namespace in Set.Services.
func (x *Index) Services(namespace string) []int { return x.services[namespace] }

// Selects reports whether a service sends traffic to a workload.
func (s *Service) Selects(w *Workload) bool {
	return len(s.Selector) > 0 && s.Namespace == w.Namespace && label.Equals(s.Selector).Matches(w.Labels)
}

// HasToken reports whether the pods of a workload get a token for the API, resolved as the API server does: the pod beats its
// account, and what says nothing means yes. A projected token counts, whatever is said about the automatic one.
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
func (x *Index) HasToken(w *Workload) bool {
	if w.OwnToken {
		return true
	}
	if w.TokenHidden {
		return false
	}
	if w.AutomountToken != nil {
		return *w.AutomountToken
	}
	if a := x.Account(w.Namespace, w.ServiceAccount); a != nil && a.AutomountToken != nil {
		return *a.AutomountToken
	}
	return true
}
