package engine

import (
	"slices"

	"github.com/kubeharden/kubeharden/tree"
)

// folder finds implied violations of one subject. Its space is used again for every subject.
//
// A violation is implied if a control that suppresses its control failed on the same subject and on the same item of a
// list: a hostPath volume says nothing of the NFS volume beside it.
type folder struct {
	byControl [][]*violation
	used      []int
	// byItem indexes the controls with many violations, so that a list of any length costs linear time.
	byItem  map[itemKey][]*violation
	indexed map[int]bool
	told    map[fault]*violation
}

// fault is what a finding tells: two controls that say the same of the same field have found one mistake.
type fault struct {
	at               tree.Node
	missing, problem string
	unknown          bool
}

type itemKey struct {
	control int
	item    string
}

func newFolder(controls int) folder {
	return folder{byControl: make([][]*violation, controls), byItem: map[itemKey][]*violation{}, indexed: map[int]bool{}, told: map[fault]*violation{}}
}

// few is the number of violations that is searched without an index.
const few = 16

// foldImplied marks the violations that say nothing more once a stronger one on the same subject is told.
func (j *judge) foldImplied() {
	var group []*violation
	for i := range j.own {
		group = append(group, &j.own[i])
	}
	j.folder.fold(group)
	for lo := 0; lo < len(j.raw); {
		hi := lo
		for hi < len(j.raw) && j.raw[hi].index == j.raw[lo].index {
			hi++
		}
		group = group[:0]
		for i := lo; i < hi; i++ {
			group = append(group, &j.raw[i])
		}
		for i := range j.own {
			// What containers inherit from the pod can imply what they lack themselves.
			if v := &j.own[i]; !v.gone && v.reaches(j.raw[lo].index) {
				group = append(group, v)
			}
		}
		j.folder.fold(group)
		lo = hi
	}
}

func (v *violation) reaches(index int) bool {
	_, found := slices.BinarySearchFunc(v.through, index, func(c container, i int) int { return c.index - i })
	return found
}

// fold marks what is implied within one group of violations, and writes the control ids into those that imply it.
func (f *folder) fold(group []*violation) {
	folding := false
	for _, v := range group {
		folding = folding || len(v.entry.folds) > 0
		if len(f.byControl[v.entry.index]) == 0 {
			f.used = append(f.used, v.entry.index)
		}
		f.byControl[v.entry.index] = append(f.byControl[v.entry.index], v)
	}
	if folding {
		implied := map[*violation]bool{}
		for _, a := range group {
			f.implied(a, func(b *violation) { implied[b] = true })
		}
		// Only what survives itself may stand for others; the closure of Suppresses makes sure that it does for all.
		for _, a := range group {
			if implied[a] {
				continue
			}
			f.implied(a, func(b *violation) { a.take(b) })
		}
	}
	f.repeated(group)
	for _, i := range f.used {
		clear(f.byControl[i])
		f.byControl[i] = f.byControl[i][:0]
	}
	f.used = f.used[:0]
	clear(f.byItem)
	clear(f.indexed)
}

// repeated folds what is told twice in the same words into the more severe of the two.
func (f *folder) repeated(group []*violation) {
	for _, v := range group {
		if v.gone {
			continue
		}
		key := fault{at: v.At, problem: v.Problem, unknown: v.Unknown}
		if len(v.Missing) > 0 {
			key.missing = v.Missing[len(v.Missing)-1]
		}
		first, ok := f.told[key]
		switch {
		case !ok:
			f.told[key] = v
		case first.entry == v.entry || first.index != v.index:
		case v.raised > first.raised:
			v.take(first)
			f.told[key] = v
		default:
			first.take(v)
		}
	}
	clear(f.told)
}

// implied calls found for every violation that a implies.
func (f *folder) implied(a *violation, found func(*violation)) {
	if a.Unknown {
		return
	}
	item := a.item()
	for _, i := range a.entry.folds {
		for _, b := range f.candidates(i, item) {
			if !b.Unknown && (a.of == b.of || a.of == nil && len(a.through) > 0) && sameItem(item, b.item()) {
				found(b)
			}
		}
	}
}

// candidates returns violations of control i that may concern item.
func (f *folder) candidates(i int, item string) []*violation {
	all := f.byControl[i]
	if item == "" || len(all) <= few {
		return all
	}
	if !f.indexed[i] {
		f.indexed[i] = true
		for _, b := range all {
			key := itemKey{i, b.item()}
			f.byItem[key] = append(f.byItem[key], b)
		}
	}
	if whole := f.byItem[itemKey{i, ""}]; len(whole) > 0 {
		return slices.Concat(whole, f.byItem[itemKey{i, item}])
	}
	return f.byItem[itemKey{i, item}]
}

// sameItem compares the list items that two violations concern; "" concerns the whole subject.
func sameItem(a, b string) bool { return a == "" || b == "" || a == b }

func (v *violation) take(b *violation) {
	if b.gone {
		return
	}
	b.gone, b.by = true, v
	v.raised = max(v.raised, b.raised)
	for _, id := range append(b.folded, b.entry.control.ID) {
		if !slices.Contains(v.folded, id) {
			v.folded = append(v.folded, id)
		}
	}
	slices.Sort(v.folded)
}
