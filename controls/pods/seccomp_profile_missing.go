package pods

import "github.com/kubeharden/kubeharden/control"

// SeccompProfileMissing: without a seccomp profile a container may make every system call of the kernel.
var SeccompProfileMissing = control.Control{
	ID: "seccomp-profile-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:  "Set seccompProfile RuntimeDefault (or Localhost)",
	Scope:  control.Containers,
	From:   19,
	Unless: windows,
	Require: seccompPerPod.mend(control.Inherit("securityContext.seccompProfile",
		control.In("securityContext.seccompProfile.type", "RuntimeDefault", "Localhost"))),
	RequirePod: control.IfSet("securityContext.seccompProfile",
		control.In("securityContext.seccompProfile.type", "RuntimeDefault", "Localhost")),
	Fix:    control.Auto,
	Risk:   "Rare system calls, such as those of debuggers, of old databases or of io_uring, are refused.",
	Remedy: "Set securityContext.seccompProfile.type to RuntimeDefault, on the pod or on each container.",
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.6.2"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/reference/node/seccomp/", "https://kubernetes.io/docs/tutorials/security/seccomp/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055", "C-0210"},
		Trivy:     []string{"KSV-0030"},
		Checkov:   []string{"CKV_K8S_31"},
		Polaris:   []string{"linuxHardening"},
		KubeScore: []string{"container-seccomp-profile"},
		Kubeaudit: []string{"seccomp/SeccompProfileMissing"},
		Kubesec:   []string{"SeccompAny"},
		Kyverno:   []string{"pod-security/restrict-seccomp-strict"},
		KubeBench: []string{"5.6.2"},
		Other:     []string{"psa:seccompProfile_restricted", "gatekeeper:seccompv2", "terrascan:AC-K8-IA-PO-M-0141"},
	},
	Why: `Kubernetes runs containers without a seccomp profile unless one is asked for, so each of the kernel's several hundred
system calls is within reach. RuntimeDefault leaves out some sixty that containers hardly ever need and that many kernel
exploits start with.`,
}
