package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsLowGID: the group of a container is no group of the node.
var RunAsLowGID = control.Control{
	ID: "run-as-low-gid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Use a GID above 10000",
	Scope:   control.Containers,
	Unless:  nodeUsersApart,
	Require: aboveNodeIDs("securityContext.runAsGroup"),
	Risk:    "Files of the image or of volumes that are open only to another group cannot be read or written.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set securityContext.runAsGroup to 10001 or higher, on the pod or on the container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{securityContextDocs},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0021"},
		KubeScore: []string{"container-security-context-user-group-id"},
		Kubesec:   []string{"RunAsGroup"},
	},
	Why: `Group ids are the same inside and outside of a container unless it has a user namespace. Low ids are groups that the node really has, such as
disk, docker or shadow, and a process that breaks out keeps their rights. Without runAsGroup the group comes from the image, and is often 0.`,
}
