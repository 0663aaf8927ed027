package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsLowUID: the user of a container is no user of the node.
var RunAsLowUID = control.Control{
	ID: "run-as-low-uid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Use a UID above 10000",
	Scope:   control.Containers,
	Unless:  nodeUsersApart,
	Require: aboveNodeIDs("securityContext.runAsUser"),
	Risk:    "Files of the image or of volumes that belong to another user cannot be read or written.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set securityContext.runAsUser to 10001 or higher, on the pod or on the container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{securityContextDocs},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0020"},
		Checkov:   []string{"CKV_K8S_40"},
		KubeScore: []string{"container-security-context-user-group-id"},
		Kubesec:   []string{"RunAsUser"},
		Other:     []string{"terrascan:AC-K8-NS-PO-M-0182"},
	},
	Why: `User ids are the same inside and outside of a container unless it has a user namespace. A process that breaks out with a low id is
a user or a service that the node really has, with its files and rights; ids above 10000 belong to nobody there.
If the manifest names no user, the image decides, and nobody can see which it is.`,
}
