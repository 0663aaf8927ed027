package pods

import "github.com/kubeharden/kubeharden/control"

// GitRepoVolume: WHY-ONE-LINE.
var GitRepoVolume = control.Control{
	ID: "git-repo-volume", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Remove gitRepo volumes (code execution on the node, CVE-2024-10220)",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: replace by init container or image volume
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"volume-type-not-allowed"},
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0028"},
		Other: []string{"psa:restrictedVolumes"},
	},
	Why: ``,
}
