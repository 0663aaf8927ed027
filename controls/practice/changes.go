package practice

import "github.com/kubeharden/kubeharden/control"

// on is a change for some of a control's kinds.
func on(kinds []string, change control.Change) []control.Change {
	list := make([]control.Change, len(kinds))
	for i, kind := range kinds {
		list[i] = change
		list[i].Kind = kind
	}
	return list
}
