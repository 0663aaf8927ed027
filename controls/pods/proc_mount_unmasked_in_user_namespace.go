package pods

import "github.com/kubeharden/kubeharden/control"

// ProcMountUnmaskedInUserNamespace: a restricted pod keeps the mask of /proc even where its root is nobody on the node.
var ProcMountUnmaskedInUserNamespace = control.Control{
	ID: "proc-mount-unmasked-in-user-namespace", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Keep the default mask of /proc in user namespaces too",
	Scope:   control.Containers,
	From:    35,
	Require: control.Allow("securityContext.procMount", "Default"),
	Fix:     control.Auto,
	Risk:    "Building or running containers inside of the container fails.",
	Remedy:  "Remove securityContext.procMount, unless the pod builds or runs containers itself.",
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/4265-proc-mount"},
	},
	Peers: control.Peers{
		Other: []string{"psa:procMount_restricted"},
	},
	Why: `In a pod with hostUsers: false the root user means nothing to the node, so the level baseline lets it see all of
/proc from 1.35 on. The level restricted does not: what the mask hides still tells a lot about the kernel of the node, and
only pods that run containers themselves need it.`,
}
