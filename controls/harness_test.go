package controls_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// now is the moment for which subjects are judged.
var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// parsed is an object in both forms: decoded, and as what the controls judge.
type parsed struct {
	data   fixture.Map
	object *object.Object
	pods   []*object.Pod
}

func parse(t *testing.T, data fixture.Map) *parsed {
	t.Helper()
	src, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	for doc := range tree.Split(src) {
		tr, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v in %s", err, src)
		}
		o, ok := object.Parse(tr.Root())
		if !ok {
			t.Fatalf("no object: %s", src)
		}
		return &parsed{data, &o, slices.Collect(o.Pods())}
	}
	t.Fatal("no document")
	return nil
}

// judged is one control on one subject.
type judged struct {
	control *control.Control
	rule    control.Rule
	subject control.Subject
	name    string // of the container, "" for the pod or the object
}

func (j *judged) applies() bool {
	return j.control.Unless == nil || !j.control.Unless.Holds(&j.subject, j.subject.Root())
}

func (j *judged) holds() bool { return j.rule.Holds(&j.subject, j.subject.Root()) }

func (j *judged) explain() []control.Violation {
	return j.rule.Explain(&j.subject, j.subject.Root(), nil)
}

// path returns where a violation is, from the root of the object.
func (j *judged) path(v *control.Violation) string {
	path := []byte(j.subject.Object.Root.Path(v.At))
	for _, key := range v.Missing {
		path = tree.AppendKey(path, key)
	}
	return string(path)
}

// judge returns every application of a control to an object that is in force at a version.
func (p *parsed) judge(c *control.Control, version control.Minor) []*judged {
	if version < c.From || c.Scope == control.Everything {
		return nil // TestExamplesOfEverything has those
	}
	var all []*judged
	add := func(rule control.Rule, pod *object.Pod, box *object.Container) {
		j := &judged{control: c, rule: rule, subject: control.Subject{
			Object: p.object, Pod: pod, Container: box, Version: version, Params: c.ExampleParams(), Now: now,
		}}
		if box != nil {
			j.name = box.Name
		}
		if j.applies() {
			all = append(all, j)
		}
	}
	if c.Scope == control.Objects {
		if c.Judges(control.Kind{Group: p.object.Group(), Kind: p.object.Kind}) {
			add(c.Require, nil, nil)
		}
		return all
	}
	for _, pod := range p.pods {
		if c.Scope == control.PodSpecs {
			add(c.Require, pod, nil)
			continue
		}
		if c.RequirePod != nil {
			add(c.RequirePod, pod, nil)
		}
		for box := range pod.Containers() {
			add(c.Require, pod, box)
		}
	}
	return all
}

// failuresOf returns the subjects that a control fails on.
func failuresOf(all []*judged) []*judged {
	return slices.DeleteFunc(all, func(j *judged) bool { return j.holds() })
}

// broken is a fixture with one change.
type broken struct {
	kind   string
	sort   object.Sort
	change control.Change
	// container is the name of the changed container, "" if the change is on the pod or the object.
	container string
	// field is the path of what was changed from the root of the object.
	field string
	data  fixture.Map
}

func (b *broken) String() string {
	if b.container == "" {
		return b.kind + ", " + b.change.Label()
	}
	return b.kind + ", " + b.sort.String() + ", " + b.change.Label()
}

// apply makes a change to the pod of an object of a kind. sort is the sort of the container that is changed.
func apply(c *control.Control, v fixture.Variant, kind string, sort object.Sort, change control.Change) *broken {
	b := &broken{kind: kind, sort: sort, change: change}
	var at []string
	pod := fixture.Pod(v)
	switch base := change.Base; {
	case base == control.OnMetadata:
		change.Apply(pod["metadata"].(fixture.Map))
		at = []string{"metadata"}
	case base == control.OnScope && c.Scope == control.Containers:
		box := fixture.Container(pod, sort)
		change.Apply(box)
		b.container = box["name"].(string)
		at = [][]string{{"spec", "initContainers", "0"}, {"spec", "initContainers", "1"}, {"spec", "containers", "0"}, {"spec", "ephemeralContainers", "0"}}[sort]
	default:
		change.Apply(pod["spec"].(fixture.Map))
		at = []string{"spec"}
	}
	b.data = fixture.Wrap(kind, pod)
	prefix := map[string][]string{"Pod": {}, "PodTemplate": {"template"}, "CronJob": {"spec", "jobTemplate", "spec", "template"}}
	way, ok := prefix[kind]
	if !ok {
		way = []string{"spec", "template"}
	}
	b.field = join(slices.Concat(way, at, control.Keys(change.Path)))
	return b
}

// join writes a path; numbers are indexes.
func join(keys []string) string {
	var path []byte
	for _, key := range keys {
		if _, err := strconv.Atoi(key); err == nil {
			path = append(append(append(path, '['), key...), ']')
			continue
		}
		path = tree.AppendKey(path, key)
	}
	return string(path)
}

// variant returns the first fixture that a control applies to.
func variant(t *testing.T, c *control.Control, version control.Minor) (fixture.Variant, bool) {
	t.Helper()
	for _, v := range fixture.Variants() {
		if len(parse(t, fixture.Wrap("Pod", fixture.Pod(v))).judge(c, version)) > 0 {
			return v, true
		}
	}
	return 0, false
}

// cases yields every change of a control on every kind and sort of container. The changes of the pod are tried once for a kind.
func cases(c *control.Control, v fixture.Variant, changes []control.Change, yield func(*broken) bool) {
	if c.Scope == control.Everything {
		return
	}
	if c.Scope == control.Objects {
		for _, kind := range c.Kinds {
			for _, change := range changes {
				if change.Kind != "" && change.Kind != kind.Kind {
					continue
				}
				data := fixture.Object(kind)
				change.Apply(data)
				if !yield(&broken{kind: kind.Kind, change: change, field: join(control.Keys(change.Path)), data: data}) {
					return
				}
			}
		}
		return
	}
	for _, kind := range fixture.Kinds() {
		for _, change := range changes {
			sorts := fixture.Sorts(kind)
			if change.Base != control.OnScope || c.Scope != control.Containers {
				sorts = sorts[:1]
			}
			for _, sort := range sorts {
				if !yield(apply(c, v, kind, sort, change)) {
					return
				}
			}
		}
	}
}

// within reports whether one path leads to the other or below it.
func within(a, b string) bool { return below(a, b) || below(b, a) }

func below(a, b string) bool {
	rest, ok := strings.CutPrefix(a, b)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// edit carries out edits on decoded data.
func (p *parsed) edit(edits []control.Edit) error {
	root := p.object.Root
	type step struct {
		way []any
		control.Edit
	}
	steps := make([]step, len(edits))
	for i, e := range edits {
		way := split(root.Path(e.At))
		for _, key := range e.Path {
			way = append(way, key)
		}
		steps[i] = step{way, e}
	}
	// Later items of a list are removed first.
	slices.SortStableFunc(steps, func(a, b step) int {
		if a.Op != b.Op || a.Op != control.Remove {
			return int(a.Op) - int(b.Op)
		}
		return compareWays(b.way, a.way)
	})
	var data any = p.data
	for _, s := range steps {
		var err error
		if data, err = change(data, s.way, s.Op, s.Value); err != nil {
			return fmt.Errorf("%s at %v: %w", s.Op, s.way, err)
		}
	}
	return nil
}

func compareWays(a, b []any) int {
	return slices.CompareFunc(a, b, func(x, y any) int {
		i, ok := x.(int)
		j, ok2 := y.(int)
		if ok && ok2 {
			return i - j
		}
		return strings.Compare(fmt.Sprint(x), fmt.Sprint(y))
	})
}

// split cuts a path as Node.Path writes it into keys (string) and indexes (int).
func split(path string) []any {
	var way []any
	for path != "" {
		switch {
		case strings.HasPrefix(path, `["`):
			quoted, err := strconv.QuotedPrefix(path[1:])
			if err != nil {
				panic(path)
			}
			key, _ := strconv.Unquote(quoted)
			way = append(way, key)
			path = path[len(quoted)+2:]
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			i, err := strconv.Atoi(path[1:end])
			if err != nil {
				panic(path)
			}
			way = append(way, i)
			path = path[end+1:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			way = append(way, path[:end])
			path = path[end:]
		}
		path = strings.TrimPrefix(path, ".")
	}
	return way
}

// change carries out one edit and returns the new value.
func change(at any, way []any, op control.Op, value any) (any, error) {
	if len(way) == 0 {
		switch op {
		case control.Set:
			return value, nil
		case control.Append:
			list, ok := at.([]any)
			if !ok && at != nil {
				return nil, fmt.Errorf("append to %T", at)
			}
			return append(slices.Clone(list), value), nil
		case control.Remove:
			return nil, errors.New("the root cannot be removed")
		}
	}
	switch key := way[0].(type) {
	case int:
		list, ok := at.([]any)
		if !ok || key >= len(list) {
			return nil, fmt.Errorf("no item %d in %T", key, at)
		}
		if len(way) == 1 && op == control.Remove {
			return slices.Delete(slices.Clone(list), key, key+1), nil
		}
		v, err := change(list[key], way[1:], op, value)
		list[key] = v
		return list, err
	default:
		name := key.(string)
		m, ok := at.(fixture.Map)
		if !ok {
			if at != nil || op == control.Remove {
				return nil, fmt.Errorf("no key %s in %T", name, at)
			}
			m = fixture.Map{}
		}
		if len(way) == 1 && op == control.Remove {
			delete(m, name)
			return m, nil
		}
		v, err := change(m[name], way[1:], op, value)
		m[name] = v
		return m, err
	}
}
