package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageRegistryRetired: images come from registries that are still looked after.
var ImageRegistryRetired = control.Control{
	ID: "image-registry-retired", Section: "registries", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title:      "Do not use retired or frozen registries",
	Scope:      control.Containers,
	Require:    livingRegistry(&reference),
	RequirePod: onVolumes(livingRegistry),
	Risk:       "The same image is pulled from another registry, which firewalls and allow lists have to know.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Remedy:     "Pull from the registry that took over; where nobody did, choose another image that gets security fixes.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002", "T1204.003"},
		Source: []string{imageDocs, "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/", "https://github.com/bitnami/containers/issues/83267", "https://github.com/kubernetes-sigs/kubebuilder/discussions/3907", "https://cloud.google.com/artifact-registry/docs/transition/prepare-gcr-shutdown", "https://docs.github.com/en/packages/working-with-a-github-packages-registry/migrating-to-the-container-registry-from-the-docker-registry", "https://github.com/kubernetes/kube-state-metrics/pull/1312", "https://github.com/prometheus-operator/prometheus-operator/issues/3672"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0253"},
		Kyverno:   []string{"other/restrict-deprecated-registry"},
	},
	Why: `Nothing is fixed any more in a registry that was given up: k8s.gcr.io is frozen since April 2023, the images of Bitnami were moved to bitnamilegacy in
2025 and get no updates there. Some of them are gone already, and a pod that is moved to a fresh node does not start. The host gcr.io itself lives on
in Artifact Registry.`,
	Bad: []control.Change{
		{Path: "image", Value: "k8s.gcr.io/pause:3.6"},
		{Path: "image", Value: "k8s.gcr.io/ingress-nginx/controller:v1.1.0@sha256:" + exampleHex},
		{Path: "image", Value: "gcr.io/google-containers/pause:3.2"},
		{Path: "image", Value: "gcr.io/google_containers/pause:3.2"},
		{Path: "image", Value: "gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1"},
		{Path: "image", Value: "docker.pkg.github.com/org/repo/app:1"},
		volumeOf("k8s.gcr.io/models:1"),
	},
	Good: []control.Change{
		{Path: "image", Value: "registry.k8s.io/pause:3.10"},
		{Path: "image", Value: "gcr.io/distroless/static:nonroot"},
		{Path: "image", Value: "gcr.io/google-containers-of-mine/pause:3.2"},
		{Path: "image", Value: "quay.io/bitnami/redis:7"},
		{Path: "image", Value: "bitnami/sealed-secrets-controller:0.32.0"},
		volumeOf("registry.example.com/models:1"),
	},
}

// retirement is a place whose images get no updates any more.
type retirement struct {
	place
	since     string
	successor string // "" if nobody took over
	same      bool   // the successor has the same images under the same tags
	except    []place
}

// retirements were looked up in 2026; the sources of the control say so of each.
var retirements = []retirement{
	{place: parsePlace("k8s.gcr.io"), since: "frozen since April 2023", successor: "registry.k8s.io", same: true},
	{place: parsePlace("gcr.io/google-containers"), since: "frozen since 2020", successor: "registry.k8s.io", same: true},
	{place: parsePlace("gcr.io/google_containers"), since: "frozen since 2020", successor: "registry.k8s.io", same: true},
	{place: parsePlace("gcr.io/kubebuilder/kube-rbac-proxy"), since: "gone since March 2025", successor: "quay.io/brancz/kube-rbac-proxy", same: true},
	{place: parsePlace("docker.pkg.github.com"), since: "replaced since 2021", successor: "ghcr.io", same: true},
	{
		place: parsePlace("docker.io/bitnami"), since: "without versioned images since August 2025",
		except: []place{parsePlace("docker.io/bitnami/minideb"), parsePlace("docker.io/bitnami/sealed-secrets-controller")},
	},
	{place: parsePlace("docker.io/bitnamilegacy"), since: "without updates since August 2025"},
	{place: parsePlace("quay.io/coreos/kube-state-metrics"), since: "without updates since 2021", successor: "registry.k8s.io/kube-state-metrics/kube-state-metrics"},
	{place: parsePlace("quay.io/coreos/prometheus-operator"), since: "without updates since 2020", successor: "quay.io/prometheus-operator/prometheus-operator"},
}

func retired(ref *image.Reference) *retirement {
next:
	for i := range retirements {
		r := &retirements[i]
		if !r.has(ref) {
			continue
		}
		for _, except := range r.except {
			if except.has(ref) {
				continue next
			}
		}
		return r
	}
	return nil
}

func livingRegistry(f *control.Field) control.Rule {
	return &control.Func{
		Text: f.String() + " must not come from a retired registry",
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			ref, ok := located(f, at, fail)
			if !ok {
				return
			}
			if r := retired(&ref); r != nil {
				problem := "is " + control.Show(f.Find(at)) + ", and its registry is " + r.since
				if r.successor != "" {
					problem += " (now " + r.successor + ")"
				}
				fail(f.Violation(at, problem))
			}
		},
		Expr: livingCEL(f),
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			text := f.Find(at).Text()
			name, _, _ := image.Split(text)
			ref, err := image.Parse(name)
			if r := retired(&ref); err == nil && r != nil && r.same {
				rest := strings.TrimPrefix(text, r.host)
				if r.path != "" {
					rest = strings.TrimPrefix(rest, "/"+r.path)
				}
				return append(out, f.Set(at, r.successor+rest))
			}
			return out
		},
	}
}

func livingCEL(f *control.Field) func(control.CEL) string {
	return func(c control.CEL) string {
		tests := make([]string, len(retirements))
		for i, r := range retirements {
			tests[i] = "!" + r.cel()
			for _, except := range r.except {
				tests[i] = "(" + tests[i] + " || " + except.cel() + ")"
			}
		}
		return refCEL(f, c, "("+strings.Join(tests, " && ")+")")
	}
}
