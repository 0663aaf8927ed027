package pods

import "github.com/kubeharden/kubeharden/control"

// DeviceAccessAdmin: a claim for a device does not reach into the devices of others.
var DeviceAccessAdmin = control.Control{
	ID: "device-access-admin", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Do not ask for administrative access to devices (DRA adminAccess)",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "resource.k8s.io", Kind: "ResourceClaim"},
		{Group: "resource.k8s.io", Kind: "ResourceClaimTemplate"},
	},
	// The field moved into "exactly" with v1beta2.
	Require: control.All(noAdminAccess("spec.devices.requests"), noAdminAccess("spec.spec.devices.requests")),
	Risk:    "A monitoring agent that watches devices in use by others no longer gets at them.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove adminAccess: true from the device request.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/"},
	},
	Why: `A claim with adminAccess gets devices that are already given to other pods, and may lift the limits that the driver sets on them: it can watch, disturb or reset what others compute.
It is meant for monitoring in namespaces of the cluster's administrators only.`,
}

func noAdminAccess(requests string) control.Rule {
	return control.Each(requests, map[string]any{"name": "gpu"},
		control.All(control.Not("adminAccess", true), control.Not("exactly.adminAccess", true)))
}
