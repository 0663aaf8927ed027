package monitoring

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// RuntimeAuditPluginMissing: what happens by the API the kernel does not see.
var RuntimeAuditPluginMissing = control.Control{
	ID: "runtime-audit-plugin-missing", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Let the sensor read the audit events of Kubernetes too",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "ConfigMap"}),
	Require:  &control.Together{Check: checkAuditPlugin, Text: "Falco must load a plugin for audit events: k8saudit, k8saudit-eks, k8saudit-gke or k8saudit-aks"},
	Risk:     "A second Falco has to run for audit events, and the API server has to send them.",
	Fix:      control.Advice,
	NoFix:    "The API server, or the cloud, has to send the events to where the plugin reads them.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Deploy Falco a second time as a Deployment with the plugin k8saudit (or that of your cloud), and send audit events to it by --audit-webhook-config-file.",
	Refs: control.Refs{
		NSA:    []string{"Audit logging: native API audit", "Threat detection: tools"},
		MITRE:  []string{"T1059", "T1611"},
		Source: []string{"https://falco.org/docs/concepts/event-sources/plugins/kubernetes-audit/", "https://github.com/falcosecurity/plugins/tree/main/plugins/k8saudit"},
	},
	Why: `A stolen token that lists all Secrets, a binding to cluster-admin, a webhook that was swapped: none of it makes a system call in a container. Falco has rules for all of
them, and they sleep until audit events come in.`,
	Examples: []control.Example{
		{
			Name:      "system calls only",
			Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoConfig("load_plugins: [container]"),
			Want:      []string{`ConfigMap/security/falco data["falco.yaml"]`},
		},
		{Name: "its configuration was not seen", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", ""), Want: []string{"DaemonSet/security/falco"}},
		{Name: "good", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoConfig("load_plugins: [k8saudit, json]")},
		{Name: "good: manifests do not show what else runs", Manifests: daemonSet("falco", "falcosecurity/falco:0.41.3", "", "") + falcoConfig("load_plugins: [container]")},
	},
}

func checkAuditPlugin(v *control.Verdicts) {
	found := agent.Find(v, falcos)
	if len(found) == 0 {
		return
	}
	settings, read := ofFalco(v)
	for i := range settings {
		if settings[i].Name == "plugin" && strings.HasPrefix(settings[i].Value, "k8saudit") {
			v.Pass(1)
			return
		}
	}
	cluster := v.Cluster()
	b := control.Breach{Object: found[0].Workload.Object}
	switch {
	case cluster == nil:
		v.Exempt(1, "manifests do not show what else runs")
		return
	case cluster.Missed("", "configmaps") != "":
		b.Unknown, b.Message = true, "whether Falco reads audit events is not known: "+cluster.Missed("", "configmaps")
	case !read:
		b.Unknown, b.Message = true, "whether Falco reads audit events is not known: falco.yaml was not seen"
	default:
		b.Object, b.Path, b.Message = settings[0].Object, settings[0].Path, "Falco loads no plugin for audit events, so that it sees nothing of what happens by the API"
	}
	v.Fail(b)
}
