package images

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// ImageSignatureNotVerified: a signature protects where somebody looks at it.
var ImageSignatureNotVerified = control.Control{
	ID: "image-signature-not-verified", Section: "signatures", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:    "Verify the signatures of all images at admission",
	Scope:    control.Everything,
	Needs:    control.AdmissionKinds(),
	Kinds:    control.WorkloadKinds(),
	Require:  &control.Together{Check: checkVerified, Text: "where policies verify signatures, the images of every workload must be among those that one of them is for"},
	Risk:     "Images that are not signed are refused once a policy is for them.",
	Fix:      control.Generate,
	NoFix:    "Who signs the image, only a person can say.",
	NoPolicy: "CEL of the API server cannot ask a registry for a signature.",
	Remedy:   "Add the image to imageReferences (Kyverno), matchImageReferences (ImageValidatingPolicy) or images (Sigstore policy controller) of a policy that names its signer.",
	Refs: control.Refs{
		CIS:    []string{"5.5.1"},
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://kyverno.io/docs/policy-types/cluster-policy/verify-images/", "https://kyverno.io/docs/policy-types/image-validating-policy/", "https://docs.sigstore.dev/policy-controller/overview/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0236", "C-0237", "C-0289"},
		Kyverno:   []string{"other/verify-image", "other/verify-image-ivpol", "other/verify-image-with-multi-keys", "other/verify-image-gcpkms", "flux/verify-flux-images"},
	},
	Why: `Policies that verify signatures are for the images that they name, and let all others pass. Whoever can push to another registry, or name another image in
a manifest, needs no signature. Where no such policy is known, the cluster may have one elsewhere, and nothing is said.`,
	Examples: []control.Example{
		{
			Name: "an image that no policy is for",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {initContainers: [{name: a, image: "ghcr.io/shop/init:1"}], containers: [{name: b, image: "ghcr.io/shop/web:1"}, {name: c, image: nginx}]}}
---
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: signed}, spec: {rules: [{name: a, verifyImages: [{imageReferences: ["ghcr.io/shop/*"]}]}]}}
`,
			Want: []string{"Pod/shop/web spec.containers[1].image"},
		},
		{
			Name: "left out by the policy",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {initContainers: [{name: a, image: "ghcr.io/shop/init:1"}], containers: [{name: b, image: "ghcr.io/shop/web:1"}]}}
---
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: signed}, spec: {rules: [{name: a, verifyImages: [{imageReferences: ["*"], skipImageReferences: ["ghcr.io/shop/init*"]}]}]}}
`,
			Want: []string{"Pod/shop/web spec.initContainers[0].image"},
		},
		{
			Name: "all of them",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: b, image: "ghcr.io/shop/web:1"}, {name: c, image: nginx}]}}
---
{apiVersion: policies.kyverno.io/v1, kind: ImageValidatingPolicy, metadata: {name: signed}, spec: {matchImageReferences: [{glob: "ghcr.io/shop/*"}]}}
---
{apiVersion: policy.sigstore.dev/v1beta1, kind: ClusterImagePolicy, metadata: {name: hub}, spec: {images: [{glob: "index.docker.io/library/**"}]}}
`,
		},
		{
			Name: "no policy is known",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: c, image: nginx}]}}
`,
		},
	},
}

// checkVerified tells the first image of each workload that no policy is for.
func checkVerified(v *control.Verdicts) {
	verifiers := v.Workloads.Governance.Admission.Verifiers
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if len(verifiers) == 0 {
			v.NotApplicable(1)
			continue
		}
		at, img := unverified(v, w, verifiers)
		if at == "" {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{
			Object: w.Object, Path: w.SpecPath() + "." + at, Message: "is " + img + ", whose signature no policy verifies",
			Related: []control.Decider{{Object: verifiers[0].Object, Path: "spec", Text: "verifies other images"}},
		})
	}
}

// unverified returns the place of the first image that no policy is for, "" if there is none.
func unverified(v *control.Verdicts, w *workload.Workload, verifiers []workload.Verifier) (at, img string) {
	counts := map[string]int{}
	for i := range w.Containers {
		c := &w.Containers[i]
		list := listOf(c.Sort)
		n := counts[list]
		counts[list]++
		ref, err := image.Parse(c.Image)
		if err != nil || image.IsTemplate(c.Image) {
			continue
		}
		verified := false
		for j := range verifiers {
			p := &verifiers[j]
			verified = verified || (p.Namespace == "" || p.Namespace == w.Namespace || v.Afloat(w.Object)) && named(p.Globs, c.Image, &ref) && !named(p.Skips, c.Image, &ref)
		}
		if !verified {
			return list + "[" + strconv.Itoa(n) + "].image", c.Image
		}
	}
	return "", ""
}

func listOf(sort object.Sort) string {
	switch sort {
	case object.Init, object.Sidecar:
		return "initContainers"
	case object.Ephemeral:
		return "ephemeralContainers"
	default:
		return "containers"
	}
}

// named reports whether one of the globs is for an image, by any of the names that policy engines give to it: a policy that may be for it
// is taken for one that is.
func named(globs []string, img string, ref *image.Reference) bool {
	rest := img[len(ref.Name):] // tag and digest
	names := []string{img, ref.Registry + "/" + ref.Repository + rest, ref.Registry + "/" + ref.Path() + rest, ref.Registry + "/" + ref.Path()}
	if ref.Registry == image.DefaultRegistry {
		names = append(names, "index.docker.io/"+ref.Path()+rest, "index.docker.io/"+ref.Path())
	}
	for _, g := range globs {
		for _, name := range names {
			if len(g) <= maxGlob && wildcard(g, name) {
				return true
			}
		}
	}
	return false
}

// maxGlob is how long a glob may be that is compared.
const maxGlob = 512

// wildcard compares with a pattern in which * stands for any text and ? for a character. It looks at each pair of places once at most.
func wildcard(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
