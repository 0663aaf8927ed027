package pods

import "github.com/kubeharden/kubeharden/control"

// WindowsContainerAdministrator: WHY-ONE-LINE.
var WindowsContainerAdministrator = control.Control{
	ID: "windows-container-administrator", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Run Windows containers as ContainerUser",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: runAsUserName: ContainerUser
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kyverno: []string{"windows-security/require-run-as-containeruser"},
	},
	Why: ``,
}
