package images

import "github.com/kubeharden/kubeharden/control"

// ImageDigestMissing: WHY-ONE-LINE.
var ImageDigestMissing = control.Control{
	ID: "image-digest-missing", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:   "Pin images by digest",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: resolve tag to digest, keep tag as comment
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0304", "C-0306"},
		Checkov:   []string{"CKV_K8S_43"},
		Kyverno:   []string{"other/require-image-checksum", "other/resolve-image-to-digest"},
		Other:     []string{"gatekeeper:imagedigests", "terrascan:AC-K8-NS-PO-M-0133", "kics:image_without_digest"},
	},
	Why: ``,
}
