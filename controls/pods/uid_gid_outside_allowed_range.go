package pods

import "github.com/kubeharden/kubeharden/control"

// UIDGIDOutsideAllowedRange: users and groups of a tenant stay inside its range.
var UIDGIDOutsideAllowedRange = control.Control{
	ID: "uid-gid-outside-allowed-range", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:  "Keep user and group ids inside the range of the tenant",
	Scope:  control.Containers,
	Unless: windowsNode,
	Require: control.All(
		control.Inherit("securityContext.runAsUser", idInRange("securityContext.runAsUser", true)),
		control.Inherit("securityContext.runAsGroup", idInRange("securityContext.runAsGroup", true)),
	),
	RequirePod: control.All(idInRange("securityContext.fsGroup", false), groupsInRange),
	Params: []control.Param{{
		Name: "range", Doc: "allowed user and group ids, each as FIRST-LAST; a fix takes the first one",
		Example: []string{"10000-19999", "65532-65532"}, Valid: isRange,
	}},
	Risk:    "Files of the image or of volumes that belong to another user or group cannot be read or written.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set runAsUser and runAsGroup to ids in the parameter range; where fsGroup and supplementalGroups are set, take theirs from it too.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{securityContextDocs},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/validate-userid-groupid-fsgroup", "other/require-unique-uid-per-workload"},
		Other:   []string{"gatekeeper:users", "gatekeeper:fsgroup"},
	},
	Why: `Processes of one user id can signal, trace and read each other wherever they meet: on a shared volume, in a shared process namespace, after a break-out.
If every tenant has a range of its own, one tenant's ids mean nothing to the files of another.`,
	Bad: []control.Change{
		{Path: "securityContext.runAsUser", Value: 9999},
		{Path: "securityContext.runAsUser", Name: "missing"},
		{Path: "securityContext.runAsUser", Value: "10001"},
		{Path: "securityContext.runAsGroup", Value: 20000},
		{Base: control.OnPodSpec, Path: "securityContext.fsGroup", Value: 0},
		{Base: control.OnPodSpec, Path: "securityContext.supplementalGroups", Value: []any{10001, 4}},
	},
	Good: []control.Change{
		{Path: "securityContext.runAsUser", Value: 65532},
		{Base: control.OnPodSpec, Path: "securityContext.fsGroup", Value: 19999},
	},
}
