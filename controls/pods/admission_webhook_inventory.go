package pods

import (
	"path"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AdmissionWebhookInventory: who sees and changes every object should be known.
var AdmissionWebhookInventory = control.Control{
	ID: "admission-webhook-inventory", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Info, Since: "0.1",
	Title: "Review the admission webhooks that are not listed as known",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"},
		{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"},
	},
	Require: &control.Func{Check: checkWebhookKnown, Text: "the webhook configuration must be listed in the parameter known"},
	Params: []control.Param{{
		Name: "known", Doc: "webhook configurations that are known, by name; * stands for any text", Default: []string{}, Example: []string{"app", "kyverno-*"},
		Valid: func(v string) bool { _, err := path.Match(v, ""); return err == nil },
	}},
	Fix:      control.Advice,
	NoFix:    "Whether a webhook is meant to be there, only a person can say.",
	NoPolicy: "Admission policies are not asked about webhook configurations.",
	Risk:     "Nothing stops working: this is a list to review.",
	Remedy:   "Look at what the webhook is shown and may change, and at who answers for it; then list it in the parameter known, or delete it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1556"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0036", "C-0039"},
	},
	Why: `A webhook is shown every object that is written, Secrets too, and a mutating one puts containers into pods that nobody asked for. It outlives the account that
made it, and looks like part of some operator.`,
	Bad: []control.Change{
		{Path: "metadata.name", Value: "sidecar"},
	},
	Good: []control.Change{
		{Path: "metadata.name", Name: "by pattern", Value: "kyverno-resource-validating-webhook-cfg"},
	},
}

func checkWebhookKnown(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if !slices.ContainsFunc(s.Params["known"], func(pattern string) bool {
		ok, _ := path.Match(pattern, s.Object.Name)
		return ok
	}) {
		fail(objectName.Violation(at, "is not listed as known"))
	}
}
