package helm

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	k8sversion "k8s.io/apimachinery/pkg/util/version"
)

// Capabilities are what templates see as .Capabilities, with the fields and methods that Helm gives them.
type Capabilities struct {
	KubeVersion KubeVersion
	APIVersions VersionSet
	HelmVersion BuildInfo
}

// KubeVersion is .Capabilities.KubeVersion.
type KubeVersion struct {
	Version    string // as given: v1.33.4-gke.1245000
	normalized string // v1.33.4
	Major      string
	Minor      string
}

// String implements fmt.Stringer with the version that constraints are compared with.
func (v *KubeVersion) String() string {
	if v.normalized != "" {
		return v.normalized
	}
	return v.Version
}

// GitVersion is an old name of Version that charts still use.
func (v *KubeVersion) GitVersion() string { return v.Version }

// VersionSet is .Capabilities.APIVersions.
type VersionSet []string

// Has reports whether the set contains the version: "apps/v1", also "apps/v1/Deployment" if it was given so.
func (s VersionSet) Has(version string) bool { return slices.Contains(s, version) }

// BuildInfo is .Capabilities.HelmVersion.
type BuildInfo struct {
	Version           string
	GitCommit         string
	GitTreeState      string
	GoVersion         string
	KubeClientVersion string
}

func capabilities(opts *Options) (*Capabilities, error) {
	given := orDefault(opts.KubeVersion, DefaultKubeVersion)
	sv, err := k8sversion.ParseGeneric(given)
	if err != nil {
		return nil, fmt.Errorf("invalid kube version %q: %w", given, err)
	}
	if !strings.HasPrefix(given, "v") {
		given = "v" + given
	}
	return &Capabilities{
		KubeVersion: KubeVersion{
			Version:    given,
			normalized: "v" + sv.String(),
			Major:      strconv.FormatUint(uint64(sv.Major()), 10),
			Minor:      strconv.FormatUint(uint64(sv.Minor()), 10),
		},
		APIVersions: append(slices.Clone(knownVersions), opts.APIVersions...),
		HelmVersion: BuildInfo{Version: "v4.3", GoVersion: runtime.Version(), KubeClientVersion: "v1.37"},
	}, nil
}

// knownVersions are the group versions of client-go and the extension server, as in Helm's DefaultVersionSet. A test
// compares them.
var knownVersions = VersionSet{
	"v1",
	"admissionregistration.k8s.io/v1",
	"admissionregistration.k8s.io/v1alpha1",
	"admissionregistration.k8s.io/v1beta1",
	"internal.apiserver.k8s.io/v1alpha1",
	"apps/v1",
	"apps/v1beta1",
	"apps/v1beta2",
	"authentication.k8s.io/v1",
	"authentication.k8s.io/v1alpha1",
	"authentication.k8s.io/v1beta1",
	"authorization.k8s.io/v1",
	"authorization.k8s.io/v1beta1",
	"autoscaling/v1",
	"autoscaling/v2",
	"batch/v1",
	"batch/v1beta1",
	"certificates.k8s.io/v1",
	"certificates.k8s.io/v1beta1",
	"certificates.k8s.io/v1alpha1",
	"coordination.k8s.io/v1alpha2",
	"coordination.k8s.io/v1beta1",
	"coordination.k8s.io/v1",
	"discovery.k8s.io/v1",
	"discovery.k8s.io/v1beta1",
	"events.k8s.io/v1",
	"events.k8s.io/v1beta1",
	"extensions/v1beta1",
	"flowcontrol.apiserver.k8s.io/v1",
	"flowcontrol.apiserver.k8s.io/v1beta1",
	"flowcontrol.apiserver.k8s.io/v1beta2",
	"flowcontrol.apiserver.k8s.io/v1beta3",
	"lifecycle.k8s.io/v1alpha1",
	"networking.k8s.io/v1",
	"networking.k8s.io/v1beta1",
	"node.k8s.io/v1",
	"node.k8s.io/v1alpha1",
	"node.k8s.io/v1beta1",
	"policy/v1",
	"policy/v1beta1",
	"rbac.authorization.k8s.io/v1",
	"rbac.authorization.k8s.io/v1beta1",
	"rbac.authorization.k8s.io/v1alpha1",
	"resource.k8s.io/v1",
	"resource.k8s.io/v1beta2",
	"resource.k8s.io/v1beta1",
	"resource.k8s.io/v1alpha3",
	"scheduling.k8s.io/v1alpha3",
	"scheduling.k8s.io/v1beta1",
	"scheduling.k8s.io/v1",
	"storage.k8s.io/v1beta1",
	"storage.k8s.io/v1",
	"storage.k8s.io/v1alpha1",
	"storagemigration.k8s.io/v1",
	"storagemigration.k8s.io/v1beta1",
	"apiextensions.k8s.io/v1beta1",
	"apiextensions.k8s.io/v1",
}
