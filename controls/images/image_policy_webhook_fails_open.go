package images

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ImagePolicyWebhookFailsOpen: no image passes because nobody answered.
var ImagePolicyWebhookFailsOpen = control.Control{
	ID: "image-policy-webhook-fails-open", Section: "signatures", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "Refuse images while the ImagePolicyWebhook cannot be asked",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "apiserver.config.k8s.io", Kind: "AdmissionConfiguration"},
		{Group: "apiserver.k8s.io", Kind: "AdmissionConfiguration"},
	},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for plugin := range imagePolicies(at) {
				problem := notFalse(defaultAllow.Find(plugin), ", so every image passes while the webhook does not answer")
				if !fail(defaultAllow.Violation(plugin, problem)) {
					return
				}
			}
		},
		Text: "defaultAllow must be false",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for plugin := range imagePolicies(at) {
				out = append(out, defaultAllow.Set(plugin, false))
			}
			return out
		},
	},
	Risk:     "While the webhook is down no pod can be created, those of the webhook included.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: "The API server reads this file when it starts; it never passes admission.",
	Remedy:   "Set defaultAllow: false, and run the webhook where it does not need its own consent to start.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook"},
	},
	Why: `With defaultAllow the API server takes silence for consent: whoever can keep the webhook from answering, or overload it, runs any image.`,
	Bad: []control.Change{
		{Path: "plugins", Value: imagePolicy(true), Name: "true"},
		{Path: "plugins", Value: imagePolicy("true"), Name: "text"},
	},
	Good: []control.Change{
		{Path: "plugins", Value: imagePolicy(nil), Name: "the default"},
		{Path: "plugins", Value: []any{}, Name: "no plugin"},
	},
}

var defaultAllow = control.NewField("configuration.imagePolicy.defaultAllow")

// imagePolicies yields the plugins that let images pass. The configuration may also be a file without a kind, which nobody can tell
// from other files.
func imagePolicies(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for _, plugin := range at.Get("plugins").Items() {
			if allow := defaultAllow.Find(plugin); allow.Exists() && !isFalse(allow) && !yield(plugin) {
				return
			}
		}
	}
}

func imagePolicy(allow any) []any {
	policy := map[string]any{"kubeConfigFile": "/etc/kubernetes/image-policy.yaml"}
	if allow != nil {
		policy["defaultAllow"] = allow
	}
	return []any{map[string]any{"name": "ImagePolicyWebhook", "configuration": map[string]any{"imagePolicy": policy}}}
}
