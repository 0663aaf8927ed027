package pods

import "github.com/kubeharden/kubeharden/control"

// WindowsHostProcess: WHY-ONE-LINE.
var WindowsHostProcess = control.Control{
	ID: "windows-host-process", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:   "Do not run Windows HostProcess containers",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: hostProcess: false
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"1.12:5.2.10", "1.11:5.2.11", "1.10:5.2.11"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0103"},
		Polaris:   []string{"hostProcess"},
		Kyverno:   []string{"pod-security/disallow-host-process"},
		KubeBench: []string{"5.2.10"},
		Other:     []string{"psa:windowsHostProcess", "gatekeeper:host-process"},
	},
	Why: ``,
}
