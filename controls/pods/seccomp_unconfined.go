package pods

import "github.com/kubeharden/kubeharden/control"

// SeccompUnconfined: Unconfined switches the system call filter off where somebody had switched it on.
var SeccompUnconfined = control.Control{
	ID: "seccomp-unconfined", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Do not set seccomp Unconfined",
	Scope: control.Containers,
	Require: control.ByVersion(
		control.Step{From: 0, Rule: seccompAnnotationOf(false)},
		control.Step{From: 19, Rule: confined},
	),
	RequirePod: control.ByVersion(
		control.Step{From: 0, Rule: seccompAnnotationOf(true)},
		control.Step{From: 19, Rule: confined},
	),
	Suppresses: []string{"seccomp-profile-missing"},
	Fix:        control.Auto,
	Risk:       "System calls that the runtime's default profile leaves out, such as those of debuggers, are refused.",
	Remedy:     "Set securityContext.seccompProfile.type to RuntimeDefault, or to Localhost with a profile of your own.",
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/reference/node/seccomp/", "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/135-seccomp"},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0104"},
		Kubeaudit: []string{"seccomp/SeccompDisabledPod", "seccomp/SeccompDisabledContainer"},
		Kubesec:   []string{"SeccompUnconfined"},
		Kyverno:   []string{"pod-security/restrict-seccomp"},
		Other:     []string{"psa:seccompProfile_baseline", "gatekeeper:seccomp", "gatekeeper:seccompv2", "semgrep:seccomp-confinement-disabled"},
	},
	Why: `Unconfined gives the container every system call of the kernel, even on nodes whose kubelet applies a profile by
default (seccompDefault). On the pod it does so for all containers that set nothing themselves. Before Kubernetes 1.19 profiles were
annotations, and these are judged for such versions.`,
}

// confined holds for containers and for pods.
var confined = control.IfSet("securityContext.seccompProfile",
	control.In("securityContext.seccompProfile.type", "RuntimeDefault", "Localhost"))
