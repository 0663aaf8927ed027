package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PodSecurityPolicyLeftover: PodSecurityPolicy protects nothing any more.
var PodSecurityPolicyLeftover = control.Control{
	ID: "pod-security-policy-leftover", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Replace PodSecurityPolicy, removed in Kubernetes 1.25, by pod-security labels",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "policy", Kind: "PodSecurityPolicy"}, {Group: "extensions", Kind: "PodSecurityPolicy"}},
	From:  23,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if at.Get("kind").StrIs("PodSecurityPolicy") {
				fail(control.Violation{At: at.Get("kind"), Problem: pspProblem(s.Version, at)})
			}
		},
		Text: "there must be no PodSecurityPolicy: label namespaces with pod-security.kubernetes.io/enforce instead",
	},
	Risk:     "Before 1.25, pods that relied on the policy to change them, such as to set a user or to drop capabilities, start as they are written.",
	Fix:      control.Generate,
	NoFix:    "Its replacement are the labels of every namespace that the policy was for, which its bindings say and not the policy itself.",
	NoPolicy: "The API server does not serve the kind any more.",
	Remedy:   "Set the label pod-security.kubernetes.io/enforce on the namespaces to the level that the finding names, then remove the policy and the roles that allow its use.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/psp-to-pod-security-standards/", "https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0213", "C-0214", "C-0215", "C-0216", "C-0217", "C-0218", "C-0219", "C-0220"},
		Checkov:   []string{"CKV_K8S_1", "CKV_K8S_2", "CKV_K8S_3", "CKV_K8S_4", "CKV_K8S_5", "CKV_K8S_6", "CKV_K8S_7", "CKV_K8S_24", "CKV_K8S_32", "CKV_K8S_36"},
	},
	Why: `Kubernetes 1.25 removed PodSecurityPolicy: an API server refuses the object, and nothing refuses the pods that it was to keep out. Whoever
upgrades with nothing in its place runs without any restriction, and the manifest still looks as if there were one.`,
	Bad: []control.Change{
		{Path: "kind", Value: "PodSecurityPolicy"},
	},
}
