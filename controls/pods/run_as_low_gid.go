package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsLowGID: WHY-ONE-LINE.
var RunAsLowGID = control.Control{
	ID: "run-as-low-gid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Use a GID above 10000",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: runAsGroup: 10001
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0021"},
		KubeScore: []string{"container-security-context-user-group-id"},
		Kubesec:   []string{"RunAsGroup"},
	},
	Why: ``,
}
