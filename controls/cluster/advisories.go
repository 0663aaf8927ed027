package cluster

import (
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/kubeharden/kubeharden/image"
)

// addon is a program that runs the cluster with its users' trust, known by its images.
type addon struct {
	name string
	// images are the ends of repositories: copies of an image keep them, behind whatever registry. One whose first part has a dot is whole.
	// Those of rancher/mirrored- are copies too (https://github.com/rancher/image-mirror).
	images     []string
	advisories []advisory
}

// advisory is a hole that was published, the worst ones of an add-on first.
type advisory struct {
	id string
	// effect says what somebody can do, to be read behind the id.
	effect string
	ranges []affected
	source string
}

// affected are the versions from one on, "" from the first, that are older than the one with the fix. They are ordered as semantic
// versions are, so that a release candidate of the fixed version counts as affected, as it does to whoever published the advisory.
type affected struct{ from, fixed string }

// addons are those whose advisories were read, and their versions compared with the CVE record, in November 2026. Left out is what needs a feature that
// is off by default (the SQL expressions of Grafana), and what no more than stops a program for a while (the advisories of cert-manager).
var addons = []addon{
	{
		name:   "Argo CD",
		images: []string{"argoproj/argocd", "bitnami/argo-cd", "bitnamilegacy/argo-cd"},
		advisories: []advisory{
			{
				id: "CVE-2025-55190", effect: "a token that may read a project reads the passwords of its repositories",
				ranges: []affected{{"2.13.0", "2.13.9"}, {"2.14.0", "2.14.16"}, {"3.0.0", "3.0.14"}, {"3.1.0-rc1", "3.1.2"}},
				source: "https://github.com/argoproj/argo-cd/security/advisories/GHSA-786q-9hcg-v9ff",
			},
			{
				id: "CVE-2026-42880", effect: "who may read an application reads Secrets of the cluster",
				ranges: []affected{{"3.2.0", "3.2.11"}, {"3.3.0", "3.3.9"}},
				source: "https://github.com/argoproj/argo-cd/security/advisories/GHSA-3v3m-wc6v-x4x3",
			},
			{
				id: "CVE-2023-22482", effect: "tokens that the identity provider made for others are accepted",
				ranges: []affected{{"1.8.2", "2.3.13"}, {"2.4.0-rc1", "2.4.19"}, {"2.5.0-rc1", "2.5.6"}, {"2.6.0-rc1", "2.6.0-rc3"}},
				source: "https://github.com/argoproj/argo-cd/security/advisories/GHSA-q9hr-j4rf-8fjc",
			},
			{
				id: "CVE-2022-29165", effect: "where anonymous access is on, anybody is admin",
				ranges: []affected{{"1.4.0", "2.1.15"}, {"2.2.0", "2.2.9"}, {"2.3.0", "2.3.4"}},
				source: "https://github.com/argoproj/argo-cd/security/advisories/GHSA-r642-gv9p-2wjj",
			},
			{
				id: "CVE-2022-24348", effect: "a Helm chart reads files of other applications",
				ranges: []affected{{"", "2.1.9"}, {"2.2.0", "2.2.4"}},
				source: "https://github.com/argoproj/argo-cd/security/advisories/GHSA-63qx-x74g-jcr7",
			},
		},
	},
	{
		name: "Grafana",
		images: []string{
			"grafana/grafana", "grafana/grafana-enterprise", "grafana/grafana-oss", "bitnami/grafana", "bitnamilegacy/grafana", "rancher/mirrored-grafana-grafana",
		},
		advisories: []advisory{
			{
				id: "CVE-2022-39328", effect: "under load, anybody calls what only admins may",
				ranges: []affected{{"9.2.0", "9.2.4"}},
				source: "https://github.com/grafana/grafana/security/advisories/GHSA-vqc4-mpj8-jxch",
			},
			{
				id: "CVE-2021-39226", effect: "anybody reads snapshots of dashboards, and users delete them",
				ranges: []affected{{"", "7.5.11"}, {"8.0.0", "8.1.6"}},
				source: "https://github.com/grafana/grafana/security/advisories/GHSA-69j6-29vr-p3j9",
			},
			{
				id: "CVE-2021-43798", effect: "anybody reads files of the server",
				ranges: []affected{{"8.0.0-beta1", "8.0.7"}, {"8.1.0", "8.1.8"}, {"8.2.0", "8.2.7"}, {"8.3.0", "8.3.1"}},
				source: "https://github.com/grafana/grafana/security/advisories/GHSA-8pjx-jj86-j47p",
			},
		},
	},
	{
		name:   "Kyverno",
		images: []string{"kyverno/kyverno", "bitnami/kyverno", "bitnamilegacy/kyverno"},
		advisories: []advisory{
			{
				id: "CVE-2026-22039", effect: "a policy of one namespace acts on all of the cluster with Kyverno's rights",
				ranges: []affected{{"", "1.15.3"}, {"1.16.0", "1.16.3"}},
				source: "https://github.com/kyverno/kyverno/security/advisories/GHSA-8p9x-46gm-qfx2",
			},
			{
				id: "CVE-2026-54523", effect: "a policy of one namespace makes RoleBindings in others",
				ranges: []affected{{"1.18.0", "1.18.2"}},
				source: "https://github.com/kyverno/kyverno/security/advisories/GHSA-79gf-7frw-68m9",
			},
			{
				id: "CVE-2022-47633", effect: "a registry gets around the verification of signatures",
				ranges: []affected{{"1.8.3", "1.8.5"}},
				source: "https://github.com/kyverno/kyverno/security/advisories/GHSA-m3cq-xcx9-3gvm",
			},
		},
	},
	{
		name: "ingress-nginx",
		images: []string{
			"ingress-nginx/controller", "ingress-nginx/controller-chroot", "rancher/mirrored-ingress-nginx-controller",
			"kubernetes-ingress-controller/nginx-ingress-controller",
		},
		advisories: []advisory{{
			id: "CVE-2025-1974", effect: "every pod that reaches its webhook runs code in it and reads all Secrets",
			ranges: []affected{{"", "1.11.5"}, {"1.12.0", "1.12.1"}},
			source: "https://github.com/kubernetes/kubernetes/issues/131009",
		}},
	},
	{
		name:   "Istio",
		images: []string{"istio/pilot", "istio-release/pilot", "registry.istio.io/release/pilot", "rancher/mirrored-istio-pilot"},
		advisories: []advisory{
			{
				id: "CVE-2021-34824", effect: "a workload reads TLS keys of gateways in other namespaces",
				ranges: []affected{{"1.8.0", "1.9.6"}, {"1.10.0", "1.10.2"}},
				source: "https://istio.io/latest/news/security/istio-security-2021-007/",
			},
			{
				id: "CVE-2022-23635", effect: "anybody who reaches istiod stops the control plane",
				ranges: []affected{{"", "1.11.7"}, {"1.12.0", "1.12.4"}, {"1.13.0", "1.13.1"}},
				source: "https://github.com/istio/istio/security/advisories/GHSA-856q-xv3c-7f2f",
			},
		},
	},
}

// addonOf returns the add-on that an image is of, nil if it is of none.
func addonOf(ref *image.Reference) *addon {
	path := ref.Path()
	for i := range addons {
		for _, end := range addons[i].images {
			first, _, _ := strings.Cut(end, "/")
			if strings.Contains(first, ".") {
				if ref.Registry+"/"+path == end {
					return &addons[i]
				}
			} else if rest, ok := strings.CutSuffix(path, end); ok && (rest == "" || strings.HasSuffix(rest, "/")) {
				return &addons[i]
			}
		}
	}
	return nil
}

// release is what a tag says of the version.
type release struct {
	version *semver.Version
	// rebuilt says that behind the version stands what may be a repair by whoever built the image.
	rebuilt bool
	// line says that the tag is of a line of releases, such as 1.11, and moves along it. version is where it begins, end where the next begins.
	line bool
	end  *semver.Version
}

var (
	tagged = regexp.MustCompile(`^v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:-(.*))?$`)
	// preview are the releases before a release.
	preview = regexp.MustCompile(`^(alpha|beta|rc|pre|preview)([0-9.-]*)$`)
	// variant are the same program on another base.
	variant = regexp.MustCompile(`^(ubuntu|alpine|distroless|debug|slim|amd64|arm64|(debian|photon)-[0-9]+(-r[0-9]+)?)$`)
)

// readTag reads the version that a tag names; ok is false if it names none.
func readTag(tag string) (r release, ok bool) {
	m := tagged.FindStringSubmatch(tag)
	if m == nil {
		return r, false
	}
	suffix := m[4]
	text := m[1] + "." + zero(m[2]) + "." + zero(m[3])
	if r.line = m[3] == ""; !r.line && preview.MatchString(suffix) {
		text += "-" + suffix
	} else {
		r.rebuilt = suffix != "" && !variant.MatchString(suffix)
	}
	version, err := semver.NewVersion(text)
	if err != nil {
		return r, false
	}
	r.version = version
	if r.line {
		end := version.IncMajor()
		if m[2] != "" {
			end = version.IncMinor()
		}
		r.end = &end
	}
	return r, true
}

func zero(number string) string {
	if number == "" {
		return "0"
	}
	return number
}

// has reports whether a version is affected.
func (a affected) has(v *semver.Version) bool {
	return (a.from == "" || !v.LessThan(semver.MustParse(a.from))) && v.LessThan(semver.MustParse(a.fixed))
}

// meets reports whether any version from one on, before another one, is affected.
func (a affected) meets(from, end *semver.Version) bool {
	return (a.from == "" || semver.MustParse(a.from).LessThan(end)) && from.LessThan(semver.MustParse(a.fixed))
}

// open returns the advisories that a version is open to, and the oldest version after it that is open to none.
func (a *addon) open(v *semver.Version) (found []*advisory, safe *semver.Version) {
	for i := range a.advisories {
		for _, r := range a.advisories[i].ranges {
			if r.has(v) {
				found = append(found, &a.advisories[i])
				break
			}
		}
	}
	// Each range leads out of itself, and on into another one at most, so there are not more steps than ranges.
	safe = v
	for range len(a.advisories) * maxRanges {
		next := a.after(safe)
		if next == nil {
			break
		}
		safe = next
	}
	return found, safe
}

// maxRanges is how many ranges an advisory has at most.
const maxRanges = 8

// after returns where the first range ends that has a version, nil if none has it.
func (a *addon) after(v *semver.Version) *semver.Version {
	for i := range a.advisories {
		for _, r := range a.advisories[i].ranges {
			if r.has(v) {
				return semver.MustParse(r.fixed)
			}
		}
	}
	return nil
}

// mayBeOpen reports whether a line of releases has any that is open to an advisory.
func (a *addon) mayBeOpen(r *release) bool {
	for i := range a.advisories {
		for _, affected := range a.advisories[i].ranges {
			if affected.meets(r.version, r.end) {
				return true
			}
		}
	}
	return false
}
