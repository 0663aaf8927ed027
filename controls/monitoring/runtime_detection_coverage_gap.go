package monitoring

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
	"github.com/kubeharden/kubeharden/inventory"
)

// RuntimeDetectionCoverageGap: the node that nobody watches is the one.
var RuntimeDetectionCoverageGap = control.Control{
	ID: "runtime-detection-coverage-gap", Section: "runtime", Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title:    "Have the sensor run and be healthy on every node",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("Node")),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkCoverage, Text: "the DaemonSet of a sensor must be wanted on every Linux node, and be ready wherever it is wanted"},
	Risk:     "The sensor takes some processor time on the nodes of the control plane too.",
	Fix:      control.Advice,
	NoFix:    "Whether taints, selectors, the kernel or a fault keep it from a node has to be looked at.",
	NoPolicy: "How many pods are ready is no object that passes admission.",
	Remedy:   "Let the DaemonSet tolerate every taint (operator: Exists) and select all nodes; look at the pods that are not ready, often for a driver that the node's kernel has no build of.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1059", "T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations", "https://falco.org/docs/setup/kubernetes/"},
	},
	Why: `A DaemonSet does not run on nodes whose taints it does not tolerate, and those of the control plane, where an attacker gains the most, have one. A sensor that restarts
all the time looks installed and sees nothing.`,
	Examples: []control.Example{
		{
			Name:      "not ready everywhere",
			Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "desiredNumberScheduled: 3, numberReady: 2") + nodes(3), Want: []string{"DaemonSet/security/falco"},
		},
		{
			Name:      "not on every node",
			Manifests: wholeCluster + daemonSet("tetragon", "quay.io/cilium/tetragon:v1.5.0", "", "desiredNumberScheduled: 2, numberReady: 2") + nodes(3), Want: []string{"DaemonSet/security/tetragon"},
		},
		{Name: "its state was not read", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", ""), Want: []string{"DaemonSet/security/falco"}},
		{Name: "good", Manifests: wholeCluster + daemonSet("falco", "falcosecurity/falco:0.41.3", "", "desiredNumberScheduled: 3, numberReady: 3") + nodes(3)},
		{Name: "good: manifests tell nothing of nodes", Manifests: daemonSet("falco", "falcosecurity/falco:0.41.3", "", "")},
	},
}

// nodes are examples of as many nodes.
func nodes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("---\napiVersion: v1\nkind: Node\nmetadata: {name: node-" + strconv.Itoa(i) + "}\nstatus: {nodeInfo: {operatingSystem: linux}}\n")
	}
	return b.String()
}

func checkCoverage(v *control.Verdicts) {
	rollouts := map[int]*inventory.Rollout{}
	all := v.Rollouts()
	for i := range all {
		rollouts[all[i].Object] = &all[i]
	}
	linux := 0
	list := v.Nodes()
	for i := range list {
		if list[i].OperatingSystem != "windows" {
			linux++
		}
	}
	cluster := v.Cluster()
	for _, f := range agent.Find(v, sensors) {
		if f.Workload.Kind != "DaemonSet" {
			continue
		}
		r := rollouts[f.Workload.Object]
		b := control.Breach{Object: f.Workload.Object}
		switch {
		case r == nil && cluster == nil:
			v.Exempt(1, "manifests do not show on which nodes it runs")
			continue
		case r == nil:
			b.Unknown, b.Message = true, "on how many nodes "+f.Name+" runs is not known: the status was not read"
		case r.Ready < r.Wanted:
			b.Message = f.Name + " is ready on " + strconv.Itoa(r.Ready) + " of the " + strconv.Itoa(r.Wanted) + " nodes that it should be on"
		case cluster != nil && r.Wanted < linux:
			b.Message = f.Name + " is not wanted on " + strconv.Itoa(linux-r.Wanted) + " of " + strconv.Itoa(linux) + " nodes, by their taints or its selectors"
		case cluster != nil && cluster.Missed("", "nodes") != "":
			b.Unknown, b.Message = true, "whether "+f.Name+" runs on every node is not known: "+cluster.Missed("", "nodes")
		default:
			v.Pass(1)
			continue
		}
		v.Fail(b)
	}
}
