package component

import "strings"

// EditOp is what an edit does.
type EditOp uint8

// The operations of an edit.
const (
	// SetValue sets the value at Path, making the mappings on the way.
	SetValue EditOp = iota
	// AppendItem appends the value to the list at Path, making it if it is missing.
	AppendItem
	// ReplaceText puts Value, a string, in the place of the bytes from Start to End of a file that is no YAML.
	ReplaceText
	// RemoveItem takes the item of a list, or the key of a mapping, at Path away.
	RemoveItem
)

// Edit is one change that gives a setting a value.
type Edit struct {
	Op     EditOp
	Object int
	// Path leads from the object's root; "" for ReplaceText.
	Path       string
	Start, End int
	// Value is a string, or what a field is to hold: bool, int64, string or []string.
	Value any
}

// editStyle is how the configuration of an instance is written.
type editStyle uint8

const (
	editNothing editStyle = iota // nothing can be edited
	editWords                    // words of a command line
	editFields                   // fields of a file
	editMap                      // extra arguments as a mapping
	editNamed                    // extra arguments as a list of name and value
	editStrings                  // extra arguments as a list of name=value
)

// EditOf returns the change after which a flag, or the field that it stands for, has a value; ok is false if the place that decides cannot be
// changed safely: a script, or several statements that add up.
func (i *Instance) EditOf(flag, value string) (e Edit, ok bool) {
	flag = normal(strings.TrimLeft(flag, "-"))
	given := i.flags[flag]
	spec, known, _ := FlagSpec(i.Kind, i.Version, flag)
	if isList(spec.Type) && len(given) > 1 {
		return Edit{}, false
	}
	if len(given) > 0 {
		s := given[len(given)-1]
		if s.source != FromDistribution {
			return i.editStatement(s, value)
		}
		return i.addFlag(flag, value)
	}
	if known && spec.Field != "" && i.config.fields != nil {
		return i.EditOfField(spec.Field, typed(value, spec.Type))
	}
	return i.addFlag(flag, value)
}

// editStatement changes a statement where it stands.
func (i *Instance) editStatement(s statement, value string) (e Edit, ok bool) {
	if s.sum {
		return Edit{}, false
	}
	e = Edit{Op: SetValue, Object: s.value.Object, Path: s.value.Path, Value: value}
	switch {
	case s.source == FromEnvironment:
		return e, s.value.Path != ""
	case i.edits == editWords && s.value.Path == "":
		e.Op, e.Start, e.End = ReplaceText, s.place.Start, s.place.End
		e.Value = "--" + s.name + "=" + value
		written := len("--") + len(s.name)
		if !s.bare {
			written += len("=") + len(s.text)
		}
		return e, s.place.End-s.place.Start == written && s.value == s.place
	case i.edits == editWords && s.value == s.place:
		e.Value = "--" + s.name + "=" + value
		return e, i.list != ""
	case i.edits == editWords:
		return e, i.list != ""
	case i.edits == editStrings:
		e.Value = s.name + "=" + value
		return e, true
	case i.edits == editMap, i.edits == editNamed:
		return e, true
	default:
		return e, false
	}
}

// addFlag gives a flag that is not there yet.
func (i *Instance) addFlag(flag, value string) (e Edit, ok bool) {
	if i.end != nil {
		// The last of two flags counts, so the end is the place for one that has to.
		return Edit{Op: ReplaceText, Object: i.end.Object, Start: i.end.End, End: i.end.End, Value: i.separator() + "--" + flag + "=" + value}, true
	}
	e = Edit{Op: AppendItem, Object: i.Object, Path: i.list, Value: "--" + flag + "=" + value}
	switch i.edits {
	case editWords:
	case editStrings:
		e.Value = flag + "=" + value
	case editMap:
		e.Op, e.Path, e.Value = SetValue, joinPath(i.list, flag), value
	case editNamed:
		e.Value = map[string]any{"name": flag, "value": value}
	case editFields, editNothing:
		return e, false
	default:
		return e, false
	}
	return e, i.list != ""
}

// EditOfField returns the change after which a field of the configuration file has a value: bool, int64, string or []string. It goes to the
// last file that says something about it, or else to the first file; ok is false if there is none, if a flag decides, or if the file is the text of a ConfigMap.
func (i *Instance) EditOfField(path string, value any) (e Edit, ok bool) {
	if len(i.flags[tables()[i.Kind].flagOf[path]]) > 0 || i.config.fields == nil && i.config.at.Path == "" {
		return Edit{}, false
	}
	if _, forced := i.config.forced[path]; forced {
		return Edit{}, false
	}
	if len(i.config.docs) > 0 && i.config.docs[0].inner {
		return Edit{}, false
	}
	if f := i.config.fields.path(path); f != nil {
		return Edit{Op: SetValue, Object: f.place.Object, Path: f.place.Path, Value: value}, true
	}
	return Edit{Op: SetValue, Object: i.config.at.Object, Path: joinPath(i.config.at.Path, path), Value: value}, true
}

// typed returns a text as the value that a field of a type holds.
func typed(text, kind string) any {
	v := Value{Known: true, Text: text}
	switch {
	case kind == "bool":
		if b, ok := v.Bool(); ok {
			return b
		}
	case strings.HasPrefix(kind, "int") || strings.HasPrefix(kind, "uint"):
		if n, ok := v.Int(); ok {
			return n
		}
	case isList(kind):
		return splitItems(text, kind)
	}
	return text
}

// separator is what stands between two flags.
func (i *Instance) separator() string {
	if i.Distribution == "microk8s" {
		return "\n"
	}
	return " "
}
