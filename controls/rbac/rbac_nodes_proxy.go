package rbac

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NodesProxy: nobody talks to kubelets.
var NodesProxy = control.Control{
	ID: "rbac-nodes-proxy", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:   "Grant nodes/proxy to nobody: plain get already runs commands",
	Scope:   control.Objects,
	Kinds:   onlyClusterRoles,
	Unless:  maintained,
	Require: mend(forbid(right{resources: []string{"nodes/proxy"}, verbs: anything, cluster: true, anyName: true}), readKubelet),
	Risk:    "Agents that use another endpoint of the kubelet than metrics, statistics and health, such as /pods or logs, need nodes/pods or nodes/log as well.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Name nodes/metrics, nodes/stats, nodes/healthz or nodes/pods instead, whichever the agent reads.",
	Refs: control.Refs{
		CIS:    []string{"5.1.10"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1609"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0279"},
		Trivy:     []string{"KSV-0047"},
		Checkov:   []string{"CKV2_K8S_2"},
		Kyverno:   []string{"other/restrict-clusterrole-nodesproxy"},
		KubeBench: []string{"5.1.10"},
		Other:     []string{"rbac-police:nodes_proxy", "kubiscan:risky-execute-command-node-proxy"},
	},
	Why: `nodes/proxy is the whole API of the kubelet: commands in every container of the node, past admission control and past the audit log. The
plain get that monitoring agents ask for is enough, because a WebSocket that runs a command begins as a GET.`,
}

// readKubelet puts the endpoints that monitoring reads in the place of nodes/proxy. nodes/log is left out: it is every file below
// /var/log. For */proxy, which is the proxies of pods and services as well, nothing is put.
func readKubelet(o *offence, out []control.Edit) []control.Edit {
	if !slices.ContainsFunc(o.resources, func(n tree.Node) bool { return n.StrIs("nodes/proxy") }) {
		return o.drop(out)
	}
	var names []any
	for _, item := range o.rule.Get("resources").Items() {
		if !isOneOf(item, o.rights[0].forms) {
			names = append(names, item.Text())
		}
	}
	for _, name := range []any{"nodes/metrics", "nodes/stats", "nodes/healthz"} {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return append(out, control.Edit{Op: control.Set, At: o.rule, Path: []string{"resources"}, Value: names})
}
