package pods

import (
	"github.com/kubeharden/kubeharden/control"
)

// CELAdmissionPolicyNotEnforcing: a policy without a binding does nothing.
var CELAdmissionPolicyNotEnforcing = control.Control{
	ID: "cel-admission-policy-not-enforcing", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:    "Bind every ValidatingAdmissionPolicy, and let a binding deny",
	Scope:    control.Everything,
	Kinds:    []control.Kind{{Group: admissionGroup, Kind: "ValidatingAdmissionPolicy"}, {Group: admissionGroup, Kind: "ValidatingAdmissionPolicyBinding"}},
	Require:  &control.Together{Check: checkBindings, Text: "a ValidatingAdmissionPolicy must have a ValidatingAdmissionPolicyBinding whose validationActions have Deny"},
	Risk:     "Requests that break the policy are refused from now on: look at what it warns of first.",
	Fix:      control.Advice,
	NoFix:    "For which namespaces a policy is meant, only a person can say.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Add a ValidatingAdmissionPolicyBinding with policyName and validationActions: [Deny], or put Deny in place of Warn and Audit in the one that is there.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{vapDocs},
	},
	Why: `A ValidatingAdmissionPolicy only says what is wrong. Without a binding the API server never asks it, and with Warn and Audit alone it lets the request
pass. The cluster looks protected, and nothing is refused. That a policy must not fail open either, admission-webhook-fails-open says.`,
	Examples: []control.Example{
		{
			Name: "no binding, and one that warns",
			Manifests: `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: images}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: hosts}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: hosts}, spec: {policyName: hosts, validationActions: [Warn, Audit]}}
`,
			Want: []string{"ValidatingAdmissionPolicy/images metadata.name", "ValidatingAdmissionPolicyBinding/hosts spec.validationActions"},
		},
		{
			Name: "a binding of a policy that is elsewhere",
			Manifests: `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: hosts}, spec: {policyName: hosts, validationActions: [Audit]}}
`,
			Want: []string{"ValidatingAdmissionPolicyBinding/hosts spec.validationActions"},
		},
		{
			Name: "one denies, another warns elsewhere",
			Manifests: `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: images}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: a}, spec: {policyName: images, validationActions: [Warn]}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: b}, spec: {policyName: images, validationActions: [Deny, Audit]}}
`,
		},
	},
}

// checkBindings takes the bindings of a policy together: one may deny in some namespaces while another tries the policy out in others.
func checkBindings(v *control.Verdicts) {
	admission := &v.Workloads.Governance.Admission
	bound, denies := map[string]bool{}, map[string]bool{}
	for i := range admission.Bindings {
		b := &admission.Bindings[i]
		bound[b.Policy] = true
		denies[b.Policy] = denies[b.Policy] || b.Denies
	}
	for _, g := range v.Workloads.Governance.Guards {
		o := &v.Objects[g.Object]
		switch {
		case o.Kind != "ValidatingAdmissionPolicy":
		case denies[o.Name]:
			v.Pass(1)
		case !bound[o.Name]:
			b := control.Breach{Object: g.Object, Path: "metadata.name", Message: "has no binding among what is known, so it does nothing"}
			// Where no binding is known at all, they may be kept elsewhere.
			if len(admission.Bindings) == 0 {
				low := control.Low
				b.Severity = &low
			}
			v.Fail(b)
		}
	}
	for i := range admission.Bindings {
		b := &admission.Bindings[i]
		if denies[b.Policy] {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{Object: b.Object, Path: "spec.validationActions", Message: "has no Deny, and no other binding of policy " + b.Policy + " has, so nothing is refused"})
	}
}
