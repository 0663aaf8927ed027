package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImagePullPolicyNotAlways: a tag that moves is looked up at every start.
var ImagePullPolicyNotAlways = control.Control{
	ID: "image-pull-policy-not-always", Section: "tags-digests", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title: "Pull images with moving tags at every start",
	Scope: control.Containers,
	Require: &control.Func{
		Check: checkPullPolicy, Text: "imagePullPolicy must be Always for a tag that moves", Expr: pullPolicyCEL,
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, pullPolicy.Set(at, "Always"))
		},
	},
	Params: []control.Param{{
		Name: "mutableTags", Doc: "tags that are moved to newer images, besides latest",
		Default: []string{"main", "master", "dev", "develop", "edge", "nightly", "canary", "snapshot", "stable"},
	}},
	Risk:   "A container cannot start while the registry cannot be reached.",
	Fix:    control.Auto,
	Remedy: "Set imagePullPolicy: Always, or name the image by a digest or by a tag that does not move (latest and those in the parameter mutableTags do).",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{imageDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0075"},
		Checkov:   []string{"CKV_K8S_15"},
		Polaris:   []string{"pullPolicyNotAlways"},
		KubeScore: []string{"container-image-pull-policy"},
		Kyverno:   []string{"other/imagepullpolicy-always", "other/always-pull-images"},
		Other:     []string{"kics:image_pull_policy_of_container_is_not_always"},
	},
	Why: `A node that has an image with this tag runs it as it is, although the tag may long stand for a fixed version: nodes run different builds.
It also runs it without asking the registry, so a pod without the pull secret gets at an image that another pod has pulled.`,
	Bad: []control.Change{
		{Path: "image", Value: "registry.example.com/app:latest"},
		{Path: "image", Value: "registry.example.com/app"},
		{Path: "image", Value: "registry.example.com/app:nightly"},
	},
	Good: []control.Change{
		{Path: "image", Value: "registry.example.com/app:1.4.2"},
		{Path: "imagePullPolicy", Value: "Always"},
		{Path: "imagePullPolicy", Value: "Never"},
		{Path: "imagePullPolicy", Name: "missing"},
	},
}

func checkPullPolicy(s *control.Subject, at tree.Node, fail control.FailFunc) {
	ref, ok := imageOf(at, fail)
	if !ok || strings.Contains(ref, "@") {
		return
	}
	_, tag, _ := image.Split(ref)
	policy := pullPolicy.Find(at)
	// The API server defaults to Always for latest and to IfNotPresent for every other tag.
	if !moves(s, tag) || policy.StrIs("Always") || !policy.Exists() && isLatest(tag) {
		return
	}
	fail(pullPolicy.Violation(at, "is "+control.Show(policy)+", but the image's tag moves"))
}

func pullPolicyCEL(c control.CEL) string {
	policy := pullPolicy.CEL(c.At)
	return imageCEL(c, "(%img%.contains('@') || !"+movesCEL(c.Params["mutableTags"])+" || "+policy+".orValue('') == 'Always' || "+
		"!"+policy+".hasValue() && "+movesCEL(nil)+")")
}
