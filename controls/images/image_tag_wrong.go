package images

import (
	"github.com/kubeharden/kubeharden/control"
)

// ImageTagWrong: an image has the version that was agreed on.
var ImageTagWrong = control.Control{
	ID: "image-tag-wrong", Section: "tags-digests", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title:   "Run the image versions that were agreed on",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkExpectedTag, Text: "image must have the tag that the settings ask for", Expr: expectedTagCEL, Fix: setExpectedTag},
	Params: []control.Param{{
		Name: "images", Doc: "images and the tags that they must have, each as IMAGE=TAG",
		Example: []string{"registry.example.com/app=1.4.2", "nginx=1.29.1"}, Valid: isExpectedTag,
	}},
	Risk:    "Another version of the program starts.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set the tag of the image to the one that the parameter images names for it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{imageDocs},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"image/ImageTagIncorrect"},
	},
	Why: `A version that was approved, scanned or patched is only worth something where it runs.
A workload that stayed behind on another tag keeps the holes that the new one closed.`,
	Bad: []control.Change{
		{Path: "image", Value: "registry.example.com/app:1.4.1"},
		{Path: "image", Value: "registry.example.com/app"},
		{Path: "image", Value: "docker.io/library/nginx:1.28"},
	},
	Good: []control.Change{
		{Path: "image", Value: "nginx:1.29.1"},
		{Path: "image", Value: "quay.io/nginx:1.28"},
		{Path: "image", Value: "nginx@sha256:" + exampleHex},
	},
}
