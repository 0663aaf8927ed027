package falco

import (
	"errors"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// File is one rules file.
type File struct {
	Name    string
	Content []byte // must not be changed while the result is in use
}

// Options are what Falco is configured with.
type Options struct {
	// Sources are the event sources that there are, syscall and those of the plugins. Nil is all whose fields are known; see
	// [Sources]. Rules for other sources are skipped with a warning.
	Sources []string
	// EngineVersion is the version of Falco's engine, such as 0.57.0. If it is "", only what no engine can be is refused.
	EngineVersion string
	// FirstMatch is true for rule_matching: first, with which the first rule that matches an event is the only one.
	FirstMatch bool
}

// Result is what Falco knows after it has read all files.
type Result struct {
	// Problems are in the order in which Falco finds them, notes last.
	Problems []Problem
	// The items in the order of their first definition, as they are after all overrides.
	Lists  []*ItemList
	Macros []*Macro
	Rules  []*Rule
	// SchemaOK is false if Falco says that the files do not meet its schema.
	SchemaOK bool
	// Items counts the items of each sort in the files, every definition and override.
	Items ItemCount
	// EngineVersion is the highest required_engine_version, "" if none is required.
	EngineVersion string
	Plugins       []PluginRequirement
}

// ItemCount counts items in files.
type ItemCount struct{ Rules, Macros, Lists int }

// PluginRequirement is one entry of required_plugin_versions: one of the alternatives has to be there.
type PluginRequirement struct {
	Alternatives []PluginVersion
	Place        Place
}

// PluginVersion is a plugin and the lowest version that will do.
type PluginVersion struct{ Name, Version string }

// OK reports whether Falco loads the files.
func (r *Result) OK() bool { return r.First() == nil }

// First returns the error that Falco stops at, nil if there is none.
func (r *Result) First() *Problem {
	for i := range r.Problems {
		if r.Problems[i].Level == Error {
			return &r.Problems[i]
		}
	}
	return nil
}

// maxProblems bounds what is told. No hand-written file has that many.
const maxProblems = 10_000

// loader is the state while files are read.
type loader struct {
	options Options
	sources map[string]bool
	result  *Result
	notes   []Problem
	seen    map[problemKey]bool
	parser  *tree.Parser
	file    *source

	collector
	compiler

	hints int // how many nearest names of macros were looked for

	// unsure is true if something without a name could not be read, so what is missing may be there.
	unsure bool
}

type problemKey struct {
	code    Code
	file    string
	offset  int
	message string
}

// Load reads files in the order in which Falco is told them. Like Falco it compiles after each file, so a file may not use
// what only a later one defines. It always returns a result; what is wrong is in its problems.
func Load(files []File, options Options) *Result {
	l := &loader{options: options, result: &Result{SchemaOK: true}, seen: map[problemKey]bool{}, parser: tree.NewParser(), sources: map[string]bool{}}
	names := options.Sources
	if names == nil {
		names = Sources()
	}
	for _, s := range names {
		l.sources[s] = true
	}
	l.init()
	for i := range files {
		l.file = &source{name: files[i].Name, bytes: files[i].Content}
		l.read()
		l.compileAll(i == len(files)-1)
	}
	l.result.Lists, l.result.Macros, l.result.Rules = l.lists, l.macros, l.rules
	l.analyse()
	l.result.Problems = append(l.result.Problems, l.notes...)
	return l.result
}

// add tells a problem once.
func (l *loader) add(p Problem) {
	key := problemKey{p.Code, p.Place.File, p.Place.Offset, p.Message}
	if l.seen[key] || len(l.seen) >= maxProblems {
		return
	}
	l.seen[key] = true
	if p.Level == Note {
		l.notes = append(l.notes, p)
		return
	}
	l.result.Problems = append(l.result.Problems, p)
}

// at is the place of a node in the current file.
func (l *loader) at(n tree.Node) Place {
	start, _ := n.Span()
	return l.file.place(start)
}

// fail tells an error of the structure of a file; it returns false.
func (l *loader) fail(n tree.Node, item, message string) bool {
	l.add(Problem{Level: Error, Code: ErrYAMLValidate, Message: message, Item: item, Place: l.at(n)})
	return false
}

// invalid tells an error of what an item says; it returns false.
func (l *loader) invalid(at Place, item, message, hint string) bool {
	l.add(Problem{Level: Error, Code: ErrValidate, Message: message, Hint: hint, Item: item, Place: at})
	return false
}

func (l *loader) warn(code Code, at Place, item, message, hint string) {
	l.add(Problem{Level: Warning, Code: code, Message: message, Hint: hint, Item: item, Place: at})
}

// read reads the documents of the current file. A file with a broken document is not read at all, as Falco does not either.
func (l *loader) read() {
	broken := false
	documents := slices.Collect(tree.Split(l.file.bytes))
	for _, d := range documents {
		if _, err := l.parser.Parse(l.file.bytes, d); err != nil {
			broken = true
			l.yamlError(err)
		}
	}
	if broken {
		l.unsure = true
		return
	}
	for _, d := range documents {
		t, err := l.parser.Parse(l.file.bytes, d)
		if err != nil {
			continue
		}
		root := t.Root()
		switch {
		case null(root):
		case root.Kind() == tree.Sequence:
			for _, item := range root.Items() {
				if !null(item) {
					l.schema(item, l.item(item))
				}
			}
		case root.Kind() == tree.Mapping:
			l.fail(root, "", "Rules content is not yaml array of objects")
		default:
			l.fail(root, "", "Rules content is not yaml")
		}
	}
}

func (l *loader) yamlError(err error) {
	p := Problem{Level: Error, Code: ErrYAMLParse, Message: err.Error(), Place: Place{File: l.file.name, Line: 1, Column: 1}}
	if e, ok := errors.AsType[*tree.Error](err); ok {
		p.Message = e.Message
		p.Place.Line, p.Place.Column = e.Line, e.Column
		p.Place.Offset = e.Offset
	}
	l.add(p)
}

// null reports whether yaml-cpp takes a node for null, and so for not there in many places.
func null(n tree.Node) bool {
	if n.Kind() != tree.Scalar || n.Style() != tree.Plain {
		return false
	}
	switch n.Text() {
	case "", "~", "null", "Null", "NULL":
		return true
	default:
		return false
	}
}

// value returns the value of a key. Of equal keys the first one counts, since that is the one that yaml-cpp finds.
func value(n tree.Node, key string) tree.Node {
	for k, v := range n.Pairs() {
		if k.StrIs(key) {
			return v
		}
	}
	return tree.Node{}
}

// decode returns the scalar value of a key that has to be there.
func (l *loader) decode(n tree.Node, key, item string) (tree.Node, bool) {
	v := value(n, key)
	switch {
	case !v.Exists():
		return v, l.fail(n, item, "Item has no mapping for key '"+key+"'")
	case null(v):
		return v, l.fail(v.Key(), item, "Mapping for key '"+key+"' is empty")
	case v.Kind() != tree.Scalar:
		return v, l.fail(v, item, "Value is not a scalar value")
	case v.Text() == "":
		return v, l.fail(v, item, "Value must be non-empty")
	default:
		return v, true
	}
}

// decodeText is decode for texts.
func (l *loader) decodeText(n tree.Node, key, item string) (Text, bool) {
	v, ok := l.decode(n, key, item)
	if !ok {
		return Text{}, false
	}
	return newScalar(l.file, v).asText(), true
}

// decodeBool reads a boolean; if the key is not there and optional, the value stays.
func (l *loader) decodeBool(n tree.Node, key, item string, optional bool, to *bool) bool {
	if optional && !value(n, key).Exists() {
		return true
	}
	v, ok := l.decode(n, key, item)
	if !ok {
		return false
	}
	b, ok := boolean(v.Text())
	if !ok {
		return l.fail(v, item, "Can't decode YAML scalar value")
	}
	*to = b
	return true
}

// boolean reads a boolean as yaml-cpp does (convert.cpp): y, yes, true, on and their opposites, in one case or capitalised.
func boolean(s string) (value, ok bool) {
	lower := strings.ToLower(s)
	if s != lower && s != strings.ToUpper(s) && s != strings.ToUpper(s[:1])+lower[1:] {
		return false, false
	}
	switch lower {
	case "y", "yes", "true", "on":
		return true, true
	case "n", "no", "false", "off":
		return false, true
	default:
		return false, false
	}
}
