package monitoring

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// AuditLogNotShipped: who owns the node must not own its log.
var AuditLogNotShipped = control.Control{
	ID: "audit-log-not-shipped", Section: "audit-policy", Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title: "Ship the audit log off the node",
	Scope: control.Everything,
	Needs: control.WorkloadKinds(),
	Kinds: append(apiServerKinds(), factsKind),
	Require: &control.Together{
		Check: checkShipped, Text: "the API server must send audit events by a webhook, or something that collects logs must run on the nodes",
	},
	Risk:     "A webhook that is slow holds up nothing in its default mode batch, and loses events when its buffer is full.",
	Fix:      control.Advice,
	NoFix:    "Where the log is kept only a person can say.",
	NoPolicy: "An admission policy does not see what the API server is started with.",
	Remedy:   "Send the events with --audit-webhook-config-file, or collect the file of --audit-log-path with an agent (Fluent Bit, Vector, an OpenTelemetry Collector) into a store that nodes cannot delete from.",
	Refs: control.Refs{
		NSA:    []string{"Audit logging: SIEM/alerting"},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-backends"},
	},
	Why: `A log that lies on the node of the control plane only is the first thing that goes when somebody gets there, and the last copies turn over after a few days by
themselves. Whether an agent really reads that file is not seen from here.`,
	Examples: []control.Example{
		{
			Name:      "a file and nobody who reads it",
			Manifests: wholeCluster + server("--audit-log-path=/var/log/audit.log"), Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{Name: "no API server was seen", Manifests: wholeCluster, Want: []string{"ClusterFacts/prod"}},
		{Name: "good: a webhook", Manifests: wholeCluster + server("--audit-webhook-config-file=/etc/kubernetes/audit-webhook.yaml")},
		{Name: "good: an agent", Manifests: wholeCluster + server("--audit-log-path=/var/log/audit.log") + daemonSet("logs", "fluent/fluent-bit:4.0.3", "", "")},
		{Name: "good: the provider runs it", Manifests: "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec:\n  serverVersion: {gitVersion: v1.33.1-gke.1}\n"},
		{Name: "good: manifests do not show what else runs", Manifests: server("--audit-log-path=/var/log/audit.log")},
	},
}

// server is an example of an API server with one flag.
func server(flag string) string {
	return "---\n" + control.ComponentPod(component.APIServer, "v1.37.0", flag)
}

func checkShipped(v *control.Verdicts) {
	cluster := v.Cluster()
	servers := 0
	for _, i := range v.Instances() {
		if i.Kind != component.APIServer {
			continue
		}
		servers++
		webhook, file := i.Flag("audit-webhook-config-file"), i.Flag("audit-log-path")
		b := control.Breach{Object: i.Object, Path: i.Path}
		if p := file.Place; file.Set && p.Exists() {
			b.Object, b.Path, b.Start, b.End = p.Object, p.Path, p.Start, p.End
		}
		switch {
		case webhook.Known && !webhook.Empty():
			v.Pass(1)
			continue
		case !webhook.Known:
			b.Unknown, b.Message = true, "--audit-webhook-config-file is not known: "+webhook.Reason
		case file.Known && file.Empty():
			v.Exempt(1, "no audit log is written, which is another control")
			continue
		case cluster == nil:
			v.Exempt(1, "manifests do not show what else runs")
			continue
		case len(agent.Find(v, collectors)) > 0:
			v.Pass(1)
			continue
		case agent.Unseen(v) != "":
			b.Unknown, b.Message = true, "whether something collects the audit log is not known: "+agent.Unseen(v)
		default:
			b.Message = "the audit log stays on the node: there is no webhook, and nothing that collects logs was seen"
		}
		v.Fail(b)
	}
	switch {
	case servers > 0 || cluster == nil:
	case v.Managed().Provider != nil:
		v.Exempt(1, component.APIServer.String()+" is run by "+v.Managed().Provider.Name)
	default:
		v.Fail(control.NotSeen(cluster.Object, component.APIServer))
	}
}
