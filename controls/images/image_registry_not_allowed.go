package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageRegistryNotAllowed: images come from where somebody looks after them.
var ImageRegistryNotAllowed = control.Control{
	ID: "image-registry-not-allowed", Section: "registries", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title:      "Pull images only from allowed registries",
	Scope:      control.Containers,
	Require:    allowedRegistry(&reference),
	RequirePod: onVolumes(allowedRegistry),
	Params: []control.Param{{
		Name: "allowedRegistries", Doc: "registries (registry.example.com) or parts of them (ghcr.io/org); * stands for any text up to the next slash",
		Example: []string{"registry.example.com", "*.pkg.example.com/shop", "docker.io/library"}, Valid: validPlace,
	}},
	Risk:   "The image is pulled from elsewhere, so it has to be there and the pull secret has to fit.",
	Fix:    control.Advice,
	NoFix:  "Whether an allowed registry has the image, and under which name, only a person can say.",
	Remedy: "Copy the image into an allowed registry and name it there, or add its registry to the setting allowedRegistries.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002", "T1204.003"},
		Source: []string{imageDocs, "https://kyverno.io/policies/best-practices/restrict-image-registries/restrict-image-registries/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0001", "C-0078", "C-0304"},
		Trivy:     []string{"KSV-0125"},
		Kyverno:   []string{"best-practices/restrict-image-registries", "other/advanced-restrict-image-registries", "other/allowed-image-repos", "other/replace-image-registry", "other/prepend-registry", "other/replace-image-registry-with-harbor"},
		Other:     []string{"gatekeeper:allowedrepos", "gatekeeper:allowedreposv2", "gatekeeper:disallowedrepos", "popeye:113", "falco:Launch Disallowed Container"},
	},
	Why: `Anybody can put an image on a public registry, under a name that looks like another one. Registries that an organisation chose, scans and can
take something back from are the ones that its clusters should pull from, for init, sidecar and debug containers and image volumes as for all others.`,
	Bad: []control.Change{
		{Path: "image", Value: "quay.io/org/app:1"},
		{Path: "image", Value: "org/app:1"},
		{Path: "image", Value: "registry.example.com.evil.test/app:1"},
		{Path: "image", Value: "registry.example.com:5000/app:1"},
		{Path: "image", Value: "eu.pkg.example.com/shopping/app:1"},
		{Path: "image", Value: "docker.io/org/app@sha256:" + exampleHex},
		volumeOf("quay.io/org/models:1"),
	},
	Good: []control.Change{
		{Path: "image", Value: "registry.example.com/a/b/c:1"},
		{Path: "image", Value: "eu.pkg.example.com/shop/app:1"},
		{Path: "image", Value: "nginx:1.29"},
		{Path: "image", Value: "nginx"},
		{Path: "image", Value: "library/nginx@sha256:" + exampleHex},
		{Path: "image", Value: "index.docker.io/nginx:1.29"},
		volumeOf("registry.example.com/models:1"),
	},
}

func allowedRegistry(f *control.Field) control.Rule {
	return &control.Func{
		Text: f.String() + " must come from an allowed registry",
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			ref, ok := located(f, at, fail)
			if !ok {
				return
			}
			for _, allowed := range s.Params["allowedRegistries"] {
				if parsePlace(allowed).has(&ref) {
					return
				}
			}
			fail(f.Violation(at, "is "+control.Show(f.Find(at))+", from "+ref.Registry+", which is not allowed"))
		},
		Expr: func(c control.CEL) string {
			tests := []string{"false"}
			for _, allowed := range c.Params["allowedRegistries"] {
				tests = append(tests, parsePlace(allowed).cel())
			}
			return refCEL(f, c, "("+strings.Join(tests, " || ")+")")
		},
	}
}
