package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityAddedBeyondNetBindService: a restricted pod needs at most the right to bind low ports.
var CapabilityAddedBeyondNetBindService = control.Control{
	ID: "capability-added-beyond-net-bind-service", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Add no capability except NET_BIND_SERVICE",
	Scope:   control.Containers,
	From:    22,
	Unless:  windows,
	Require: control.Only("securityContext.capabilities.add", "CHOWN", "NET_BIND_SERVICE"),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "The program loses the capability; changing owners or users inside of the container, for example, fails.",
	Remedy:  "Remove the capability from securityContext.capabilities.add; prepare owners and modes of files in the image.",
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0106"},
		Checkov:   []string{"CKV_K8S_25"},
		Kubeaudit: []string{"capabilities/CapabilityAdded"},
		Kyverno:   []string{"pod-security/disallow-capabilities-strict"},
		Other:     []string{"psa:capabilities_restricted", "gatekeeper:capabilities"},
	},
	Why: `Capabilities that runtimes grant by default are confined to the container, but they still make an attack easier:
DAC_OVERRIDE reads every file, SETUID becomes any user, MKNOD makes device nodes. A program that runs as one ordinary user needs
none of them; NET_BIND_SERVICE is allowed for ports below 1024.`,
}
