package monitoring

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
	"github.com/kubeharden/kubeharden/falco"
	"github.com/kubeharden/kubeharden/inventory"
)

// What the controls on rules of Falco have in common. Each asks for one technique, and has the id by which package falco knows that.
const (
	falcoRulesDocs   = "https://falco.org/docs/concepts/rules/"
	falcoRulesSource = "https://github.com/falcosecurity/rules"
	rulesRisk        = "A rule for something that programs of yours do on purpose floods whoever reads the alerts until it has exceptions."
	rulesNoFix       = "Which programs do the same on purpose, and need an exception, only a person can say."
)

// rulesKinds are where rules are kept, and where nobody sees them: in the image of Falco.
func rulesKinds() []control.Kind {
	return append(control.WorkloadKinds(), control.Kind{Kind: "ConfigMap"}, control.Kind{Kind: inventory.FileKind})
}

// looksFor is the requirement that an enabled rule of the Falco of a cluster looks for a technique.
func looksFor(id string) *control.Together {
	return &control.Together{Text: "an enabled rule of Falco must look for it", Check: func(v *control.Verdicts) { checkTechnique(v, id) }}
}

func checkTechnique(v *control.Verdicts, id string) {
	found := agent.Find(v, falcos)
	if len(found) == 0 {
		return // that there is no sensor is another finding
	}
	cluster := v.Cluster()
	if cluster == nil {
		v.Exempt(1, "manifests do not show which rules Falco is given")
		return
	}
	rules := v.Falco()
	technique := techniqueOf(rules.Result, id)
	if technique.Status != falco.Missing {
		v.Pass(1)
		return
	}
	b := control.Breach{Object: found[0].Workload.Object}
	switch missed := cluster.Missed("", "configmaps"); {
	case missed != "":
		b.Unknown, b.Obstacle, b.Message = true, "rules of Falco", "whether Falco looks for "+technique.Title+" is not known: "+missed
	case !rules.Defaults:
		b.Unknown, b.Obstacle = true, "rules of Falco"
		b.Message = "whether Falco looks for " + technique.Title + " is not known: its own rules come with its image, and no ConfigMap has them"
	default:
		b.Message = "no enabled rule of Falco looks for " + technique.Title
		if len(technique.Disabled) > 0 {
			b.Message += "; " + strings.Join(technique.Disabled[:min(len(technique.Disabled), maxDisabled)], ", ") + " would, and is disabled"
		}
	}
	v.Fail(b)
}

// maxDisabled is how many disabled rules a finding names.
const maxDisabled = 3

func techniqueOf(r *falco.Result, id string) falco.TechniqueCoverage {
	for _, t := range r.Coverage() {
		if t.ID == id {
			return t
		}
	}
	return falco.TechniqueCoverage{ID: id, Title: id, Status: falco.Missing}
}

// rulesExamples are a cluster whose Falco has no rule for a technique, has one, or does not show.
func rulesExamples(rule string) []control.Example {
	sensor := wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "")
	return []control.Example{
		{Name: "no rule", Manifests: sensor + falcoRules("", ""), Want: []string{"DaemonSet/security/falco"}},
		{Name: "disabled", Manifests: sensor + falcoRules(rule, "enabled: false"), Want: []string{"DaemonSet/security/falco"}},
		{Name: "its own rules were not seen", Manifests: sensor, Want: []string{"DaemonSet/security/falco"}},
		{Name: "good", Manifests: sensor + falcoRules(rule, "enabled: true")},
		{Name: "good: manifests do not show what Falco is given", Manifests: daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoRules("", "")},
	}
}

// falcoRules is a ConfigMap with what Falco's own rules begin with, and one rule.
func falcoRules(rule, setting string) string {
	text := "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: falco-rules, namespace: security}\ndata:\n  falco_rules.yaml: |\n" +
		"    - macro: spawned_process\n      condition: (evt.type in (execve, execveat))\n    - macro: container\n      condition: (container.id != host)\n"
	if rule == "" {
		return text
	}
	return text + "    - rule: " + rule + "\n      desc: an example\n      condition: container and evt.type=chroot\n      output: \"%proc.name\"\n      priority: NOTICE\n      " + setting + "\n"
}
