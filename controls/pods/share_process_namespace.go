package pods

import "github.com/kubeharden/kubeharden/control"

// ShareProcessNamespace: the containers of a pod do not see each other's processes.
var ShareProcessNamespace = control.Control{
	ID: "share-process-namespace", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not share the process namespace between containers",
	Scope:   control.PodSpecs,
	Unless:  windowsNode,
	Require: control.Not("shareProcessNamespace", true),
	Risk:    "A container that signals or watches the processes of another one in its pod no longer finds them.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove shareProcessNamespace: true.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1057", "T1552"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/"},
	},
	Peers: control.Peers{
		Other: []string{"kubehound:SHARE_PS_NAMESPACE"},
	},
	Why: `In a shared process namespace every container can see the others' command lines, and, with the same user, read their environment, memory and files through /proc.
One weak sidecar then gives away the secrets of all.`,
}
