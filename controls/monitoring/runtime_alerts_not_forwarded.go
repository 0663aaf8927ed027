package monitoring

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
	"github.com/kubeharden/kubeharden/inventory"
)

// RuntimeAlertsNotForwarded: an alert that nobody reads is none.
var RuntimeAlertsNotForwarded = control.Control{
	ID: "runtime-alerts-not-forwarded", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title: "Send the alerts of the sensor to where somebody reads them",
	Scope: control.Everything,
	Needs: control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds: append(control.WorkloadKinds(), control.Kind{Kind: "ConfigMap"}),
	Require: &control.Together{
		Check: checkForwarded, Text: "Falco must send its alerts on: by http_output, program_output or grpc_output, by Falcosidekick, or by what collects the logs of nodes",
	},
	Risk:     "Whoever gets the alerts gets all of them; start with those of priority warning.",
	Fix:      control.Advice,
	NoFix:    "Where alerts are read only a person can say.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Install Falcosidekick (helm: falcosidekick.enabled=true) with an output to your chat, incident system or SIEM, or set http_output in falco.yaml.",
	Refs: control.Refs{
		NSA:    []string{"Audit logging: SIEM/alerting"},
		MITRE:  []string{"T1059", "T1611"},
		Source: []string{"https://falco.org/docs/concepts/outputs/channels/", "https://falco.org/docs/concepts/outputs/forwarding/"},
	},
	Why: `By default Falco writes alerts to its own output, where they are gone with the pod. An attacker has hours until somebody happens to read the logs of one DaemonSet
among hundreds.`,
	Examples: []control.Example{
		{
			Name:      "its own output only",
			Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoConfig("stdout_output: {enabled: true}\\nhttp_output: {enabled: false}"),
			Want:      []string{`ConfigMap/security/falco data["falco.yaml"]`},
		},
		{Name: "its configuration was not seen", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", ""), Want: []string{"DaemonSet/security/falco"}},
		{
			Name:      "good: it posts them",
			Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoConfig("http_output: {enabled: true, url: https://alerts.example.com}"),
		},
		{Name: "good: Falcosidekick", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + daemonSet("sidekick", "falcosecurity/falcosidekick:2.31.1", "", "")},
		{Name: "good: what collects logs takes them along", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + daemonSet("logs", "timberio/vector:0.50.0", "", "")},
		{Name: "good: manifests do not show what else runs", Manifests: daemonSet("falco", "falcosecurity/falco:0.41.3", "", "")},
	},
}

// falcoConfig is an example of the ConfigMap with Falco's configuration.
func falcoConfig(text string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: falco, namespace: security}\ndata: {falco.yaml: \"" + text + "\"}\n"
}

// ofFalco returns what the configurations of Falco say; read is false if none was seen.
func ofFalco(v *control.Verdicts) (settings []inventory.Setting, read bool) {
	for _, s := range v.Settings() {
		if s.Of == "falco" {
			settings = append(settings, s)
		}
	}
	return settings, len(settings) > 0
}

func checkForwarded(v *control.Verdicts) {
	found := agent.Find(v, falcos)
	if len(found) == 0 {
		return
	}
	settings, read := ofFalco(v)
	for i := range settings {
		switch settings[i].Name {
		case "http_output", "program_output", "grpc_output", "syslog_output":
			v.Pass(1)
			return
		}
	}
	cluster := v.Cluster()
	if cluster == nil {
		v.Exempt(1, "manifests do not show what else runs")
		return
	}
	missed := agent.Unseen(v)
	b := control.Breach{Object: found[0].Workload.Object}
	switch {
	case len(agent.Find(v, sidekicks)) > 0 || len(agent.Find(v, collectors)) > 0:
		v.Pass(1)
		return
	case missed != "":
		b.Unknown, b.Message = true, "whether something forwards the alerts of Falco is not known: "+missed
	case !read:
		b.Unknown, b.Message = true, "whether Falco sends its alerts on is not known: falco.yaml was not seen"
	default:
		b.Object, b.Path, b.Message = settings[0].Object, settings[0].Path, "Falco writes its alerts to its own output, and nothing that forwards them was seen"
	}
	v.Fail(b)
}
