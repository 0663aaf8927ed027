package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// RunAsRootUser: runAsUser 0 makes the container run as root, whatever user the image names.
var RunAsRootUser = control.Control{
	ID: "run-as-root-user", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not set runAsUser: 0",
	Scope:      control.Containers,
	From:       23,
	Unless:     userNamespace,
	Require:    rootless,
	RequirePod: rootless,
	Suppresses: []string{"run-as-low-uid"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "The program runs as user 10001, or as the user of the pod, and cannot write to files, or read secrets, that only root may.",
	Remedy:     "Set runAsUser to the user id that the image was built for (not 0), and runAsNonRoot: true.",
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/127-user-namespaces"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Trivy:      []string{"KSV-0105"},
		Kubeaudit:  []string{"nonroot/RunAsUserCSCRoot", "nonroot/RunAsUserPSCRoot"},
		Kyverno:    []string{"pod-security/require-run-as-non-root-user"},
		Other:      []string{"psa:runAsUser", "gatekeeper:users", "falco:Container Run as Root User"},
	},
	Why: `runAsUser: 0 overrides the user of the image with root, so it makes even a carefully built image run as root. Root
in a container has the user id of root on the node unless the pod has a user namespace (hostUsers: false).`,
}

// rootless holds for containers and for pods. The fix sets a user id instead of removing root's, because an image that
// names no user would still run as root.
var rootless = control.Mend(control.Not("securityContext.runAsUser", 0),
	func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		return append(out, runAsUser.Set(at, userFor(s.Pod, at)))
	})
