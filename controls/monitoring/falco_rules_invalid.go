package monitoring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/falco"
	"github.com/kubeharden/kubeharden/inventory"
)

// FalcoRulesInvalid: Falco loads the rules, so that they see something.
var FalcoRulesInvalid = control.Control{
	ID: "falco-rules-invalid", Section: "runtime", Layer: control.Monitoring, Severity: control.High, Since: "0.1",
	Title:    "Write Falco rules that Falco loads",
	Scope:    control.Everything,
	Kinds:    []control.Kind{{Kind: inventory.FileKind}, {Kind: "ConfigMap"}},
	Require:  &control.Together{Check: checkRules, Text: "Falco must load the rules, and know every macro, field and event in them"},
	Risk:     "Falco starts with the rules; those that never matched may raise alerts.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	NoPolicy: "Falco reads the file; an admission policy does not.",
	Remedy:   "Correct what the finding names; `kubeharden falco check FILE…`, with the files in Falco's own order, says the same and what the rules look for.",
	Refs: control.Refs{
		NSA:   []string{"Threat detection: tools"},
		MITRE: []string{"T1562.001"},
		Source: []string{
			"https://falco.org/docs/concepts/rules/basic-elements/",
			"https://falco.org/docs/concepts/rules/default-macros/",
			"https://github.com/falcosecurity/falco/blob/0.43.0/userspace/engine/rule_loader_compiler.cpp",
		},
	},
	Why: `Falco does not start with a rules file that it refuses, and then nothing watches the node. What it only warns of it leaves out, such as a rule with a field
that it does not know: the alert that somebody counts on never comes.`,
	Examples: []control.Example{
		{
			Name: "a macro that there is not",
			Manifests: defaultMacros + `- rule: Shell in a container
  desc: a shell
  condition: spawned_proces and container
  output: a shell (%proc.name)
  priority: WARNING
`,
			Want: []string{"File/example.yaml"},
		},
		{
			Name: "a field that there is not",
			Manifests: `- rule: Shell
  desc: a shell
  condition: evt.type = execve and proc.nam = bash
  output: a shell (%proc.name)
  priority: WARNING
`,
			Want: []string{"File/example.yaml"},
		},
		{
			Name: "macros of Falco's own rules, which are not there",
			Manifests: `- rule: Shell
  desc: a shell
  condition: spawned_process and container and proc.name = bash
  output: a shell (%proc.name)
  priority: WARNING
`,
			Want: []string{"File/example.yaml"},
		},
		{
			Name: "a ConfigMap",
			Manifests: `apiVersion: v1
kind: ConfigMap
metadata: {name: falco-rules, namespace: falco}
data:
  rules.yaml: |
    - rule: Shell
      desc: a shell
      condition: evt.type = execve and proc.name == bash and
      output: a shell (%proc.name)
      priority: WARNING
`,
			Want: []string{`ConfigMap/falco/falco-rules data["rules.yaml"]`},
		},
		{
			Name: "good rules",
			Manifests: defaultMacros + `- rule: Shell in a container
  desc: a shell
  condition: spawned_process and container and proc.name = bash
  output: a shell (%proc.name)
  priority: WARNING
`,
		},
	},
}

// defaultMacros is how Falco's own rules begin.
const defaultMacros = `- macro: spawned_process
  condition: (evt.type in (execve, execveat))
- macro: container
  condition: (container.id != host)
`

// checkRules tells what Falco says of the files. A name that is defined nowhere is no mistake for sure while Falco's own rules, or others
// that are loaded before, may be elsewhere.
func checkRules(v *control.Verdicts) {
	if len(v.Rules) == 0 {
		return
	}
	loaded := v.Falco()
	files := make([]rulesFile, len(v.Rules))
	names := knownNames{ofFalco: map[string]bool{}, defined: definitions(loaded), defaults: loaded.Defaults}
	for _, name := range macrosOfFalco() {
		names.ofFalco[name] = true
	}
	for i := range loaded.Problems {
		p := &loaded.Problems[i]
		n, ok := loaded.ByName[p.Place.File]
		if !ok {
			continue
		}
		files[n].take(v, n, p, &names)
	}
	for n := range files {
		files[n].close(v, n)
	}
}

// rulesFile is what is said of one file.
type rulesFile struct {
	told      bool
	ofFalco   []string // names that Falco's own rules define
	elsewhere []string // names that other files may define
	first     [2]*falco.Problem
	// deprecated is what Falco says of old ways to write something, once for each.
	deprecated []deprecation
}

type deprecation struct {
	first *falco.Problem
	more  int
}

// deprecate counts an old way to write something: it is one mistake, however often it is made.
func (f *rulesFile) deprecate(p *falco.Problem) {
	for i := range f.deprecated {
		if d := &f.deprecated[i]; d.first.Message == p.Message {
			d.more++
			return
		}
	}
	if len(f.deprecated) < maxNames {
		f.deprecated = append(f.deprecated, deprecation{first: p})
	}
}

func (f *rulesFile) take(v *control.Verdicts, n int, p *falco.Problem, names *knownNames) {
	switch {
	case p.Level == falco.Note || p.Code == falco.WarnUnusedMacro || p.Code == falco.WarnUnusedList || p.Code == falco.WarnUnknownSource:
	case p.Missing != "" && !names.defaults && names.ofFalco[p.Missing]:
		f.ofFalco, f.first[0] = remember(f.ofFalco, f.first[0], p)
	case p.Missing != "" && (!names.defaults || names.elsewhere(p)):
		f.elsewhere, f.first[1] = remember(f.elsewhere, f.first[1], p)
	case p.Code == falco.WarnDeprecatedItem:
		f.deprecate(p)
	default:
		f.told = true
		b := breachOf(&v.Rules[n], p, sentence(p))
		if p.Level == falco.Warning {
			low := control.Low
			b.Severity = &low
		}
		v.Fail(b)
	}
}

func remember(names []string, first, p *falco.Problem) ([]string, *falco.Problem) {
	if first == nil {
		first = p
	}
	if !slices.Contains(names, p.Missing) {
		names = append(names, p.Missing)
	}
	return names, first
}

// knownNames are names that somebody defines.
type knownNames struct {
	ofFalco map[string]bool
	// defined has the file of each macro, list and rule.
	defined  map[string]string
	defaults bool
}

func definitions(loaded *inventory.LoadedRules) map[string]string {
	defined := map[string]string{}
	for _, m := range loaded.Macros {
		defined[m.Name] = m.Place.File
	}
	for _, l := range loaded.Lists {
		defined[l.Name] = l.Place.File
	}
	for _, r := range loaded.Rules {
		defined[r.Name] = r.Place.File
	}
	return defined
}

// elsewhere reports whether another file defines what is missing: then the order of the files decides, which is not known.
func (k *knownNames) elsewhere(p *falco.Problem) bool {
	file, ok := k.defined[p.Missing]
	return ok && file != p.Place.File
}

func (f *rulesFile) close(v *control.Verdicts, n int) {
	if len(f.ofFalco) > 0 {
		info := control.Info
		b := breachOf(&v.Rules[n], f.first[0], "builds on "+named(f.ofFalco)+" of Falco's own rules, which are not among the files: Falco has to load falco_rules.yaml first")
		b.Severity = &info
		v.Fail(b)
	}
	if len(f.elsewhere) > 0 {
		b := breachOf(&v.Rules[n], f.first[1], "builds on "+named(f.elsewhere)+", which other files have to define that are loaded before")
		b.Unknown = true
		v.Fail(b)
	}
	for _, d := range f.deprecated {
		low := control.Low
		b := breachOf(&v.Rules[n], d.first, sentence(d.first))
		if d.more > 0 {
			b.Message += fmt.Sprintf("; %d more like it", d.more)
		}
		b.Severity = &low
		v.Fail(b)
	}
	if !f.told && len(f.ofFalco)+len(f.elsewhere)+len(f.deprecated) == 0 {
		v.Pass(1)
	}
}

// named lists names, the first of them if there are many.
func named(names []string) string {
	if more := len(names) - maxNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), more)
	}
	return strings.Join(names, ", ")
}

const maxNames = 6

// sentence says what Falco says, on one line and without the full stop.
func sentence(p *falco.Problem) string {
	text := strings.TrimSuffix(strings.Join(strings.Fields(p.Message), " "), ".")
	if p.Item != "" {
		text = p.Item + ": " + text
	}
	if p.Hint != "" {
		text += " (" + strings.TrimSuffix(p.Hint, ".") + ")"
	}
	return text
}

func breachOf(r *inventory.Rules, p *falco.Problem, message string) control.Breach {
	b := control.Breach{Object: r.Object, Path: r.Path, Message: message, Cause: fmt.Sprintf("%s:%d", p.Place.File, p.Place.Offset)}
	if r.Path != "" {
		b.Message = fmt.Sprintf("line %d of its text: %s", p.Place.Line, message)
	}
	start := min(max(p.Place.Offset, 0), len(r.File.Content))
	end := start
	for end < len(r.File.Content) && !strings.ContainsRune(" \t\r\n,()[]{}'\"", rune(r.File.Content[end])) {
		end++
	}
	if r.Path != "" && end == start && start > 0 {
		start-- // of the text of a value nothing at all would mean all of it
	}
	if at, ok := r.Offset(start); ok {
		b.Start, b.End = at, at+end-start
	}
	return b
}
