package images

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GitopsSourceNotRestricted: a cluster deploys from known sources.
var GitopsSourceNotRestricted = control.Control{
	ID: "gitops-source-not-restricted", Section: "signatures", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title: "Let GitOps controllers pull only from allowed, encrypted and verified sources",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "source.toolkit.fluxcd.io", Kind: "GitRepository"},
		{Group: "source.toolkit.fluxcd.io", Kind: "OCIRepository"},
		{Group: "source.toolkit.fluxcd.io", Kind: "HelmRepository"},
		{Group: "source.toolkit.fluxcd.io", Kind: "Bucket"},
		{Group: "argoproj.io", Kind: "Application"},
		{Group: "argoproj.io", Kind: "ApplicationSet"},
	},
	Require: &control.Func{
		Check: checkSources, Text: "the source must be an allowed one, reached over an encrypted connection, and verified where the settings ask for it",
	},
	Params: []control.Param{{
		Name: "allowedSources", Doc: "what URLs of sources may begin with",
		Default: []string{"https://", "ssh://", "git@", "oci://"}, Example: []string{"https://git.example.com/", "oci://registry.example.com/", "https://charts.example.com"},
	}, {
		Name: "verifiedKinds", Doc: "Flux kinds that must have a verify block, such as GitRepository",
		Default: []string{}, Example: []string{"GitRepository", "OCIRepository"},
		Valid: func(v string) bool { return v == "GitRepository" || v == "OCIRepository" },
	}},
	Risk:     "Nothing is deployed any more from sources that are left out.",
	Fix:      control.Advice,
	NoFix:    "Where the source is to be had encrypted, and who signs it, only a person can say.",
	NoPolicy: "The settings are patterns on URLs, which a policy of the GitOps controller itself says better: AppProject.sourceRepos, or a Kyverno policy on Flux sources.",
	Remedy:   "Use https://, ssh:// or oci:// URLs of repositories that you know, and verify commits or artifacts (spec.verify) with the keys of those who may deploy.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1195.002"},
		Source: []string{"https://fluxcd.io/flux/components/source/gitrepositories/#verification", "https://fluxcd.io/flux/components/source/ocirepositories/#verification", "https://argo-cd.readthedocs.io/en/stable/user-guide/projects/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"flux/verify-flux-sources", "flux/verify-git-repositories", "tekton/require-tekton-bundle", "tekton/signed-pipeline-bundle", "tekton/signed-tekton-task-bundle"},
	},
	Why: `A GitOps controller applies what it finds at its source with its own rights, mostly those of an administrator: who controls the source controls the
cluster. Over plain http anybody on the way does; without verification, everybody who can push.`,
	Bad: []control.Change{
		{Path: "spec.url", Kind: "GitRepository", Value: "http://git.example.com/shop"},
		{Path: "spec.url", Kind: "GitRepository", Value: "https://git.example.net/shop"},
		{Path: "spec.verify", Kind: "GitRepository", Name: "missing"},
		{Path: "spec.verify", Kind: "OCIRepository", Name: "missing"},
		{Path: "spec.insecure", Kind: "OCIRepository", Value: true},
		{Path: "spec.insecure", Kind: "HelmRepository", Value: true},
		{Path: "spec.insecure", Kind: "Bucket", Value: true},
		{Path: "spec.source.repoURL", Kind: "Application", Value: "http://git.example.com/shop"},
		{Path: "spec.sources", Kind: "Application", Value: []any{map[string]any{"repoURL": "https://charts.example.com"}, map[string]any{"repoURL": "git://git.example.com/a"}}},
		{Path: "spec.template.spec.source.repoURL", Kind: "ApplicationSet", Value: "https://git.example.net/shop"},
	},
	Good: []control.Change{
		{Path: "spec.url", Kind: "HelmRepository", Value: "oci://registry.example.com/charts"},
		{Path: "spec.template.spec.source.repoURL", Kind: "ApplicationSet", Value: "https://git.example.com/{{.path}}"},
		{Path: "spec.source.repoURL", Kind: "Application", Name: "missing"},
		{Path: "spec.insecure", Kind: "Bucket", Value: false},
	},
}

var (
	sourceURL    = control.NewField("spec.url")
	sourceSecure = control.NewField("spec.insecure")
	sourceVerify = control.NewField("spec.verify")
	repoURL      = control.NewField("repoURL")
)

func checkSources(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if s.Object.Group() == "argoproj.io" {
		spec := at.Get("spec")
		if s.Object.Kind == "ApplicationSet" {
			spec = spec.Get("template").Get("spec")
		}
		if !checkURL(s, spec.Get("source"), &repoURL, fail) {
			return
		}
		for _, source := range spec.Get("sources").Items() {
			if !checkURL(s, source, &repoURL, fail) {
				return
			}
		}
		return
	}
	// A Bucket has an endpoint without a scheme.
	if s.Object.Kind != "Bucket" && !checkURL(s, at, &sourceURL, fail) {
		return
	}
	if n := sourceSecure.Find(at); n.Exists() && !isFalse(n) && !fail(sourceSecure.Violation(at, notFalse(n, ", so the connection is not encrypted"))) {
		return
	}
	if slices.Contains(s.Params["verifiedKinds"], s.Object.Kind) && sourceVerify.Find(at).Len() == 0 {
		fail(sourceVerify.Violation(at, "is missing, so nothing says who made what is deployed"))
	}
}

// checkURL takes a source without a scheme for one over ssh, as git does (git@host:path), or for a registry, as Argo CD does. One
// that a template fills in is judged by what stands in front of the first placeholder.
func checkURL(s *control.Subject, at tree.Node, field *control.Field, fail control.FailFunc) bool {
	n := field.Find(at)
	url := n.Text()
	if url == "" {
		return true
	}
	for _, allowed := range s.Params["allowedSources"] {
		if strings.HasPrefix(url, allowed) {
			return true
		}
	}
	before, _, template := strings.Cut(url, "{")
	if before, _, found := strings.Cut(before, "$"); found || template {
		for _, allowed := range s.Params["allowedSources"] {
			if strings.HasPrefix(allowed, before) {
				v := field.Violation(at, "is filled in by a template")
				v.Unknown = true
				return fail(v)
			}
		}
	}
	if strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "git://") {
		return fail(field.Violation(at, "is "+control.Show(n)+", which is not encrypted"))
	}
	if !strings.Contains(url, "://") && slices.Contains(s.Params["allowedSources"], "https://") {
		return true
	}
	return fail(field.Violation(at, "is "+control.Show(n)+", which is no allowed source"))
}
