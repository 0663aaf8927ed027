package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// CNIDoesNotEnforcePolicies: a policy that nobody enforces is a comment.
var CNIDoesNotEnforcePolicies = control.Control{
	ID: "cni-does-not-enforce-policies", Section: "default-deny", Layer: control.Network, Severity: control.Critical, Since: "0.1",
	Title:    "Use a network plugin that enforces network policies",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("Node")),
	Kinds:    append(control.WorkloadKinds(), factsKind),
	Require:  &control.Together{Check: checkCNI, Text: "the network plugin of the cluster must enforce NetworkPolicy"},
	Risk:     "Policies that were written and never tried take effect, and cut traffic that they do not allow.",
	Fix:      control.Advice,
	NoFix:    "A network plugin is chosen with the cluster.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Add what enforces policies to the plugin (Calico beside Flannel, the policy agent of Amazon VPC CNI, Cilium or Calico on AKS), or change the plugin; then let kubeharden prove that a policy holds.",
	Refs: control.Refs{
		CIS:    []string{"5.3.1"},
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites", "https://github.com/flannel-io/flannel/blob/master/Documentation/netpol.md"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0205", "C-0230", "C-0240"},
		KubeBench: []string{"5.3.1"},
		Other:     []string{"kics:cni_plugin_does_not_support_network_policies"},
	},
	Why: `The API server takes every NetworkPolicy, whoever is there to enforce it. With Flannel alone, or the default of some clouds, all of them are stored and none has
an effect: every pod reaches every other, and all reports that count policies look well.`,
	Examples: []control.Example{
		{
			Name:      "Flannel alone",
			Manifests: wholeCluster + daemonSet("kube-flannel", "docker.io/flannel/flannel:v0.27.0"), Want: []string{"DaemonSet/kube-system/kube-flannel"},
		},
		{Name: "not known", Manifests: wholeCluster + daemonSet("net", "example.com/own-cni:1"), Want: []string{"ClusterFacts/prod"}},
		{Name: "DaemonSets could not be read", Manifests: wholeCluster + "  unread: [{group: apps, resource: daemonsets}]\n", Want: []string{"ClusterFacts/prod"}},
		{Name: "good: Calico beside Flannel", Manifests: wholeCluster + daemonSet("canal", "docker.io/calico/node:v3.30.0") + daemonSet("kube-flannel", "docker.io/flannel/flannel:v0.27.0")},
		{Name: "good: manifests do not show the whole cluster", Manifests: daemonSet("kube-flannel", "docker.io/flannel/flannel:v0.27.0")},
	},
}

// wholeCluster begins examples of what runs in a cluster that was looked at as a whole.
const wholeCluster = "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n---\n" +
	"apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec:\n  serverVersion: {gitVersion: v1.37.2}\n"

// daemonSet is an example of an agent.
func daemonSet(name, image string) string {
	return "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: " + name + ", namespace: kube-system}\nspec:\n  selector: {matchLabels: {app: " + name + "}}\n" +
		"  template:\n    metadata: {labels: {app: " + name + "}}\n    spec: {hostNetwork: true, containers: [{name: agent, image: \"" + image + "\"}]}\n"
}

func checkCNI(v *control.Verdicts) {
	cluster := v.Cluster()
	if cluster == nil {
		if len(agent.Find(v, enforcers))+len(agent.Find(v, ignorers)) > 0 {
			v.Exempt(1, "manifests do not show what else runs")
		}
		return
	}
	unknown := func(why string) {
		v.Fail(control.Breach{Object: cluster.Object, Unknown: true, Message: "whether the network plugin enforces policies is not known: " + why})
	}
	missed := agent.Unseen(v)
	maybe, none := agent.Find(v, doubtful), agent.Find(v, ignorers)
	switch {
	case len(agent.Find(v, enforcers)) > 0:
		v.Pass(1)
	case noNodes(v):
		v.Exempt(1, "the cluster has no nodes")
	case missed != "":
		unknown(missed)
	case len(maybe) > 0:
		unknown(maybe[0].Name + " does so only if it is told to")
	case embedded(v) != "":
		unknown(embedded(v) + " does so itself unless it is told not to (--disable-network-policy)")
	case len(none) > 0:
		v.Fail(control.Breach{
			Object: none[0].Workload.Object, Message: none[0].Name + " enforces no network policies, and nothing that does was seen", Cause: "cni",
		})
	default:
		unknown("none that is known was seen")
	}
}
