package pods

import "github.com/kubeharden/kubeharden/control"

// SelinuxOptionsCustom: an SELinux type, user or role of one's own can take the container out of its confinement.
var SelinuxOptionsCustom = control.Control{
	ID: "selinux-options-custom", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Do not set custom SELinux user/role or unapproved type",
	Scope:      control.Containers,
	Require:    seLinuxConfined,
	RequirePod: seLinuxConfined,
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Access that only the custom SELinux label allowed is refused.",
	Remedy:     "Remove type, user and role from securityContext.seLinuxOptions; keep level if you need it.",
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://github.com/containers/container-selinux"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055"},
		Trivy:     []string{"KSV-0025"},
		Polaris:   []string{"linuxHardening"},
		Kyverno:   []string{"pod-security/disallow-selinux"},
		Other:     []string{"psa:seLinuxOptions", "gatekeeper:selinux"},
	},
	Why: `On nodes with SELinux the type decides what a process may touch; spc_t, for one, may touch everything. Users and roles
change which types it can reach. The Pod Security Standards allow the types that are made for containers
(container_engine_t from 1.31 on) and no user or role; the level may be chosen freely.`,
}

// seLinuxConfined holds for containers and for pods.
var seLinuxConfined = control.ByVersion(
	control.Step{From: 0, Rule: seLinuxTypes("", "container_t", "container_init_t", "container_kvm_t")},
	control.Step{From: 31, Rule: seLinuxTypes("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")},
)

func seLinuxTypes(types ...any) control.Rule {
	return control.All(
		control.Allow("securityContext.seLinuxOptions.type", types...),
		control.Allow("securityContext.seLinuxOptions.user", ""),
		control.Allow("securityContext.seLinuxOptions.role", ""),
	)
}
