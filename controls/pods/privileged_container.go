package pods

import "github.com/kubeharden/kubeharden/control"

// PrivilegedContainer: a privileged container is not confined at all, so root in it is root on the node.
var PrivilegedContainer = control.Control{
	ID: "privileged-container", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Do not run privileged containers",
	Scope:      control.Containers,
	Require:    control.Not("securityContext.privileged", true),
	Suppresses: []string{"privilege-escalation-allowed"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Programs that manage the node itself, such as network and storage drivers, lose their access to its devices and kernel settings.",
	Remedy:     "Remove privileged: true; add back the one capability or device plugin resource that the program needs.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.2"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"privileged-container"},
		Kubescape:  []string{"C-0057"},
		Trivy:      []string{"KSV-0017"},
		Checkov:    []string{"CKV_K8S_16"},
		Polaris:    []string{"runAsPrivileged"},
		KubeScore:  []string{"container-security-context-privileged"},
		Kubeaudit:  []string{"privileged/PrivilegedTrue", "privileged/PrivilegedNil"},
		Kubesec:    []string{"Privileged"},
		Kyverno:    []string{"pod-security/disallow-privileged-containers"},
		KubeBench:  []string{"5.2.2"},
		Other:      []string{"psa:privileged", "gatekeeper:privileged-containers", "terrascan:AC-K8-IA-PO-H-0106", "semgrep:privileged-container", "kubehound:CE_PRIV_MOUNT", "falco:Launch Privileged Container", "kube-hunter:KHV044"},
	},
	Why: `A privileged container has all capabilities and all devices of the node, and no seccomp, AppArmor or SELinux
confinement. Root inside of it can mount the node's disk or load a kernel module, and then owns the node. Nearly every
workload that asks for it needs one capability or one device.`,
}
