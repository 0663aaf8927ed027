package pods

import "github.com/kubeharden/kubeharden/control"

// UserNamespaceNotUsed: the users of a pod are nobody on the node.
var UserNamespaceNotUsed = control.Control{
	ID: "user-namespace-not-used", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Run pods in a user namespace (hostUsers: false)",
	Scope:   control.PodSpecs,
	From:    33,
	Unless:  control.Any(windowsNode, hostNamespaces, blockDevices),
	Require: control.Is("hostUsers", false),
	Risk:    "Volumes whose file system cannot map user ids, such as NFS, cannot be mounted, and nodes need a runtime and kernel that support it.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set hostUsers: false.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"},
	},
	Peers: control.Peers{
		Kubesec: []string{"HostUsers"},
	},
	Why: `In a user namespace root and every other user of the pod are unprivileged ids on the node that no other pod has.
A process that breaks out of its container then owns nothing there, which takes the edge off most of the known break-outs.
Pods that use a namespace of the host or block devices cannot have one.`,
}
