package images

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ManifestIntegrityNotVerified: a manifest comes from whom it should.
var ManifestIntegrityNotVerified = control.Control{
	ID: "manifest-integrity-not-verified", Section: "signatures", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title: "Sign manifests, and deploy signed ones only",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Kind: "Pod"},
		{Kind: "ReplicationController"},
		{Kind: "ServiceAccount"},
		{Group: "apps", Kind: "Deployment"},
		{Group: "apps", Kind: "StatefulSet"},
		{Group: "apps", Kind: "DaemonSet"},
		{Group: "batch", Kind: "Job"},
		{Group: "batch", Kind: "CronJob"},
		{Group: "rbac.authorization.k8s.io", Kind: "Role"},
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"},
		{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"},
	},
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if !slices.Contains(s.Params["kinds"], s.Object.Kind) {
				return
			}
			for _, field := range []*control.Field{&signedMessage, &signature} {
				if n := field.Find(at); n.Text() == "" && !fail(field.Violation(at, "is missing: the manifest is not signed")) {
					return
				}
			}
		},
		Text: "metadata.annotations must have cosign.sigstore.dev/message and cosign.sigstore.dev/signature",
		Expr: func(c control.CEL) string {
			return "(!(" + c.At + ".kind in " + control.QuoteAll(c.Params["kinds"]) + ") || " +
				signedMessage.CEL(c.At) + ".orValue('') != '' && " + signature.CEL(c.At) + ".orValue('') != '')"
		},
	},
	Params: []control.Param{{
		Name: "kinds", Doc: "kinds of objects that must be signed, such as Deployment",
		Example: []string{"ServiceAccount", "ClusterRole", "ClusterRoleBinding"},
	}},
	Risk:   "Manifests have to be signed again after every change, by those who have the key.",
	Fix:    control.Advice,
	NoFix:  "Only who has the key can sign.",
	Remedy: "Sign the manifest with kubectl sigstore sign -f FILE, and let the cluster verify it (validate.manifests in Kyverno).",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://kyverno.io/docs/policy-types/cluster-policy/validate/#manifest-validation", "https://github.com/sigstore/k8s-manifest-sigstore"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/verify-manifest-integrity"},
	},
	Why: `Images are signed and pinned, and then a changed manifest runs them as root. A signature over the manifest shows that it is the one that was reviewed.
That there is one is all that a scan can see: the cluster has to verify it with the key.`,
	Bad: []control.Change{
		{Kind: "ServiceAccount", Path: `metadata.annotations["cosign.sigstore.dev/message"]`, Name: "missing"},
		{Kind: "ClusterRole", Path: `metadata.annotations["cosign.sigstore.dev/signature"]`, Name: "missing"},
		{Kind: "ClusterRoleBinding", Path: "metadata.annotations", Name: "missing"},
	},
}

var (
	signedMessage = control.NewField(`metadata.annotations["cosign.sigstore.dev/message"]`)
	signature     = control.NewField(`metadata.annotations["cosign.sigstore.dev/signature"]`)
)
