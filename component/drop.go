package component

import "slices"

// Drop returns the changes after which a flag is not given any more, the last place first; ok is false if one of the statements cannot be taken
// away safely: a script, what a distribution says by itself, or a variable.
func (i *Instance) Drop(flag string) (edits []Edit, ok bool) {
	for _, s := range slices.Backward(i.flags[normal(flag)]) {
		e, ok := i.dropStatement(s)
		if !ok {
			return nil, false
		}
		edits = append(edits, e...)
	}
	return edits, len(edits) > 0
}

func (i *Instance) dropStatement(s statement) (edits []Edit, ok bool) {
	if s.sum || s.source == FromEnvironment || s.source == FromDistribution || s.source == FromFile || s.source == FromDropIn {
		return nil, false
	}
	remove := Edit{Op: RemoveItem, Object: s.place.Object, Path: s.place.Path}
	switch {
	case i.edits == editWords && s.place.Path == "":
		e, ok := i.editStatement(s, "")
		e.Value = ""
		return []Edit{e}, ok && e.Op == ReplaceText
	case i.edits == editWords && i.list == "":
		return nil, false
	case i.edits == editWords && s.value != s.place:
		value := remove
		value.Path = s.value.Path
		return []Edit{value, remove}, true
	case i.edits == editWords, i.edits == editStrings, i.edits == editMap, i.edits == editNamed:
		return []Edit{remove}, true
	default:
		return nil, false
	}
}
