package main

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
)

// example is a document that a control fails, and the same one mended; after is empty if such an object is wrong
// whatever is in it.
type example struct{ before, after string }

// exampleOf finds the smallest example among the changes that are known to break the control: on a bare pod if that is
// possible, else on a hardened one. Each candidate is judged before it is taken.
func exampleOf(ctx context.Context, c *control.Control) (example, error) {
	if c.Scope == control.Everything {
		return exampleOfEverything(c), nil
	}
	var first example
	for _, base := range bases(c) {
		for _, change := range c.Breaks() {
			before, after := base(), base()
			if !apply(c, before, change, change.Value) {
				continue
			}
			bad, err := verdict(ctx, c, before)
			if err != nil {
				return example{}, err
			}
			if bad != control.Fail {
				continue
			}
			if first.before == "" {
				if err := shrunk(ctx, c, before, control.Fail); err != nil {
					return example{}, err
				}
				if first, err = asText(before, nil); err != nil {
					return example{}, err
				}
			}
			for _, good := range remedies(c, change) {
				if !apply(c, after, change, good) {
					continue
				}
				if v, err := verdict(ctx, c, after); err != nil {
					return example{}, err
				} else if v == control.Pass {
					if err := errors.Join(shrunk(ctx, c, before, control.Fail), shrunk(ctx, c, after, control.Pass)); err != nil {
						return example{}, err
					}
					return asText(before, after)
				}
			}
		}
	}
	if first.before != "" && c.Scope == control.Objects {
		return first, nil
	}
	return example{}, errors.New("no change makes an example")
}

// exampleOfEverything returns the first set of manifests that fails and the first that passes. TestExamples judges them.
func exampleOfEverything(c *control.Control) example {
	var ex example
	for _, e := range c.Cases() {
		text := strings.TrimLeft(e.Manifests, "\n")
		switch {
		case len(e.Want) > 0 && ex.before == "":
			ex.before = text
		case len(e.Want) == 0 && ex.after == "":
			ex.after = text
		}
	}
	return ex
}

func asText(before, after fixture.Map) (example, error) {
	b, err := yaml.Marshal(before)
	if err != nil {
		return example{}, err
	}
	if after == nil {
		return example{before: string(b)}, nil
	}
	a, err := yaml.Marshal(after)
	return example{string(b), string(a)}, err
}

// bases are the documents to start from, the smallest first.
func bases(c *control.Control) []func() fixture.Map {
	if c.Scope == control.Objects {
		var all []func() fixture.Map
		for _, kind := range c.Kinds {
			all = append(all, func() fixture.Map { return fixture.Object(kind) })
		}
		return all
	}
	bare := func(os string) func() fixture.Map {
		return func() fixture.Map {
			spec := fixture.Map{"containers": []any{fixture.Map{"name": "app", "image": fixture.Image}}}
			if os != "" {
				spec["os"] = fixture.Map{"name": os}
			}
			return fixture.Map{"apiVersion": "v1", "kind": "Pod", "metadata": fixture.Map{"name": "app", "namespace": "shop"}, "spec": spec}
		}
	}
	all := []func() fixture.Map{bare(""), bare("windows")}
	for _, v := range fixture.Variants() {
		for _, kind := range fixture.Kinds() {
			all = append(all, func() fixture.Map { return fixture.Wrap(kind, fixture.Pod(v)) })
		}
	}
	return all
}

// remedies are the values that may mend a change: nothing, and what the hardened fixtures have there.
func remedies(c *control.Control, change control.Change) []any {
	values := []any{nil}
	for _, v := range fixture.Variants() {
		var from fixture.Map
		if c.Scope == control.Objects {
			for _, kind := range c.Kinds {
				values = append(values, valueAt(fixture.Object(kind), change.Path))
			}
			continue
		}
		pod := fixture.Pod(v)
		switch {
		case change.Base == control.OnMetadata:
			from, _ = pod["metadata"].(fixture.Map)
		case change.Base == control.OnPodSpec || c.Scope == control.PodSpecs:
			from, _ = pod["spec"].(fixture.Map)
		default:
			from = fixture.Container(pod, object.Regular)
		}
		values = append(values, valueAt(from, change.Path))
	}
	return values
}

func valueAt(m fixture.Map, path string) any {
	var at any = m
	for _, key := range control.Keys(path) {
		next, ok := at.(fixture.Map)
		if !ok {
			return nil
		}
		at = next[key]
	}
	return at
}

// apply makes the change with the given value in a document; false if the document has no such place.
func apply(c *control.Control, doc fixture.Map, change control.Change, value any) bool {
	change.Value = value
	at := doc
	if c.Scope != control.Objects {
		pod := podOf(doc)
		if pod == nil {
			return false
		}
		spec, _ := pod["spec"].(fixture.Map)
		switch {
		case change.Base == control.OnMetadata:
			at, _ = pod["metadata"].(fixture.Map)
		case change.Base == control.OnPodSpec || c.Scope == control.PodSpecs:
			at = spec
		default:
			list, _ := spec["containers"].([]any)
			at, _ = list[0].(fixture.Map)
		}
	}
	if at == nil {
		return false
	}
	change.Apply(at)
	return true
}

// podOf returns the pod of a document of one of the fixture's kinds.
func podOf(doc fixture.Map) fixture.Map {
	at := doc
	for {
		spec, _ := at["spec"].(fixture.Map)
		if spec["containers"] != nil {
			return at
		}
		next, ok := spec["template"].(fixture.Map)
		if !ok {
			if next, ok = spec["jobTemplate"].(fixture.Map); !ok {
				if next, ok = at["template"].(fixture.Map); !ok {
					return nil
				}
			}
		}
		at = next
	}
}

// verdict judges a document with one control and its example settings.
func verdict(ctx context.Context, c *control.Control, doc fixture.Map) (control.Status, error) {
	text, err := yaml.Marshal(doc)
	if err != nil {
		return control.Unknown, err
	}
	return verdictOf(ctx, c, text)
}

func verdictOf(ctx context.Context, c *control.Control, text []byte) (control.Status, error) {
	var input iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for i, part := range strings.Split(string(text), control.ExampleFile) {
			path := "example.yaml"
			if i > 0 {
				path, part, _ = strings.Cut(part, "\n")
			}
			if part != "" && !yield(engine.Input{Path: path, Read: func() ([]byte, error) { return []byte(part), nil }}) {
				return
			}
		}
	}
	opts := &engine.Options{
		Controls: []*control.Control{c}, Version: control.LatestMinor, Jobs: 1, Now: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		Params: map[string]map[string][]string{c.ID: c.ExampleParams()},
	}
	var problem error
	summary, err := engine.Scan(ctx, input, opts, func(f *report.File) error {
		for _, p := range f.Problems {
			if !p.Warning {
				problem = errors.New(p.Message)
			}
		}
		return nil
	})
	if err := errors.Join(err, problem); err != nil {
		return control.Unknown, err
	}
	counts := summary.Controls[0]
	for _, s := range []control.Status{control.Fail, control.Unknown, control.Pass} {
		if counts[s] > 0 || s == control.Fail && summary.Findings[s] > 0 {
			return s, nil
		}
	}
	return control.NotApplicable, nil
}
