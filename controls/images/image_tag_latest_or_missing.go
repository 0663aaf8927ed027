package images

import "github.com/kubeharden/kubeharden/control"

// ImageTagLatestOrMissing: WHY-ONE-LINE.
var ImageTagLatestOrMissing = control.Control{
	ID: "image-tag-latest-or-missing", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:      "Use fixed tags, never latest or none",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: resolve to current digest
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"image-digest-missing"},
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"latest-tag"},
		Kubescape:  []string{"C-0075"},
		Trivy:      []string{"KSV-0013"},
		Checkov:    []string{"CKV_K8S_14"},
		Polaris:    []string{"tagNotSpecified"},
		KubeScore:  []string{"container-image-tag"},
		Kubeaudit:  []string{"image/ImageTagMissing"},
		Kyverno:    []string{"best-practices/disallow-latest-tag"},
		Other:      []string{"gatekeeper:disallowedtags", "terrascan:AC-K8-OE-PO-L-0134", "popeye:100", "popeye:101", "kics:invalid_image"},
	},
	Why: ``,
}
