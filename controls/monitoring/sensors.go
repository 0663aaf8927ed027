package monitoring

import (
	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// factsKind is what a scan of a running cluster says of it as a whole.
var factsKind = control.Kind{Group: clusterfacts.Group, Kind: clusterfacts.Kind}

// sensors watch what containers do, and say when it is what attackers do.
var sensors = []agent.Program{
	{Name: "Falco", Images: []string{"falcosecurity/falco", "falcosecurity/falco-no-driver", "falcosecurity/falco-distroless", "bitnami/falco"}},
	{Name: "Tetragon", Images: []string{"cilium/tetragon", "cilium/tetragon-ci"}},
	{Name: "Tracee", Images: []string{"aquasec/tracee"}},
	{Name: "KubeArmor", Images: []string{"kubearmor/kubearmor"}},
	{Name: "Kubescape node agent", Images: []string{"kubescape/node-agent"}},
	{Name: "Sysdig agent", Images: []string{"sysdig/agent", "sysdig/agent-slim", "sysdig/agent-kmodule"}},
	{Name: "NeuVector enforcer", Images: []string{"neuvector/enforcer", "rancher/neuvector-enforcer"}},
	{Name: "StackRox collector", Images: []string{"stackrox-io/collector", "advanced-cluster-security/rhacs-collector-rhel8", "advanced-cluster-security/rhacs-collector-slim-rhel8"}},
	{Name: "Aqua enforcer", Images: []string{"aquasec/enforcer", "aquasec.com/enforcer"}},
	{Name: "Prisma Cloud defender", Images: []string{"twistlock/defender"}},
	{Name: "CrowdStrike Falcon sensor", Images: []string{"falcon-sensor", "falcon-sensor/release/falcon-sensor"}},
	{Name: "Microsoft Defender for Containers", Images: []string{"azuredefender/stable/low-level-collector", "azuredefender/stable/security-publisher"}},
	{Name: "Amazon GuardDuty agent", Images: []string{"aws-guardduty-agent", "aws-guardduty-agent-fargate"}},
	{Name: "Wiz sensor", Images: []string{"wizio.azurecr.io/sensor", "wizio/sensor"}},
	{Name: "SentinelOne agent", Images: []string{"s1agent", "cwpp_agent/s1agent"}},
	{Name: "Deepfence agent", Images: []string{"deepfenceio/deepfence_agent_ce"}},
}

// falcos are the sensors that read Falco's configuration.
var falcos = sensors[:1]

// sidekicks forward the alerts of Falco.
var sidekicks = []agent.Program{
	{Name: "Falcosidekick", Images: []string{"falcosecurity/falcosidekick"}},
	{Name: "Falco Talon", Images: []string{"falcosecurity/falco-talon"}},
}

// collectors carry logs of nodes away.
var collectors = []agent.Program{
	{Name: "Fluent Bit", Images: []string{"fluent/fluent-bit", "bitnami/fluent-bit", "aws-observability/aws-for-fluent-bit", "amazon/aws-for-fluent-bit"}},
	{Name: "Fluentd", Images: []string{"fluent/fluentd-kubernetes-daemonset", "fluent/fluentd", "bitnami/fluentd"}},
	{Name: "Vector", Images: []string{"timberio/vector"}},
	{Name: "Promtail", Images: []string{"grafana/promtail"}},
	{Name: "Grafana Alloy", Images: []string{"grafana/alloy"}},
	{Name: "Filebeat", Images: []string{"beats/filebeat", "beats/filebeat-oss", "elastic/filebeat"}},
	{Name: "Elastic Agent", Images: []string{"beats/elastic-agent", "elastic-agent/elastic-agent"}},
	{Name: "OpenTelemetry Collector", Images: []string{"opentelemetry-collector-contrib", "open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-k8s", "otel/opentelemetry-collector-contrib"}},
	{Name: "Splunk collector", Images: []string{"signalfx/splunk-otel-collector"}},
	{Name: "Datadog agent", Images: []string{"datadog/agent", "datadoghq/agent"}},
}

// wholeCluster begins examples of what runs in a cluster that was looked at as a whole.
const wholeCluster = "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec:\n  serverVersion: {gitVersion: v1.37.2}\n"

// daemonSet is an example of an agent, with more of its pod spec and its status.
func daemonSet(name, image, spec, status string) string {
	text := "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: " + name + ", namespace: security}\nspec:\n  selector: {matchLabels: {app: " + name + "}}\n" +
		"  template:\n    metadata: {labels: {app: " + name + "}}\n    spec: {" + spec + "containers: [{name: agent, image: \"" + image + "\"}]}\n"
	if status != "" {
		text += "status: {" + status + "}\n"
	}
	return text
}
