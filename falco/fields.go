package falco

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed fields.txt
var fieldsText string

//go:embed events.txt
var eventsText string

// fieldType is what the values of a field are.
type fieldType byte

// The types, as in fields.txt.
const (
	typeString   fieldType = 's'
	typeSigned   fieldType = 'i'
	typeUnsigned fieldType = 'u'
	typeDouble   fieldType = 'd'
	typeBool     fieldType = 'b'
	typeAddress  fieldType = 'a'
	typeNetwork  fieldType = 't'
	typePort     fieldType = 'p'
	typeBytes    fieldType = 'y'
	typeAny      fieldType = 'x' // decided by the argument
)

// argument is whether a field has one.
type argument byte

const (
	argNone     argument = iota
	argAllowed           // ?
	argRequired          // !
	argDotted            // @: required, in brackets or behind a dot
)

// fieldInfo is one row of the table.
type fieldInfo struct {
	typ  fieldType
	arg  argument
	list bool
}

// table is all that is known of fields and events.
type table struct {
	sources map[string]map[string]fieldInfo // by event source, without what is there for all
	any     map[string]fieldInfo
	plugin  map[string]fieldInfo
	events  map[string]bool
}

// known reads the tables once.
var known = sync.OnceValue(func() *table {
	t := &table{sources: map[string]map[string]fieldInfo{}, events: map[string]bool{}}
	var section map[string]fieldInfo
	for line := range strings.Lines(fieldsText) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case words[0][0] == '[':
			section = map[string]fieldInfo{}
			t.sources[strings.Trim(words[0], "[]")] = section
		default:
			for _, w := range words[1:] {
				name := strings.TrimRight(w, "?!@*")
				section[name] = fieldInfo{typ: fieldType(words[0][0]), arg: argumentOf(w[len(name):]), list: strings.HasSuffix(w, "*")}
			}
		}
	}
	t.any, t.plugin = t.sources["any"], t.sources["plugin"]
	delete(t.sources, "any")
	delete(t.sources, "plugin")
	for line := range strings.Lines(eventsText) {
		if line[0] != '#' {
			for w := range strings.FieldsSeq(line) {
				t.events[w] = true
			}
		}
	}
	return t
})

func argumentOf(marks string) argument {
	switch {
	case strings.Contains(marks, "?"):
		return argAllowed
	case strings.Contains(marks, "!"):
		return argRequired
	case strings.Contains(marks, "@"):
		return argDotted
	default:
		return argNone
	}
}

// SyscallSource is the event source of system calls, the one of rules that name none.
const SyscallSource = "syscall"

// Sources returns the event sources whose fields are known, sorted.
func Sources() []string {
	names := []string{}
	for name := range known().sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// field finds a field by its exact name.
func (t *table) field(source, name string) (fieldInfo, bool) {
	if f, ok := t.sources[source][name]; ok {
		return f, true
	}
	if f, ok := t.any[name]; ok {
		return f, true
	}
	if source == SyscallSource {
		return fieldInfo{}, false
	}
	f, ok := t.plugin[name]
	return f, ok
}

// lookup finds the field that a condition names, with its argument. If it is not defined, ok is false.
//
// Of a source that is not in the table, the one of some other plugin, every field may be defined.
func (t *table) lookup(source string, f *Field) (info fieldInfo, ok bool) {
	if t.sources[source] == nil {
		return fieldInfo{typ: typeAny}, true
	}
	if info, ok = t.field(source, f.Name); ok {
		switch info.arg {
		case argNone:
			ok = !f.HasArg
		case argAllowed:
			ok = !f.HasArg || !indexed(f.Name) || isIndex(f.Arg)
		case argRequired, argDotted:
			ok = f.HasArg
		}
		return info, ok
	}
	// evt.arg.flags, thread.cgroup.cpu, k8s.pod.label.app
	for name := f.Name; !f.HasArg; {
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			break
		}
		name = name[:i]
		if info, ok = t.field(source, name); ok {
			return info, info.arg == argDotted
		}
	}
	return fieldInfo{}, false
}

// indexed reports whether the argument of a field is a number: the generation of an ancestor, the place in a list.
func indexed(name string) bool {
	return strings.HasPrefix(name, "ka.") || strings.HasPrefix(name, "proc.a") && name != "proc.aenv"
}

func isIndex(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

// Defined reports whether an event source has a field with this name.
func Defined(source, name string) bool {
	_, ok := known().field(source, name)
	return ok
}

// nearestField returns the defined name that is spelled most like name, "" if none is near.
func (t *table) nearestField(source, name string) string {
	if len(name) > maxName {
		return ""
	}
	var names []string
	for _, section := range []map[string]fieldInfo{t.sources[source], t.any, t.plugin} {
		for n := range section {
			names = append(names, n)
		}
	}
	return nearest(name, names)
}

// nearestEvent is nearestField for evt.type.
func (t *table) nearestEvent(name string) string {
	names := make([]string, 0, len(t.events))
	for n := range t.events {
		names = append(names, n)
	}
	return nearest(name, names)
}

// maxName is the longest name for which a similar one is looked for; the comparison costs its square.
const maxName = 64

// nearest returns the name that differs least from s, if it differs in less than a third of its letters; of equals the first
// by alphabet.
func nearest(s string, names []string) string {
	if len(s) > maxName {
		return ""
	}
	best, distance := "", len(s)/3
	if len(s) >= 4 {
		distance = max(2, distance)
	}
	for _, n := range names {
		if n == s || len(n)-len(s) > distance || len(s)-len(n) > distance {
			continue
		}
		if d := editDistance(s, n, distance); d < distance || d == distance && (best == "" || n < best) {
			best, distance = n, d
		}
	}
	return best
}

// editDistance counts the letters to insert, delete, replace or swap; more than limit is limit+1.
func editDistance(a, b string, limit int) int {
	older, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], older[j-2]+1)
			}
			least = min(least, next[j])
		}
		if least > limit {
			return limit + 1
		}
		older, row, next = row, next, older
	}
	return row[len(b)]
}
