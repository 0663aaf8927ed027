package pods

import "github.com/kubeharden/kubeharden/control"

// GitRepoVolume: a gitRepo volume makes the kubelet run git on a repository that the pod chose.
var GitRepoVolume = control.Control{
	ID: "git-repo-volume", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title: "Remove gitRepo volumes (code execution on the node, CVE-2024-10220)",
	Scope: control.PodSpecs,
	Require: control.Each("volumes", map[string]any{"name": "scratch"},
		control.Absent("gitRepo")),
	Suppresses: []string{"volume-type-not-allowed"},
	Fix:        control.Advice,
	NoFix:      "The init container that clones needs an image, and credentials if the repository is private: a person must choose them.",
	Risk:       "The volume is empty until something else clones the repository into it.",
	Remedy:     "Clone in an init container into an emptyDir, or ship the files as an image volume or a configMap.",
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/concepts/storage/volumes/", "https://nvd.nist.gov/vuln/detail/CVE-2024-10220"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0028"},
		Other: []string{"psa:restrictedVolumes"},
	},
	Why: `For a gitRepo volume the kubelet runs git as root on the node. A repository with a hook in a submodule thereby runs
commands on the node (CVE-2024-10220). The type is deprecated since 1.11 and switched off by default since 1.33.`,
}
