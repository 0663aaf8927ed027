package controls_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// findings judges manifests with some controls, with their example settings, and returns what the engine tells.
func findings(t *testing.T, manifests string, chosen ...*control.Control) ([]control.Finding, *report.Summary) {
	t.Helper()
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for i, text := range strings.Split(manifests, control.ExampleFile) {
			path := "example.yaml"
			if i > 0 {
				path, text, _ = strings.Cut(text, "\n")
			}
			if text != "" && !yield(engine.Input{Path: path, Read: func() ([]byte, error) { return []byte(text), nil }}) {
				return
			}
		}
	}
	params := map[string]map[string][]string{}
	for _, c := range chosen {
		params[c.ID] = c.ExampleParams()
	}
	var all []control.Finding
	summary, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: chosen, Params: params, Version: control.LatestMinor, Now: now, NoFold: true}, func(f *report.File) error {
		for _, p := range f.Problems {
			t.Errorf("problem: %s", p.Message)
		}
		all = append(all, f.Findings...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, summary
}

// TestExamplesOfEverything judges the examples of the controls that judge everything together.
func TestExamplesOfEverything(t *testing.T) {
	for _, c := range controls.All() {
		if c.Scope != control.Everything {
			continue
		}
		for _, e := range c.Cases() {
			t.Run(c.ID+"/"+e.Name, func(t *testing.T) {
				found, summary := findings(t, e.Manifests, c)
				var got []string
				for i := range found {
					f := &found[i]
					got = append(got, strings.TrimSuffix(f.Ref.String()+" "+f.Path, " "))
					wellTold(t, c, f)
				}
				if !slices.Equal(got, e.Want) {
					t.Errorf("got  %q\nwant %q", got, e.Want)
				}
				counts := &summary.Controls[0]
				if len(e.Want) == 0 && counts[control.Pass]+counts[control.NotApplicable] == 0 {
					t.Error("passes because nothing was looked at")
				}
			})
		}
	}
}

// wellTold checks what every finding of several objects together has to have.
func wellTold(t *testing.T, c *control.Control, f *control.Finding) {
	t.Helper()
	if f.Message == "" || strings.HasSuffix(f.Message, ".") || strings.Contains(f.Message, "\n") {
		t.Errorf("message %q", f.Message)
	}
	if f.Place.Line == 0 || f.Snippet == "" {
		t.Errorf("%s has no place", f.Message)
	}
	if !c.Judges(control.Kind{Group: group(f.Ref.APIVersion), Kind: f.Ref.Kind}) {
		t.Errorf("%s is about a %s, which the control does not say", f.Message, f.Ref.Kind)
	}
	for _, r := range f.Related {
		if r.Text == "" || r.Ref.Kind != "" && r.Place.Line == 0 {
			t.Errorf("%s: related %s %q has no place or says nothing", f.Message, r.Ref.String(), r.Text)
		}
	}
}

func group(apiVersion string) string {
	g, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return g
}
