package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageRegistryImplicit: an image says where it comes from.
var ImageRegistryImplicit = control.Control{
	ID: "image-registry-implicit", Section: "registries", Layer: control.Images, Severity: control.Low, Since: "0.1",
	Title:      "Write the registry of every image",
	Scope:      control.Containers,
	Require:    explicitRegistry(&reference),
	RequirePod: onVolumes(explicitRegistry),
	Risk:       "Nothing changes with the defaults; where nodes have another registry for short names, the image now comes from docker.io.",
	Fix:        control.Auto,
	FixRisk:    control.Safe,
	Remedy:     "Write the registry in front of the name: docker.io/library/nginx:1.29 instead of nginx:1.29.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002", "T1204.003"},
		Source: []string{imageDocs, "https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0125"},
	},
	Why: `A name without a registry is completed by the node: mostly with docker.io, elsewhere with a list of registries that are asked in turn, the first of
which may have another image of that name. Allow lists and mirrors that go by the registry see none.`,
	Bad: []control.Change{
		{Path: "image", Value: "nginx:1.29"},
		{Path: "image", Value: "org/app:1"},
		{Path: "image", Value: "nginx@sha256:" + exampleHex},
		volumeOf("org/models:1"),
	},
	Good: []control.Change{
		{Path: "image", Value: "docker.io/nginx:1.29"},
		{Path: "image", Value: "localhost/app:1"},
		{Path: "image", Value: "registry:5000/app:1"},
		volumeOf("registry.example.com/models:1"),
	},
}

func explicitRegistry(f *control.Field) control.Rule {
	return &control.Func{
		Text: f.String() + " must name its registry",
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if ref, ok := located(f, at, fail); ok && isImplicit(&ref) {
				fail(f.Violation(at, "is "+control.Show(f.Find(at))+", without a registry"))
			}
		},
		Expr: func(c control.CEL) string { return refCEL(f, c, hostCEL) },
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			text := f.Find(at).Text()
			name, _, _ := image.Split(text)
			if ref, err := image.Parse(name); err == nil && isImplicit(&ref) {
				return append(out, f.Set(at, image.DefaultRegistry+"/"+ref.Path()+text[len(name):]))
			}
			return out
		},
	}
}

// isImplicit reports whether the registry was filled in.
func isImplicit(r *image.Reference) bool {
	return r.Registry == image.DefaultRegistry && len(r.Name) == len(r.Repository) && !strings.HasPrefix(r.Name, image.DefaultRegistry+"/")
}
