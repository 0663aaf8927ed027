package monitoring

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// RuntimeDetectionMissing: somebody watches.
var RuntimeDetectionMissing = control.Control{
	ID: "runtime-detection-missing", Section: "runtime", Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title:    "Run a sensor that sees what containers do (Falco, Tetragon and others)",
	Scope:    control.Everything,
	Needs:    control.WorkloadKinds(),
	Kinds:    []control.Kind{factsKind},
	Require:  &control.Together{Check: checkDetection, Text: "a sensor for the behaviour of containers must run in the cluster"},
	Risk:     "A sensor takes some processor time on every node and needs rights on it.",
	Fix:      control.Advice,
	NoFix:    "A sensor is chosen, installed and then listened to.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Install a sensor as a DaemonSet on all nodes, such as Falco or Tetragon, and send its alerts to where somebody reads them.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1059", "T1611"},
		Source: []string{"https://falco.org/docs/getting-started/", "https://tetragon.io/docs/overview/"},
	},
	Why: `Everything else in this list makes attacks harder; this sees the one that works. A shell in a container, a read of the node's files or a miner leaves no trace in the
audit log of the API server.`,
	Examples: []control.Example{
		{Name: "none", Manifests: wholeCluster, Want: []string{"ClusterFacts/prod"}},
		{Name: "DaemonSets could not be read", Manifests: wholeCluster + "  unread: [{group: apps, resource: daemonsets}]\n", Want: []string{"ClusterFacts/prod"}},
		{Name: "good: Falco", Manifests: wholeCluster + daemonSet("falco", "docker.io/falcosecurity/falco:0.41.3", "", "")},
		{Name: "good: Tetragon", Manifests: wholeCluster + daemonSet("tetragon", "quay.io/cilium/tetragon:v1.5.0", "", "")},
	},
}

func checkDetection(v *control.Verdicts) {
	cluster := v.Cluster()
	if cluster == nil {
		return // manifests do not show what else runs
	}
	missed := agent.Unseen(v)
	switch {
	case len(agent.Find(v, sensors)) > 0:
		v.Pass(1)
	case missed != "":
		v.Fail(control.Breach{Object: cluster.Object, Unknown: true, Message: "whether a sensor runs is not known: " + missed})
	default:
		v.Fail(control.Breach{Object: cluster.Object, Message: "no sensor that is known watches what containers do"})
	}
}
