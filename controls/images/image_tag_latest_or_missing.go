package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageTagLatestOrMissing: an image names a fixed version.
var ImageTagLatestOrMissing = control.Control{
	ID: "image-tag-latest-or-missing", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:   "Use fixed tags, never latest or none",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkTag, Text: "image must have a fixed tag or a digest", Expr: tagCEL},
	Params: []control.Param{{
		Name: "mutableTags", Doc: "tags that count as moving, besides latest",
		Default: []string{}, Example: []string{"edge", "nightly"},
	}},
	Risk:       "Nothing stops working, but a new version is only rolled out once the tag is changed.",
	Fix:        control.Advice,
	NoFix:      "which version to run is a decision; 'kubeharden fix --pin' asks the registry for the digest that the tag has now",
	Suppresses: []string{"image-digest-missing"},
	Remedy:     "Name the version that was tested, as in NAME:1.4.2, at best with its digest (@sha256:…).",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{imageDocs},
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
	Why: `With latest, or with no tag at all, the registry decides what runs: after a restart or on another node it can be another version.
Nobody can say which version is affected by a vulnerability, and a roll-back restores nothing.`,
	Bad: []control.Change{
		{Path: "image", Value: "registry.example.com/app:latest"},
		{Path: "image", Value: "registry.example.com/app"},
		{Path: "image", Value: "127.0.0.1:5000/app"},
		{Path: "image", Value: "registry.example.com/app:nightly"},
	},
	Good: []control.Change{
		{Path: "image", Value: "127.0.0.1:5000/app:1.4.2"},
		{Path: "image", Value: "registry.example.com/app:latest@sha256:" + exampleHex},
	},
}

func checkTag(s *control.Subject, at tree.Node, fail control.FailFunc) {
	ref, ok := imageOf(at, fail)
	if !ok || strings.Contains(ref, "@") {
		return
	}
	switch _, tag, _ := image.Split(ref); {
	case tag == "":
		fail(reference.Violation(at, "is "+control.Show(reference.Find(at))+", without a tag"))
	case moves(s, tag):
		fail(reference.Violation(at, "is "+control.Show(reference.Find(at))+", and the tag "+tag+" moves"))
	}
}

func tagCEL(c control.CEL) string {
	return imageCEL(c, "(%img%.contains('@') || !"+movesCEL(c.Params["mutableTags"])+")")
}
