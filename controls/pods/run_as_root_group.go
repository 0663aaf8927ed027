package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsRootGroup: a container is in no group of root.
var RunAsRootGroup = control.Control{
	ID: "run-as-root-group", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:  "Do not use GID 0 as primary, supplementary or fs group",
	Scope:  control.Containers,
	Unless: windowsNode,
	Require: control.Inherit("securityContext.runAsGroup", control.FixTo(
		control.Not("securityContext.runAsGroup", 0), "securityContext.runAsGroup", ownID)),
	RequirePod: control.All(
		control.FixTo(control.Not("securityContext.fsGroup", 0), "securityContext.fsGroup", ownID),
		control.Excludes("securityContext.supplementalGroups", 0),
	),
	Risk:       "Files that are open only to the group root cannot be read or written; many images for OpenShift rely on it.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Remedy:     "Set runAsGroup and fsGroup to a group other than 0, and remove 0 from supplementalGroups.",
	Suppresses: []string{"run-as-low-gid"},
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{securityContextDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Trivy:      []string{"KSV-0116"},
		Kyverno:    []string{"other/require-non-root-groups", "psp-migration/psp-check-supplemental-groups"},
		Other:      []string{"gatekeeper:users", "gatekeeper:fsgroup"},
	},
	Why: `Much on a node and in an image is readable or writable for the group root. A container with group 0, as its own group, as a
supplementary one or as the group of its volumes, can use that although its user is not root.`,
}
