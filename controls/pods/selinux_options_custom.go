package pods

import "github.com/kubeharden/kubeharden/control"

// SelinuxOptionsCustom: WHY-ONE-LINE.
var SelinuxOptionsCustom = control.Control{
	ID: "selinux-options-custom", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not set custom SELinux user/role or unapproved type",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove seLinuxOptions.user/role/type
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055"},
		Trivy:     []string{"KSV-0025"},
		Polaris:   []string{"linuxHardening"},
		Kyverno:   []string{"pod-security/disallow-selinux"},
		Other:     []string{"psa:seLinuxOptions", "gatekeeper:selinux"},
	},
	Why: ``,
}
