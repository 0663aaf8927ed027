package images

import "github.com/kubeharden/kubeharden/control"

// ImagePullPolicyNotAlways: WHY-ONE-LINE.
var ImagePullPolicyNotAlways = control.Control{
	ID: "image-pull-policy-not-always", Section: "tags-digests", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title:   "Pull policy Always for mutable tags",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: Always (skip for digests)
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0075"},
		Checkov:   []string{"CKV_K8S_15"},
		Polaris:   []string{"pullPolicyNotAlways"},
		KubeScore: []string{"container-image-pull-policy"},
		Kyverno:   []string{"other/imagepullpolicy-always", "other/always-pull-images"},
		Other:     []string{"kics:image_pull_policy_of_container_is_not_always"},
	},
	Why: ``,
}
