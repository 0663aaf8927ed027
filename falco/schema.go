package falco

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// itemSchema are the types of the keys of items (falco, userspace/engine/rule_json_schema.h). Falco validates files against it, says so and
// loads them all the same.
var itemSchema = map[string]string{
	"required_engine_version": "string", "required_plugin_versions": "sequence", "macro": "string", "condition": "string", "list": "string",
	"items": "sequence", "rule": "string", "desc": "string", "enabled": "boolean", "output": "string", "append": "boolean", "priority": "priority",
	"capture": "boolean", "capture_duration": "integer", "capture_events": "integer", "capture_filesize": "integer", "source": "string",
	"exceptions": "exceptions", "override": "override", "tags": "sequence", "warn_evttypes": "boolean", "skip-if-unknown-filter": "boolean",
}

// The keys below items that the schema knows.
var (
	exceptionKeys = []string{"name", "fields", "comps", "values"}
	overrideKeys  = []string{
		"items", "desc", "condition", "output", "priority", "enabled", "exceptions", "capture", "capture_duration", "capture_events",
		"capture_filesize", "tags", "warn_evttypes", "skip-if-unknown-filter",
	}
	schemaPriorities = []string{"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "INFORMATIONAL", "DEBUG"}
)

// schema validates an item. Of an item that could not be read something worse is told already.
func (l *loader) schema(n tree.Node, read bool) {
	for k, v := range n.Pairs() {
		typ, ok := itemSchema[k.Text()]
		if !ok {
			l.result.SchemaOK = false
			continue
		}
		if problem := l.schemaProblem(typ, v); problem != "" {
			l.result.SchemaOK = false
			if !read {
				continue
			}
			l.add(Problem{
				Level: Note, Code: NoteSchema, Place: l.at(v),
				Message: "the value of '" + k.Text() + "' does not match Falco's schema of rules files: " + problem,
			})
		}
	}
}

func (l *loader) schemaProblem(typ string, v tree.Node) string {
	text := v.Text()
	switch {
	case null(v): // what is left out is told by the loader where it matters
		return ""
	case typ == "sequence" && v.Kind() != tree.Sequence, typ == "exceptions" && v.Kind() != tree.Sequence:
		return "it is no sequence"
	case typ == "override" && v.Kind() != tree.Mapping:
		return "it is no mapping"
	case typ == "sequence":
		return ""
	case typ == "exceptions":
		return exceptionsProblem(v)
	case typ == "override":
		return overrideProblem(v)
	case v.Kind() != tree.Scalar:
		return "it is no " + typ
	case typ == "boolean" && text != "true" && text != "false":
		return "it is neither true nor false"
	case typ == "integer" && !isNumber(text):
		return "it is no integer"
	case typ == "priority" && !slices.Contains(schemaPriorities, text):
		return "it is none of " + strings.Join(schemaPriorities, ", ")
	default:
		return ""
	}
}

func exceptionsProblem(v tree.Node) string {
	for _, e := range v.Items() {
		if !value(e, "name").Exists() {
			return "an exception has no name"
		}
		for k := range e.Pairs() {
			if !slices.Contains(exceptionKeys, k.Text()) {
				return "an exception has the unknown key '" + k.Text() + "'"
			}
		}
	}
	return ""
}

func overrideProblem(v tree.Node) string {
	if v.Len() == 0 {
		return "it is empty"
	}
	for k, operation := range v.Pairs() {
		if !slices.Contains(overrideKeys, k.Text()) {
			return "it has the unknown key '" + k.Text() + "'"
		}
		if text := operation.Text(); text != "append" && text != "replace" {
			return "'" + k.Text() + "' is neither append nor replace"
		}
	}
	return ""
}
