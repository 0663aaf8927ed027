package engine_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/waiver"
)

// pairs is a control that wants every workload to have a service of its name.
func pairs(id string, suppresses ...string) *control.Control {
	return &control.Control{
		ID: id, Severity: control.High, Scope: control.Everything, Suppresses: suppresses,
		Kinds: control.WorkloadKinds(),
		Require: &control.Together{Text: "every workload must have a service", Check: func(v *control.Verdicts) {
			for i := range v.Workloads.Workloads {
				w := &v.Workloads.Workloads[i]
				b := control.Breach{Object: w.Object, Path: "spec.nothing", Message: "has no service"}
				for _, s := range v.Workloads.Services {
					if s.Name == w.Name {
						b.Message = ""
					}
					b.Related = append(b.Related, control.Decider{Object: s.Object, Path: "spec.type", Text: "is another"})
				}
				if b.Message == "" {
					v.Pass(1)
					continue
				}
				v.Fail(b)
			}
		}},
	}
}

const (
	podA     = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec: {containers: [{name: a}]}\n"
	podB     = "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: b}]}\n"
	serviceA = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: NodePort\n"
)

func texts(files ...string) iter.Seq[engine.Input] {
	return func(yield func(engine.Input) bool) {
		for i, text := range files {
			if !yield(engine.Input{Path: fmt.Sprintf("%d.yaml", i), Read: func() ([]byte, error) { return []byte(text), nil }}) {
				return
			}
		}
	}
}

func run(t *testing.T, inputs iter.Seq[engine.Input], opts *engine.Options) ([]*report.File, *report.Summary) {
	t.Helper()
	opts.Version = control.LatestMinor
	var files []*report.File
	summary, err := engine.Scan(t.Context(), inputs, opts, func(f *report.File) error {
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, summary
}

func TestWhatObjectsDoTogetherIsToldLast(t *testing.T) {
	c := pairs("service-missing")
	for _, jobs := range []int{1, 4} {
		files, summary := run(t, texts(podB, podA+"---\n"+podB, serviceA, "a: b\n"), &engine.Options{Controls: []*control.Control{c}, Jobs: jobs})
		var got []string
		for _, f := range files {
			got = append(got, fmt.Sprint(f.Path, " ", f.Across, " ", len(f.Findings)))
		}
		want := []string{"0.yaml false 0", "1.yaml false 0", "2.yaml false 0", "3.yaml false 0", "0.yaml true 1", "1.yaml true 1"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if s := summary; s.Files != 4 || s.Documents != 5 || s.Objects != 4 || s.Judged != 4 || s.Findings[control.Fail] != 2 {
			t.Errorf("summary %+v", s)
		}
		if counts := summary.Controls[0]; counts[control.Pass] != 1 || counts[control.Fail] != 2 {
			t.Errorf("counts %v", counts)
		}
		f := files[5].Findings[0]
		if f.Place.Line != 10 || f.Path != "spec.nothing" || !f.Missing || f.Message != "has no service" || f.Ref.Name != "b" {
			t.Errorf("finding %+v", f)
		}
		if len(f.Related) != 1 || f.Related[0].Place.File != "2.yaml" || f.Related[0].Place.Line != 5 || f.Related[0].Place.Column != 3 || f.Related[0].Ref.Name != "a" {
			t.Errorf("related %+v", f.Related)
		}
	}
}

func TestOneCauseIsToldOnce(t *testing.T) {
	strong, weak := pairs("strong-one", "weak-one"), pairs("weak-one")
	files, summary := run(t, texts(podA, podB), &engine.Options{Controls: []*control.Control{strong, weak}})
	n := 0
	for _, f := range files {
		for i := range f.Findings {
			n++
			if f.Findings[i].Control != strong {
				t.Errorf("%s is told", f.Findings[i].Control.ID)
			}
		}
	}
	if n != 2 || summary.Controls[1][control.Fail] != 2 {
		t.Errorf("%d findings, counts %v", n, summary.Controls)
	}
	_, summary = run(t, texts(podA, podB), &engine.Options{Controls: []*control.Control{strong, weak}, NoFold: true})
	if summary.Findings[control.Fail] != 4 {
		t.Errorf("unfolded: %v", summary.Findings)
	}
}

func TestOneCauseInSeveralObjects(t *testing.T) {
	const id = "namespace-wide"
	wide := *pairs(id, "service-missing")
	wide.Require = &control.Together{Text: "nothing", Check: func(v *control.Verdicts) {
		v.Fail(control.Breach{Object: 0, Message: "is the cause", Cause: "namespace default"})
	}}
	each := *pairs("service-missing")
	each.Require = &control.Together{Text: "nothing", Check: func(v *control.Verdicts) {
		for i := range v.Objects {
			v.Fail(control.Breach{Object: i, Message: "suffers", Cause: "namespace default"})
		}
	}}
	files, summary := run(t, texts(podA, podB), &engine.Options{Controls: []*control.Control{&wide, &each}})
	if summary.Findings[control.Fail] != 1 || summary.Controls[1][control.Fail] != 2 || !slices.Equal(files[2].Findings[0].Folded, []string{"service-missing"}) {
		t.Errorf("findings %v, counts %v", summary.Findings, summary.Controls)
	}
}

func TestWaiversOfWhatObjectsDoTogether(t *testing.T) {
	strong, weak := pairs("strong-one", "weak-one"), pairs("weak-one")
	known := waiver.Known{Controls: []*control.Control{strong, weak}, Find: func(id string) []*control.Control {
		for _, c := range []*control.Control{strong, weak} {
			if c.ID == id {
				return []*control.Control{c}
			}
		}
		return nil
	}}
	for name, text := range map[string]string{
		"annotation": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    kubeharden.io/waive.strong-one: made by hand\nspec: {containers: [{name: a}]}\n",
		"comment":    strings.Replace(podA, "spec:", "# kubeharden:ignore strong-one made by hand\nspec:", 1),
	} {
		_, summary := run(t, texts(podB, text), &engine.Options{
			Controls: []*control.Control{strong, weak}, Waivers: waiver.NewSet(nil, &waiver.Options{Known: known, Now: time.Unix(0, 0)}),
		})
		if summary.Findings[control.Waived] != 1 || summary.Findings[control.Fail] != 1 {
			t.Errorf("%s: findings %v", name, summary.Findings)
		}
		for i, c := range summary.Controls {
			if c[control.Waived] != 1 || c[control.Fail] != 1 {
				t.Errorf("%s: control %d counts %v", name, i, c)
			}
		}
	}
}

func TestWhatCanBeReadOnlyOnce(t *testing.T) {
	reads := 0
	var pipe iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: "pipe", Once: true, Read: func() ([]byte, error) {
			if reads++; reads > 1 {
				return nil, errors.New("read again")
			}
			return []byte(podA), nil
		}})
	}
	_, summary := run(t, pipe, &engine.Options{Controls: []*control.Control{pairs("service-missing")}})
	if reads != 1 || summary.Findings[control.Fail] != 1 || summary.Errors != 0 {
		t.Errorf("%d reads, %+v", reads, summary)
	}
}

func TestFileThatChangesMeanwhile(t *testing.T) {
	for name, second := range map[string]func() ([]byte, error){
		"changed": func() ([]byte, error) { return []byte(podB), nil },
		"gone":    func() ([]byte, error) { return nil, errors.New("gone") },
	} {
		reads := 0
		var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
			yield(engine.Input{Path: "a.yaml", Read: func() ([]byte, error) {
				if reads++; reads > 1 {
					return second()
				}
				return []byte(podA), nil
			}})
		}
		_, summary := run(t, inputs, &engine.Options{Controls: []*control.Control{pairs("service-missing")}})
		if summary.Errors != 1 || summary.Controls[0][control.Unknown] != 1 || summary.Findings[control.Fail] != 0 {
			t.Errorf("%s: %+v", name, summary)
		}
	}
}

func TestCollectedInventory(t *testing.T) {
	inv := inventory.New()
	run(t, texts("\n# first\n"+podA+"---\n"+podB, serviceA), &engine.Options{Collect: inv})
	var got []string
	for _, o := range inv.Objects {
		got = append(got, fmt.Sprintf("%s %s:%d", o.String(), o.File, o.Line))
	}
	if want := []string{"Pod/a 0.yaml:3", "Pod/b 0.yaml:9", "Service/a 1.yaml:1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if w := inv.Workloads.Workloads; len(w) != 2 || w[1].Object != 1 || inv.Workloads.Services[0].Object != 2 {
		t.Errorf("workloads %+v", w)
	}
}

// TestTogetherIsTheSameForAnyNumberOfWorkers compares the findings of the whole catalogue on several objects.
func TestTogetherIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	var want string
	for _, jobs := range []int{1, 2, 8} {
		files, _ := run(t, texts(podA, podB, serviceA, podA+"---\n"+serviceA), &engine.Options{Controls: controls.All(), Jobs: jobs})
		var b strings.Builder
		for _, f := range files {
			fmt.Fprintf(&b, "%s %v %+v\n", f.Path, f.Across, f.Findings)
		}
		if want == "" {
			want = b.String()
		}
		if b.String() != want {
			t.Errorf("%d workers tell something else", jobs)
		}
	}
}
