package falco

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Messages of Falco that are in more than one place (userspace/engine/rule_loading_messages.h).
const (
	messageAppend         = "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
	messageEnabled        = "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace')."
	messageOverrideAppend = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)

// item reads one item of a file. It returns false if it could not be read whole.
func (l *loader) item(n tree.Node) bool {
	if n.Kind() != tree.Mapping {
		l.unsure = true
		return l.fail(n, "", "Unexpected element type. Each element should be a yaml associative array.")
	}
	switch {
	case value(n, "required_engine_version").Exists():
		return l.engineVersion(n)
	case value(n, "required_plugin_versions").Exists():
		return l.pluginVersions(n)
	case value(n, "list").Exists():
		l.result.Items.Lists++
		return l.list(n)
	case value(n, "macro").Exists():
		l.result.Items.Macros++
		return l.macro(n)
	case value(n, "rule").Exists():
		l.result.Items.Rules++
		return l.rule(n)
	default:
		hint := ""
		for k := range n.Pairs() {
			if near := nearest(k.Text(), []string{"rule", "macro", "list", "required_engine_version", "required_plugin_versions"}); near != "" {
				hint = "did you mean " + near + "?"
				break
			}
		}
		l.warn(WarnUnknownItem, l.at(n), "", "Unknown top level item", hint)
		return true
	}
}

// The keys that items may have (rule_loader_reader.cpp).
var (
	listKeys  = []string{"list", "items", "append", "override"}
	macroKeys = []string{"macro", "condition", "append", "override"}
	ruleKeys  = []string{
		"rule", "condition", "output", "desc", "priority", "source", "enabled", "warn_evttypes", "skip-if-unknown-filter", "tags",
		"exceptions", "capture", "capture_duration", "capture_events", "capture_filesize", "append", "override",
	}
)

// unknownKeys warns of keys that Falco does not look at.
func (l *loader) unknownKeys(n tree.Node, item string, known []string) {
	for k := range n.Pairs() {
		name := k.Text()
		if slices.Contains(known, name) || name == "<<" {
			continue
		}
		hint := ""
		if near := nearest(name, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		l.warn(WarnUnknownKey, l.at(k), item, "Unknown key '"+name+"' in "+item+". The key will be ignored.", hint)
	}
}

// named reads the name of an item.
func (l *loader) named(n tree.Node, sort string) (name, item string, ok bool) {
	v, ok := l.decode(n, sort, sort)
	if !ok {
		l.unsure = true
		return "", "", false
	}
	name = strings.Clone(v.Text())
	return name, itemName(sort, name), true
}

func itemName(sort, name string) string { return sort + " '" + name + "'" }

// appended reads the key append; a deprecated way to say what override says.
func (l *loader) appended(n tree.Node, item string) (appended, ok bool) {
	if !l.decodeBool(n, "append", item, true, &appended) {
		return false, false
	}
	if appended {
		l.warn(WarnDeprecatedItem, l.at(n), item, messageAppend, "")
	}
	return appended, true
}

func (l *loader) list(n tree.Node) bool {
	name, item, ok := l.named(n, "list")
	if !ok {
		return false
	}
	defined := &ItemList{Name: name, Place: l.at(n)}
	ok = l.readList(n, item, defined)
	if !ok {
		l.lost(name)
	}
	return ok
}

func (l *loader) readList(n tree.Node, item string, defined *ItemList) bool {
	if !allBare(defined.Name) {
		l.warn(WarnInvalidListName, l.at(n), item,
			"List has an invalid name. List names should match a regular expression: ([^()\"'[:space:]=,]+)", "")
	}
	l.unknownKeys(n, item, listKeys)
	v := value(n, "items")
	if !v.Exists() {
		return l.fail(n, item, "Item has no mapping for key 'items'")
	}
	if v.Kind() != tree.Sequence {
		return l.fail(v, item, "Value is not a sequence")
	}
	for _, e := range v.Items() {
		if e.Kind() != tree.Scalar || null(e) {
			return l.fail(e, item, "sequence value is not scalar")
		}
		defined.items = append(defined.items, newScalar(l.file, e).asText())
	}
	appended, ok := l.appended(n, item)
	if !ok {
		return false
	}
	o, ok := l.overrides(n, item, []string{"items"}, []string{"items"})
	if !ok {
		return false
	}
	if appended && o.any() {
		return l.fail(n, item, messageOverrideAppend)
	}
	if appended || o.append["items"] {
		return l.appendList(defined)
	}
	l.defineList(defined)
	return true
}

func allBare(s string) bool {
	for i := range len(s) {
		if !bareByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func (l *loader) macro(n tree.Node) bool {
	name, item, ok := l.named(n, "macro")
	if !ok {
		return false
	}
	if ok = l.readMacro(n, item, &Macro{Name: name, Place: l.at(n)}); !ok {
		l.lost(name)
	}
	return ok
}

func (l *loader) readMacro(n tree.Node, item string, defined *Macro) bool {
	if identifierLength(defined.Name) != len(defined.Name) {
		l.warn(WarnInvalidMacroName, l.at(n), item,
			"Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)", "")
	}
	l.unknownKeys(n, item, macroKeys)
	var ok bool
	if defined.Condition, ok = l.decodeText(n, "condition", item); !ok {
		return false
	}
	appended, ok := l.appended(n, item)
	if !ok {
		return false
	}
	o, ok := l.overrides(n, item, []string{"condition"}, []string{"condition"})
	if !ok {
		return false
	}
	if appended && o.any() {
		return l.fail(n, item, messageOverrideAppend)
	}
	if appended || o.append["condition"] {
		return l.appendMacro(defined)
	}
	l.defineMacro(defined)
	return true
}

// overriding is what the key override says.
type overriding struct{ append, replace map[string]bool }

func (o *overriding) any() bool { return len(o.append) > 0 || len(o.replace) > 0 }

// overrides reads the key override.
func (l *loader) overrides(n tree.Node, item string, appendable, replaceable []string) (*overriding, bool) {
	o := &overriding{append: map[string]bool{}, replace: map[string]bool{}}
	v := value(n, "override")
	for k, operation := range v.Pairs() {
		key := k.Text()
		if operation.Kind() != tree.Scalar {
			return nil, l.fail(operation, item, "Value is not a scalar value")
		}
		switch operation.Text() {
		case "append":
			if !slices.Contains(appendable, key) {
				return nil, l.fail(k, item, "Key '"+key+"' cannot be appended to, use 'replace' instead")
			}
			o.append[key] = true
		case "replace":
			if !slices.Contains(replaceable, key) {
				return nil, l.fail(k, item, "Key '"+key+"' cannot be replaced")
			}
			o.replace[key] = true
		default:
			allowed := ""
			if slices.Contains(appendable, key) {
				allowed += "append "
			}
			if slices.Contains(replaceable, key) {
				allowed += "replace "
			}
			return nil, l.fail(operation, item,
				"Invalid override operation for key '"+key+"': '"+operation.Text()+"'. Allowed values are: "+allowed)
		}
	}
	return o, true
}
