package pods

import "github.com/kubeharden/kubeharden/control"

// SupplementalGroupsPolicyNotStrict: the image adds no groups to a pod.
var SupplementalGroupsPolicyNotStrict = control.Control{
	ID: "supplemental-groups-policy-not-strict", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Take supplementary groups from the manifest only (supplementalGroupsPolicy: Strict)",
	Scope:   control.PodSpecs,
	From:    33,
	Unless:  windowsNode,
	Require: control.Is("securityContext.supplementalGroupsPolicy", "Strict"),
	Risk:    "A program that needs a group from the image's /etc/group loses it, and nodes whose runtime is too old refuse the pod.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set supplementalGroupsPolicy: Strict on the pod.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{securityContextDocs},
	},
	Why: `By default a process also gets the groups that the image's /etc/group lists for its user. They are seen in no manifest, no admission policy can check them,
and they can open files on volumes that the pod was not meant to read. The field is in force from 1.33 on.`,
}
