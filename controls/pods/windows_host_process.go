package pods

import "github.com/kubeharden/kubeharden/control"

// WindowsHostProcess: a HostProcess container is an ordinary process of the Windows node.
var WindowsHostProcess = control.Control{
	ID: "windows-host-process", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Do not run Windows HostProcess containers",
	Scope:      control.Containers,
	Require:    control.Not("securityContext.windowsOptions.hostProcess", true),
	RequirePod: control.Not("securityContext.windowsOptions.hostProcess", true),
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Programs that manage the Windows node, such as network and storage drivers, lose their access to it.",
	Remedy:     "Remove windowsOptions.hostProcess, and the hostNetwork: true that it came with.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.10"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/"},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0103"},
		Polaris:   []string{"hostProcess"},
		Kyverno:   []string{"pod-security/disallow-host-process"},
		KubeBench: []string{"5.2.10"},
		Other:     []string{"psa:windowsHostProcess", "gatekeeper:host-process"},
	},
	Why: `A HostProcess container has no isolation: it runs on the Windows node itself, with its file system and network, and often as
SYSTEM. It is what privileged is on Linux, and only for programs that manage the node.`,
}
