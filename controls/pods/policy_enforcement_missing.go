package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// PolicyEnforcementMissing: somebody says no.
var PolicyEnforcementMissing = control.Control{
	ID: "policy-enforcement-missing", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:    "Have at least one admission policy in force",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.AdmissionKinds(), control.WorkloadKinds(), control.Core("Namespace")),
	Kinds:    []control.Kind{{Group: clusterfacts.Group, Kind: clusterfacts.Kind}},
	Require:  &control.Together{Check: checkEnforcement, Text: "a namespace must enforce a Pod Security level, or a policy of Kubernetes, Kyverno or Gatekeeper must refuse something"},
	Risk:     "Workloads that break the policy are refused when they are changed the next time.",
	Fix:      control.Generate,
	NoFix:    "Which policy fits is for whoever owns the namespaces to say: kubeharden generate writes some of them.",
	NoPolicy: "It asks whether there is a policy.",
	Remedy:   "Label namespaces with pod-security.kubernetes.io/enforce, baseline first; add ValidatingAdmissionPolicies with bindings that deny, or an engine such as Kyverno or Gatekeeper.",
	Refs: control.Refs{
		CIS:    []string{"5.2.1"},
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/pod-security-admission/", "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0068", "C-0192"},
		KubeBench: []string{"5.2.1"},
	},
	Why: `Without a policy the API server takes every pod from whoever may create pods: privileged, with the disk of the node, in the host's network. The right to create a
pod in one namespace is then the right to take over the cluster.`,
	Examples: []control.Example{
		{Name: "nothing at all", Manifests: facts + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n", Want: []string{"ClusterFacts/prod"}},
		{
			Name:      "it warns and refuses nothing",
			Manifests: facts + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/warn: restricted, pod-security.kubernetes.io/enforce: privileged}}}\n",
			Want:      []string{"ClusterFacts/prod"},
		},
		{
			Name:      "an engine whose policies are not known",
			Manifests: facts + "---\n{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: guard}, webhooks: [{name: a.example.com, clientConfig: {service: {namespace: guard, name: guard}}}]}\n",
			Want:      []string{"ClusterFacts/prod"},
		},
		{Name: "namespaces could not be read", Manifests: facts + "  unread: [{resource: namespaces}]\n", Want: []string{"ClusterFacts/prod"}},
		{
			Name:      "good: a namespace enforces",
			Manifests: facts + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}}\n",
		},
		{
			Name:      "good: a policy denies",
			Manifests: facts + "---\n{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: a}, spec: {policyName: a, validationActions: [Deny]}}\n",
		},
	},
}

// facts begins examples of what there is in a cluster that was looked at as a whole.
const facts = "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec:\n  serverVersion: {gitVersion: v1.37.2}\n"

func checkEnforcement(v *control.Verdicts) {
	cluster := v.Cluster()
	if cluster == nil {
		return // what a cluster enforces manifests do not show
	}
	if refusesSomething(v) {
		v.Pass(1)
		return
	}
	for _, r := range [...][2]string{{"", "namespaces"}, {"admissionregistration.k8s.io", "validatingadmissionpolicybindings"}} {
		if missed := cluster.Missed(r[0], r[1]); missed != "" {
			v.Fail(control.Breach{Object: cluster.Object, Unknown: true, Message: "whether an admission policy is in force is not known: " + missed})
			return
		}
	}
	if why := mayEnforce(v); why != "" {
		v.Fail(control.Breach{Object: cluster.Object, Unknown: true, Message: "whether an admission policy is in force is not known: " + why})
		return
	}
	v.Fail(control.Breach{Object: cluster.Object, Message: "no namespace enforces a Pod Security level, and no admission policy refuses anything"})
}

func refusesSomething(v *control.Verdicts) bool {
	for i := range v.Workloads.Namespaces {
		if level, _ := v.Workloads.Namespaces[i].Labels.Get("pod-security.kubernetes.io/enforce"); level == "baseline" || level == "restricted" {
			return true
		}
	}
	g := &v.Workloads.Governance
	for i := range g.Admission.Bindings {
		if g.Admission.Bindings[i].Denies {
			return true
		}
	}
	for i := range g.Guards {
		// Policies of Kubernetes need a binding; those of Kyverno are their own, and policy-engine-audit-only looks at whether they refuse.
		if o := &v.Objects[g.Guards[i].Object]; strings.HasPrefix(o.APIVersion, "kyverno.io/") || strings.HasPrefix(o.APIVersion, "policies.kyverno.io/") ||
			strings.HasPrefix(o.APIVersion, "templates.gatekeeper.sh/") {
			return true
		}
	}
	return false
}

// mayEnforce says what could be an admission policy though none was seen; "" if nothing could.
func mayEnforce(v *control.Verdicts) string {
	nodes := v.Nodes()
	for i := range nodes {
		switch os := nodes[i].OSImage; {
		case strings.HasPrefix(os, "Talos"):
			return "Talos sets a Pod Security level for the whole cluster, in a file of the API server"
		case strings.Contains(os, "CoreOS") && strings.Contains(os, "Red Hat"):
			return "OpenShift has SecurityContextConstraints"
		}
	}
	for _, i := range v.Instances() {
		if i.Kind == component.APIServer && i.Flag("admission-control-config-file").Set {
			return "the API server has an admission configuration, which may set a Pod Security level for all namespaces"
		}
	}
	for i := range v.Workloads.Governance.Admission.Endpoints {
		o := &v.Objects[v.Workloads.Governance.Admission.Endpoints[i].Object]
		if o.Kind == "ValidatingWebhookConfiguration" {
			return "webhook configuration " + o.Name + " may refuse pods"
		}
	}
	return ""
}
