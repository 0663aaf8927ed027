package images

import "github.com/kubeharden/kubeharden/control"

// ImageTagWrong: WHY-ONE-LINE.
var ImageTagWrong = control.Control{
	ID: "image-tag-wrong", Section: "tags-digests", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title:   "Image tag must be the expected one",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set tag
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"image/ImageTagIncorrect"},
	},
	Why: ``,
}
