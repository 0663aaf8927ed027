package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageVolumeUntrusted: an image volume is as trustworthy as its image.
var ImageVolumeUntrusted = control.Control{
	ID: "image-volume-untrusted", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Pin image volumes (1.31+) by digest, from allowed registries",
	Scope: control.PodSpecs,
	Require: control.Each("volumes", map[string]any{"name": "scratch"}, &control.Func{
		Check: checkImageVolume, Expr: imageVolumeCEL,
		Text: "image.reference must end in a digest (@sha256:…) and come from an allowed registry",
	}),
	Params: []control.Param{{
		Name: "registries", Doc: "registries that image volumes may come from, such as registry.example.com; * stands for all",
		Default: []string{"*"}, Example: []string{"registry.example.com"},
	}},
	Fix:    control.Advice,
	NoFix:  "The digest has to be asked of the registry.",
	Risk:   "Nothing stops working, but new content is only rolled out once the digest is changed too.",
	Remedy: "Add the digest to the reference: NAME:TAG@sha256:…; `crane digest NAME:TAG` prints it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1204.003"},
		Source: []string{"https://kubernetes.io/docs/concepts/storage/volumes/#image", "https://kubernetes.io/docs/tasks/configure-pod-container/image-volumes/"},
	},
	Why: `An image volume brings the files of an image into a pod: programs, models, configuration. Most rules on images look at containers only, so a tag
that somebody moved, or a registry of strangers, comes in through here unseen.`,
	Bad: []control.Change{
		{Path: "volumes", Name: "tag", Value: []any{map[string]any{"name": "model", "image": map[string]any{"reference": "registry.example.com/model:1"}}}},
		{Path: "volumes", Name: "registry", Value: []any{map[string]any{"name": "model", "image": map[string]any{"reference": "quay.io/model@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: "pinned", Value: []any{map[string]any{"name": "model", "image": map[string]any{"reference": "registry.example.com/model:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}}},
		{Path: "volumes", Name: "set later", Value: []any{map[string]any{"name": "model", "image": map[string]any{}}}},
	},
}

var volumeImage = control.NewField("image.reference")

func checkImageVolume(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n := volumeImage.Find(at)
	if n.Type() != tree.String || n.StrIs("") {
		return
	}
	ref := n.Text()
	if image.IsTemplate(ref) {
		fail(control.Violation{At: n, Problem: "is filled in by a template", Unknown: true})
		return
	}
	if _, _, digest := image.Split(ref); digest == "" {
		fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", without a digest"})
		return
	}
	if allowed := s.Params["registries"]; !slices.Contains(allowed, "*") {
		if r, err := image.Parse(ref); err != nil || !slices.Contains(allowed, r.Registry) {
			fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", from a registry that is not allowed"})
		}
	}
}

// imageVolumeCEL takes what stands before the first slash for the registry; docker.io has to be written out.
func imageVolumeCEL(c control.CEL) string {
	ref := volumeImage.CEL(c.At) + ".orValue('')"
	registry := "true"
	if list := c.Params["registries"]; !slices.Contains(list, "*") {
		parts := make([]string, len(list))
		for i, r := range list {
			parts[i] = ref + ".startsWith(" + control.Quote(r+"/") + ")"
		}
		registry = "(" + strings.Join(parts, " || ") + ")"
	}
	return "(" + ref + " == '' || " + ref + ".matches('[${}<>%]') || " + ref + ".contains('@') && " + registry + ")"
}
