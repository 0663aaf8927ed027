package inventory

import (
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// Place tells where an object is that was read under a number, so that what is missing can be told from what is declared elsewhere: its namespace, if it
// names one. Objects that name none, such as those of a base that is put into one namespace or the other, belong together only with
// those of the same input; their place is no name that a namespace can have.
func (v *Inventory) Place(number int) string {
	o := &v.Objects[number]
	if o.Namespace != "" {
		return o.Namespace
	}
	return "/" + strconv.Itoa(o.Input)
}

// Afloat reports whether an object names no namespace, so that it may be put into any.
func (v *Inventory) Afloat(number int) bool { return v.Objects[number].Namespace == "" }

// SelectsAfloat reports whether labels select a workload that is afloat, and so may be of any namespace.
func (v *Inventory) SelectsAfloat(selection *workload.Selection, labels label.Selector) bool {
	return slices.ContainsFunc(selection.Find(object.DefaultNamespace, labels), func(i int) bool { return v.Afloat(v.Workloads.Workloads[i].Object) })
}

// Populated reports whether some workload is known of a place.
func (v *Inventory) Populated(place string) bool { return v.populated()[place] }

func (v *Inventory) placesOfWorkloads() map[string]bool {
	places := map[string]bool{}
	for i := range v.Workloads.Workloads {
		places[v.Place(v.Workloads.Workloads[i].Object)] = true
	}
	return places
}

// kindAt is a sort of things that pods read at a place.
type kindAt struct{ kind, place string }

func (v *Inventory) storesByPlace() map[kindAt][]int {
	all := map[kindAt][]int{}
	for i := range v.Workloads.Governance.Stores {
		s := &v.Workloads.Governance.Stores[i]
		key := kindAt{s.Kind, v.Place(s.Object)}
		all[key] = append(all[key], i)
	}
	return all
}

// StoresBeside returns the indexes of the ConfigMaps or Secrets that are known of the place of a reference. They must not be changed.
func (v *Inventory) StoresBeside(r *workload.Reference) []int {
	return v.stores()[kindAt{r.Kind, v.Place(r.Object)}]
}
