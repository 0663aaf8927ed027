package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// WorkloadServiceAccountSwap: who may change a workload does not choose whom it runs as.
var WorkloadServiceAccountSwap = control.Control{
	ID: "rbac-workload-service-account-swap", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:    "Keep edits from switching a workload to another service account",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.WorkloadKinds(), control.AdmissionKinds(), control.Core("ServiceAccount", "Namespace")),
	Kinds:    bothRoles,
	Require:  &control.Together{Check: checkAccountSwap, Text: "where there are admission policies, one must compare the service account of a workload with what it was"},
	Risk:     "Workloads get another account only by those whom the policy excepts.",
	Fix:      control.Generate,
	NoFix:    "It is a new object: a ValidatingAdmissionPolicy.",
	Remedy:   "Add a ValidatingAdmissionPolicy on UPDATE of workloads that requires object.spec.template.spec.serviceAccountName to be that of oldObject.",
	NoPolicy: "It asks for an admission policy.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098"},
		Source: []string{goodPractices + "#workload-creation", "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-pod-controller-serviceaccount-updates"},
		Other:   []string{"gatekeeper:noupdateserviceaccount"},
	},
	Why: `RBAC cannot say which fields of a Deployment may be changed: who may change its image may as well make it run as the strongest account of the namespace,
and has the rights of that one from then on. Only admission sees the difference between the two.`,
	Examples: []control.Example{
		{
			Name: "policies, and none looks at accounts",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: images}
spec: {validations: [{expression: "object.spec.template.spec.containers.all(c, c.image.startsWith('registry.example.com/'))"}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: [apps], resources: [deployments], verbs: [patch]}]
`,
			Want: []string{"Role/shop/deployer rules[1]"},
		},
		{
			Name: "one compares the accounts",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: accounts}
spec: {validations: [{expression: "object.spec.template.spec.?serviceAccountName == oldObject.spec.template.spec.?serviceAccountName"}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]
`,
		},
		{
			Name: "policies are somewhere else",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]
`,
		},
	},
}

// checkAccountSwap says nothing where no admission policy is known: those of the cluster may be somewhere else.
func checkAccountSwap(v *control.Verdicts) {
	known, guarded := len(v.Workloads.Governance.Guards) > 0, false
	for _, g := range v.Workloads.Governance.Guards {
		guarded = guarded || g.Accounts
	}
	for i := range v.RBAC.Roles {
		r := &v.RBAC.Roles[i]
		rule, changes := changesWorkloads(r.Rules)
		switch {
		case !known || !changes:
			v.NotApplicable(1)
		case guarded:
			v.Pass(1)
		default:
			v.Fail(control.Breach{Object: r.Object, Path: rulePath(rule), Message: "lets workloads be changed, and no admission policy keeps the change from giving them another service account"})
		}
	}
}

// changesWorkloads returns the first rule by which the account of a workload can be changed. That of a pod cannot be.
func changesWorkloads(rules []rbac.Rule) (rule int, ok bool) {
	for _, d := range rbac.Dangers(rules) {
		verb, resource, _ := strings.Cut(d.Permission, " ")
		if (verb == "update" || verb == "patch") && (rbac.GroupOf(resource) == "apps" || rbac.GroupOf(resource) == "batch") {
			return d.Rule, true
		}
	}
	return 0, false
}
