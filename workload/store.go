package workload

import "strings"

// storeName is the name of a ConfigMap or of a Secret.
type storeName struct{ kind, namespace, name string }

// storesByName returns the indexes of all stores by name.
func (x *Index) storesByName() map[storeName][]int {
	all := map[storeName][]int{}
	for i := range x.set.Governance.Stores {
		s := &x.set.Governance.Stores[i]
		key := storeName{s.Kind, s.Namespace, s.Name}
		all[key] = append(all[key], i)
	}
	return all
}

// Stores returns the indexes in Governance.Stores of the ConfigMaps or Secrets (kind) of a name, which may be several, as of different
// overlays.
func (x *Index) Stores(kind, namespace, name string) []int {
	return x.stores()[storeName{kind, namespace, name}]
}

// maxSimilar bounds with how many names one is compared.
const maxSimilar = 200

// Similar returns the first of some stores whose name is one slip of the pen away from another; nil if there is none.
func (x *Index) Similar(stores []int, name string) *Store {
	for _, i := range stores[:min(len(stores), maxSimilar)] {
		if s := &x.set.Governance.Stores[i]; isSlip(s.Name, name) {
			return s
		}
	}
	return nil
}

// isSlip reports whether two different names are the same but for one letter, which is wrong, missing or too many, or two neighbours that are
// swapped. Names that differ in a digit, or in a short word, are meant to: db-1 and db-2 are two things, and so are web-a and web-b.
func isSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == b || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if isDigit(b[i]) || i < len(a) && isDigit(a[i]) || wordAt(b, i) < 4 {
		return false
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wordAt returns the length of the word around a place of a name.
func wordAt(name string, i int) int {
	start := strings.LastIndexAny(name[:i], "-.") + 1
	end := strings.IndexAny(name[i:], "-.")
	if end < 0 {
		end = len(name) - i
	}
	return i + end - start
}
