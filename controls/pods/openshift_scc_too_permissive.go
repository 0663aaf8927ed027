package pods

import "github.com/kubeharden/kubeharden/control"

// OpenshiftSccTooPermissive: no SecurityContextConstraints give pods the node.
var OpenshiftSccTooPermissive = control.Control{
	ID: "openshift-scc-too-permissive", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Do not allow privileged pods or any user by SecurityContextConstraints",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "security.openshift.io", Kind: "SecurityContextConstraints"}},
	Require: control.All(
		sccFalse("allowPrivilegedContainer"), sccFalse("allowHostDirVolumePlugin"), sccFalse("allowHostIPC"), sccFalse("allowHostNetwork"),
		sccFalse("allowHostPID"), sccFalse("allowHostPorts"),
		control.FixTo(control.Not("runAsUser.type", "RunAsAny"), "runAsUser.type", "MustRunAsRange"),
		control.Excludes("allowedCapabilities", "*", "ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"),
	),
	Risk:    "Pods of the accounts that use these constraints are refused if they need what is taken away.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Use the constraints restricted-v2 or nonroot-v2; for one workload write constraints of their own that allow only what it needs.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"scc-deny-privileged-container"},
		Kyverno:    []string{"openshift/disallow-security-context-constraint-anyuid"},
	},
	Why: `SecurityContextConstraints say what pods may ask for in OpenShift, and every account that may use them gets all of it. Privileged containers,
host namespaces and host folders are the node itself; with RunAsAny an image decides that it runs as root.`,
	Good: []control.Change{
		{Path: "allowedCapabilities", Value: []any{"NET_BIND_SERVICE"}},
		{Path: "runAsUser.type", Value: "MustRunAsNonRoot"},
	},
}

// sccFalse requires a switch to be off. The fix says so, because the fields are mandatory.
func sccFalse(path string) control.Rule { return control.FixTo(control.Not(path, true), path, false) }
