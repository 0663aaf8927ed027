package controls_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// TestJudgementOfFalcoRules has exactly what is said, of several files and where.
func TestJudgementOfFalcoRules(t *testing.T) {
	const (
		own = "- macro: spawned_process\n  condition: (evt.type in (execve, execveat))\n- macro: container\n  condition: (container.id != host)\n"
		end = "\n  output: a shell (%proc.name)\n  priority: WARNING\n"
		use = "- rule: Shell\n  desc: a shell\n  condition: spawned_process and container and proc.name = bash" + end
		pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	)
	for _, c := range []struct {
		name  string
		files []string // names and texts
		want  []string
	}{
		{"Falco's own rules count first, whatever their name", []string{"a.yaml", use, "falco_rules.yaml", own}, nil},
		{"Falco's own rules are not there", []string{"a.yaml", use}, []string{
			"info a.yaml:3:14 builds on spawned_process, container of Falco's own rules, which are not among the files: Falco has to load falco_rules.yaml first",
		}},
		{"a name that nobody knows", []string{"a.yaml", strings.Replace(use, "container", "our_containers", 1)}, []string{
			"info a.yaml:3:14 builds on spawned_process of Falco's own rules, which are not among the files: Falco has to load falco_rules.yaml first",
			"unknown a.yaml:3:34 builds on our_containers, which other files have to define that are loaded before",
		}},
		{"a name that another file defines", []string{"0.yaml", own, "a.yaml", strings.Replace(use, "container", "ours", 1), "b.yaml", "- macro: ours\n  condition: container.id = a\n"}, []string{
			"unknown a.yaml:3:34 builds on ours, which other files have to define that are loaded before",
		}},
		{"a name that is not there", []string{"0.yaml", own, "a.yaml", strings.Replace(use, "container", "containr", 1)}, []string{
			`high a.yaml:3:34 rule 'Shell': Undefined macro 'containr' used in filter (did you mean container?)`,
		}},
		{"an item that is changed from elsewhere", []string{"a.yaml", "- rule: Terminal shell in container\n  enabled: false\n  override: {enabled: replace}\n"}, []string{
			"unknown a.yaml:1:3 builds on Terminal shell in container, which other files have to define that are loaded before",
		}},
		{"beside objects", []string{"a.yaml", pod + "---\n" + own + strings.Replace(use, "proc.name", "proc.nam", 1) + "---\n" + pod}, []string{
			`high a.yaml:11:48 rule 'Shell': filter_check called with nonexistent field proc.nam (did you mean proc.name?)`,
		}},
		{"a list of something else", []string{"a.yaml", "- name: rule\n  rule: a\n- rule: b\n"}, nil},
		{"the value of a ConfigMap", []string{"a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules, namespace: falco}\ndata:\n  a.yaml: |\n    " +
			strings.ReplaceAll(own+strings.Replace(use, "container", "containr", 1), "\n", "\n    ")}, []string{
			`high a.yaml:12:38 line 7 of its text: rule 'Shell': Undefined macro 'containr' used in filter (did you mean container?)`,
		}},
		{"the value of a ConfigMap, in quotes", []string{"a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: rules}, data: {a.yaml: \"- rule: a\\n  desc: a\\n  condition: evt.typ = open\\n  output: a\\n  priority: INFO\\n\"}}\n"}, []string{
			"high a.yaml:1:75 line 3 of its text: rule 'a': filter_check called with nonexistent field evt.typ (did you mean evt.type?)",
		}},
		{"a rule that Falco leaves out", []string{"a.yaml", "- rule: Shell\n  desc: a shell\n  condition: evt.type = execve and proc.nam = bash\n  skip-if-unknown-filter: true" + end}, []string{
			"low a.yaml:3:36 rule 'Shell': filter_check called with nonexistent field proc.nam (did you mean proc.name?)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judgeFiles(t, c.files)
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// judgeFiles judges files, given as names and texts, with falco-rules-invalid.
func judgeFiles(t *testing.T, files []string) (all []string) {
	t.Helper()
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for n := 0; n < len(files); n += 2 {
			if !yield(engine.Input{Path: files[n], Read: func() ([]byte, error) { return []byte(files[n+1]), nil }}) {
				return
			}
		}
	}
	_, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: controls.Find("falco-rules-invalid"), Version: control.LatestMinor, Now: now}, func(f *report.File) error {
		for _, p := range f.Problems {
			t.Errorf("problem: %s", p.Message)
		}
		for i := range f.Findings {
			x := &f.Findings[i]
			severity := x.Severity.String()
			if x.Status != control.Fail {
				severity = x.Status.String()
			}
			all = append(all, fmt.Sprintf("%s %s:%d:%d %s", severity, x.Place.File, x.Place.Line, x.Place.Column, x.Message))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
