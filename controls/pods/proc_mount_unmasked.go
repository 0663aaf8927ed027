package pods

import "github.com/kubeharden/kubeharden/control"

// ProcMountUnmasked: an unmasked /proc shows and changes settings of the node's kernel.
var ProcMountUnmasked = control.Control{
	ID: "proc-mount-unmasked", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Keep the default mask of /proc, at least outside of user namespaces",
	Scope:      control.Containers,
	Unless:     userNamespace,
	Require:    control.Allow("securityContext.procMount", "Default"),
	Suppresses: []string{"proc-mount-unmasked-in-user-namespace"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Building or running containers inside of the container fails.",
	Remedy:     "Remove securityContext.procMount; nested containers are what hostUsers: false is for.",
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/4265-proc-mount", "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/127-user-namespaces"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unsafe-proc-mount"},
		Trivy:      []string{"KSV-0027"},
		Polaris:    []string{"procMount"},
		Kyverno:    []string{"pod-security/disallow-proc-mount"},
		Other:      []string{"psa:procMount", "gatekeeper:proc-mount", "terrascan:AC-K8-IA-PO-M-0139", "kics:container_runs_unmasked"},
	},
	Why: `Runtimes hide parts of /proc and make others read-only, because they belong to the kernel of the node: /proc/sysrq-trigger,
/proc/kcore, /proc/sys. Unmasked shows them all. From 1.35 on it is allowed in pods with a user namespace (hostUsers:
false), whose root means nothing to the node.`,
}
