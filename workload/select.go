package workload

import "github.com/kubeharden/kubeharden/label"

// posting is a label of workloads of a namespace.
type posting struct{ namespace, key, value string }

// postings are the workloads that have each label.
func (x *Index) postings() map[posting][]int {
	all := map[posting][]int{}
	for i := range x.set.Workloads {
		w := &x.set.Workloads[i]
		for _, l := range w.Labels {
			key := posting{w.Namespace, l.Key, l.Value}
			all[key] = append(all[key], i)
		}
	}
	return all
}

// query is a selector for the workloads of a namespace.
type query struct{ namespace, selector string }

// Selection finds workloads by labels, and remembers what it has found. It is for one goroutine.
type Selection struct {
	index *Index
	found map[query][]int
}

// NewSelection returns a selection from an index.
func (x *Index) NewSelection() *Selection { return &Selection{index: x, found: map[query][]int{}} }

// Find returns the indexes in Set.Workloads of the workloads of a namespace whose pods a selector selects. They must not be changed. A label that has
// to be there is looked up, so that only those that have it are looked at.
func (s *Selection) Find(namespace string, selector label.Selector) []int {
	key := query{namespace, selector.String()}
	if found, ok := s.found[key]; ok {
		return found
	}
	candidates := s.index.Workloads(namespace)
	for _, r := range selector {
		if r.Operator != label.In || len(r.Values) != 1 {
			continue
		}
		if with := s.index.labelled()[posting{namespace, r.Key, r.Values[0]}]; len(with) < len(candidates) {
			candidates = with
		}
	}
	var found []int
	for _, i := range candidates {
		if selector.Matches(s.index.set.Workloads[i].Labels) {
			found = append(found, i)
		}
	}
	s.found[key] = found
	return found
}
