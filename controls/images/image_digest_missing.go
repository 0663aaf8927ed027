package images

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageDigestMissing: an image is pinned by its digest, so that what runs is what was tested and scanned.
var ImageDigestMissing = control.Control{
	ID: "image-digest-missing", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:   "Pin images by digest",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkDigest, Text: "image must end in a digest (@sha256:…)", Expr: digestCEL},
	Risk:    "The image no longer follows its tag: updates need a new digest.",
	Fix:     control.Advice,
	NoFix:   "only the registry knows the digest: fix --pin asks it, fix --lock takes it from a file",
	Remedy:  "Add the digest to the image: NAME:TAG@sha256:…; `kubeharden fix --pin` asks the registry for it, and `crane digest NAME:TAG` prints it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{imageDocs, digestSpec},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0304", "C-0306"},
		Checkov:   []string{"CKV_K8S_43"},
		Kyverno:   []string{"other/require-image-checksum", "other/resolve-image-to-digest"},
		Other:     []string{"gatekeeper:imagedigests", "terrascan:AC-K8-NS-PO-M-0133", "kics:image_without_digest"},
	},
	Why: `A tag can be moved to another image at any time, by accident or by an attacker who got into the registry.
A digest names the content itself: every node runs the same bytes, and those are the ones that were scanned and signed.`,
	Bad: []control.Change{
		{Path: "image", Value: "registry.example.com/app:1.4.2"},
		{Path: "image", Value: "registry.example.com:5000/app"},
		{Path: "image", Value: "registry.example.com/app@sha256:abc"},
	},
	Good: []control.Change{
		{Path: "image", Value: "registry.example.com/app@sha256:" + exampleHex},
		{Path: "image", Value: "registry.example.com/app@sha512:" + exampleHex + exampleHex},
	},
}

// exampleHex are the digits of a digest for the cases.
const exampleHex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func checkDigest(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	ref, ok := imageOf(at, fail)
	if !ok {
		return
	}
	switch name, _, digest := image.Split(ref); {
	case digest == "" || name == "":
		fail(reference.Violation(at, "is "+control.Show(reference.Find(at))+", without a digest"))
	case !image.ValidDigest(digest):
		fail(reference.Violation(at, "has the digest "+digest+", which is not a valid one"))
	}
}

// digestCEL repeats image.ValidDigest; RE2 cannot say "any other algorithm", so the known ones are excluded in the second part.
func digestCEL(c control.CEL) string {
	return imageCEL(c, `(%img%.matches('^[^@]+@(sha256:[0-9a-f]{64}|blake3:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$') || `+
		`!%img%.matches('@(sha256|sha384|sha512|blake3):') && %img%.matches('^[^@]+@[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$'))`)
}
