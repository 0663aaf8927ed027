package cluster

import (
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// TestAddonVersions has the boundaries of the advisories, and the forms of tags.
func TestAddonVersions(t *testing.T) {
	for image, want := range map[string]string{
		// the last version with the hole, and the first without it
		"quay.io/argoproj/argocd:v2.13.8":                  "CVE-2025-55190",
		"quay.io/argoproj/argocd:v2.13.9":                  "",
		"quay.io/argoproj/argocd:v3.0.13":                  "CVE-2025-55190",
		"quay.io/argoproj/argocd:v3.0.14":                  "",
		"quay.io/argoproj/argocd:v3.2.10":                  "CVE-2026-42880",
		"quay.io/argoproj/argocd:v3.2.11":                  "",
		"quay.io/argoproj/argocd:v2.1.8":                   "CVE-2022-24348",
		"quay.io/argoproj/argocd:v2.3.4":                   "CVE-2023-22482",
		"quay.io/argoproj/argocd:v2.6.0":                   "",
		"grafana/grafana:7.5.10":                           "CVE-2021-39226",
		"grafana/grafana:7.5.11":                           "",
		"grafana/grafana:8.2.6":                            "CVE-2021-43798",
		"grafana/grafana:8.2.7":                            "",
		"grafana/grafana:8.3.0":                            "CVE-2021-43798",
		"grafana/grafana:8.3.1":                            "",
		"grafana/grafana:9.1.8":                            "",
		"grafana/grafana:9.2.0":                            "CVE-2022-39328",
		"grafana/grafana:9.2.4":                            "",
		"ghcr.io/kyverno/kyverno:v1.15.2":                  "CVE-2026-22039",
		"ghcr.io/kyverno/kyverno:v1.15.3":                  "",
		"ghcr.io/kyverno/kyverno:v1.8.2":                   "CVE-2026-22039",
		"ghcr.io/kyverno/kyverno:v1.8.4":                   "CVE-2022-47633",
		"ghcr.io/kyverno/kyverno:v1.17.0":                  "",
		"ghcr.io/kyverno/kyverno:v1.18.1":                  "CVE-2026-54523",
		"ghcr.io/kyverno/kyverno:v1.18.2":                  "",
		"registry.k8s.io/ingress-nginx/controller:0.30":    "unknown",
		"registry.k8s.io/ingress-nginx/controller:v1.11.4": "CVE-2025-1974",
		"registry.k8s.io/ingress-nginx/controller:v1.11.5": "",
		"registry.k8s.io/ingress-nginx/controller:v1.12.0": "CVE-2025-1974",
		"registry.k8s.io/ingress-nginx/controller:v1.12.1": "",
		"docker.io/istio/pilot:1.10.1":                     "CVE-2021-34824",
		"docker.io/istio/pilot:1.10.2":                     "CVE-2022-23635",
		"docker.io/istio/pilot:1.13.1":                     "",

		// previews come before their release, other ends of a tag do not
		"grafana/grafana:8.0.0-beta1":                       "CVE-2021-43798",
		"quay.io/argoproj/argocd:v3.1.0-rc1":                "CVE-2025-55190",
		"quay.io/argoproj/argocd:v3.3.9-rc1":                "CVE-2026-42880",
		"quay.io/argoproj/argocd:v2.6.0-rc2":                "CVE-2023-22482",
		"quay.io/argoproj/argocd:v2.6.0-rc3":                "",
		"grafana/grafana:9.2.0-ubuntu":                      "CVE-2022-39328",
		"docker.io/bitnami/grafana:8.3.0-debian-10-r12":     "CVE-2021-43798",
		"rancher/mirrored-istio-pilot:1.10.1-distroless":    "CVE-2021-34824",
		"ghcr.io/kyverno/kyverno:v1.15.2-corp.1":            "unknown",
		"ghcr.io/kyverno/kyverno:v1.15.3-corp.1":            "",
		"registry.istio.io/release/pilot:1.13.0":            "CVE-2022-23635",
		"registry.example.com/release/pilot:1.13.0":         "",
		"registry.example.com:5000/a/grafana/grafana:8.3.0": "CVE-2021-43798",

		// no version, or a line of versions
		"grafana/grafana":                                            "unknown",
		"grafana/grafana:latest":                                     "unknown",
		"grafana/grafana:main-1234":                                  "unknown",
		"grafana/grafana@sha256:" + strings.Repeat("ab", 32):         "unknown",
		"grafana/grafana:8.3.1@sha256:" + strings.Repeat("ab", 32):   "",
		"grafana/grafana:8.3.0@sha256:" + strings.Repeat("ab", 32):   "CVE-2021-43798",
		"grafana/grafana:8.3":                                        "unknown",
		"grafana/grafana:9":                                          "unknown",
		"grafana/grafana:9.3":                                        "",
		"grafana/grafana:13":                                         "",
		"grafana/grafana:{{ .Values.tag }}":                          "unknown",
		"grafana/grafana:99999999999999999999.1.1":                   "unknown",
		"{{ .Values.image }}":                                        "",
		"":                                                           "",
		"Not An Image":                                               "",
		"docker.io/grafana/loki:2.0.0":                               "",
		"notgrafana/grafana-image-renderer:1.0.0":                    "",
		"docker.io/mygrafana/grafana-of-mine:8.3.0":                  "",
		"docker.io/mygrafana/grafana:latest":                         "",
		"registry.istio.io/release/examples-bookinfo-details-v1:1.2": "",
	} {
		src := []byte("image: '" + image + "'\n")
		parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, v := range AddonKnownCVE.Require.Explain(&control.Subject{}, parsed.Root(), nil) {
			if got = "unknown"; !v.Unknown {
				got = v.Problem
			}
		}
		if want == "" != (got == "") || want == "unknown" != (got == "unknown") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}

// TestRepairedIn: what a finding names as repaired is open to nothing else of the table either.
func TestRepairedIn(t *testing.T) {
	for i := range addons {
		a := &addons[i]
		for j := range a.advisories {
			if len(a.advisories[j].ranges) > maxRanges {
				t.Errorf("%s: %s has more than %d ranges", a.name, a.advisories[j].id, maxRanges)
			}
			for _, r := range a.advisories[j].ranges {
				found, safe := a.open(semver.MustParse(zero(r.from)))
				if r.from != "" && len(found) == 0 {
					t.Errorf("%s: %s does not have its own first version", a.name, a.advisories[j].id)
				}
				if again, _ := a.open(safe); len(again) > 0 {
					t.Errorf("%s: %s is said to be repaired and is open to %s", a.name, safe, again[0].id)
				}
				if r.from != "" && !semver.MustParse(r.from).LessThan(semver.MustParse(r.fixed)) {
					t.Errorf("%s: %s has an empty range from %s", a.name, a.advisories[j].id, r.from)
				}
			}
		}
	}
	for version, want := range map[string]string{"8.0.0": "8.1.8", "7.0.0": "7.5.11", "8.3.0": "8.3.1"} {
		if _, safe := addons[1].open(semver.MustParse(version)); safe.String() != want {
			t.Errorf("%s: repaired in %s, want %s", version, safe, want)
		}
	}
}
