package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeSSHDRunning: nobody logs in on a node.
var NodeSSHDRunning = control.Control{
	ID: "node-sshd-running", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Do not run sshd on worker nodes",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkSSHD, Text: "no ssh server must run on the node, nor wait behind a socket"},
	Risk:     "Nobody can log in with ssh any more; have another way ready, such as kubectl debug node or the console of the provider.",
	Fix:      control.Advice,
	NoFix:    "Whoever turns it off on a node that cannot be reached otherwise is locked out.",
	NoPolicy: noPolicyForNodes,
	Remedy:   "Run systemctl disable --now ssh.service ssh.socket (or sshd.service) on the node once another way in works.",
	Refs: control.Refs{
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1021.004"},
		Source: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/kubectl-node-debug/"},
	},
	Peers: control.Peers{Other: []string{"stig:V-242393", "stig:V-242394"}},
	Why: `Whoever logs in on a node is past RBAC, admission and audit: his key opens everything that runs there, and no log of the cluster has his name. Nodes are
replaced and not repaired, so the door is rarely needed.`,
	Bad: []control.Change{
		{Path: "spec.services", Name: "process", Value: []any{mapping{"name": "sshd", "how": "process", "pid": 900}}},
		{Path: "spec.services", Name: "socket", Value: []any{mapping{"name": "sshd", "how": "socket", "pid": 1}}},
	},
}

func checkSSHD(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	services := at.Get("spec").Get("services")
	if services.Kind() != tree.Sequence {
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"services"}, Problem: "is missing, so nothing is known of services", Unknown: true})
		return
	}
	for _, s := range services.Items() {
		if !s.Get("name").StrIs("sshd") {
			continue
		}
		problem := "is sshd, which runs"
		if s.Get("how").StrIs("socket") {
			problem = "is sshd, which systemd starts for each connection to port 22"
		}
		fail(control.Violation{At: s.Get("name"), Problem: problem + ": systemctl disable --now ssh.service ssh.socket"})
		return
	}
	control.NodeUnknown(at, []string{node.PartProcesses, node.PartSockets}, fail)
}
