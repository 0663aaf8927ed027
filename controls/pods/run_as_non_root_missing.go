package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsNonRootMissing: without runAsNonRoot the image decides who runs, and most images say root.
var RunAsNonRootMissing = control.Control{
	ID: "run-as-non-root-missing", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:  "Set runAsNonRoot: true",
	Scope:  control.Containers,
	Unless: userNamespace,
	Require: nonRootPerPod.mend(control.Inherit("securityContext.runAsNonRoot",
		control.Is("securityContext.runAsNonRoot", true))),
	RequirePod: control.IfSet("securityContext.runAsNonRoot",
		control.Is("securityContext.runAsNonRoot", true)),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "An image whose user is root, or a name instead of a number, does not start any more; where runAsUser is 0 it becomes another one, which may write less.",
	Remedy:  "Set runAsNonRoot: true on the pod or the container; if the image's user is root or a name, set a numeric runAsUser too.",
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.2.7"},
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/127-user-namespaces"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Kubescape:  []string{"C-0013"},
		Trivy:      []string{"KSV-0012"},
		Checkov:    []string{"CKV_K8S_23"},
		Polaris:    []string{"runAsRootAllowed"},
		Kubeaudit:  []string{"nonroot/RunAsNonRootCSCFalse", "nonroot/RunAsNonRootPSCNilCSCNil", "nonroot/RunAsNonRootPSCFalseCSCNil"},
		Kubesec:    []string{"RunAsNonRoot"},
		Kyverno:    []string{"pod-security/require-run-as-nonroot", "istio/service-mesh-require-run-as-nonroot"},
		KubeBench:  []string{"5.2.7"},
		Other:      []string{"psa:runAsNonRoot", "gatekeeper:users", "terrascan:AC-K8-IA-PO-H-0168", "popeye:302", "popeye:306", "semgrep:run-as-non-root", "semgrep:run-as-non-root-container-level", "semgrep:run-as-non-root-container-level-missing-security-context", "semgrep:run-as-non-root-security-context-pod-level", "semgrep:run-as-non-root-unsafe-value"},
	},
	Why: `Root in a container has the user id of root on the node: a container escape, a writable host path or a kernel bug
is worth far more to it than to an ordinary user. Without runAsNonRoot the image decides, and most images say root. With
it the kubelet refuses to start a container as user 0.`,
}
