package cluster

import (
	"regexp"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
)

// minorRelease is a minor release of Kubernetes: until when the project mends it, and the newest patch release that was known.
type minorRelease struct {
	minor uint64
	// end is the last day of support, as 2026-02-28.
	end   string
	patch uint64
}

// minorReleases were read in November 2026, from the pages of the releases and, for those that had ended before 2026, from
// https://github.com/kubernetes/website/blob/main/data/releases/eol.yaml. 0 is a patch release that is not known; those of minors that
// are still mended grow older with every month, and are no more than what there was at least.
var minorReleases = []minorRelease{
	{37, "2027-10-28", 2},
	{36, "2027-06-28", 4},
	{35, "2027-02-28", 9},
	{34, "2026-10-27", 0},
	{33, "2026-06-28", 0},
	{32, "2026-02-28", 0},
	{31, "2025-11-11", 14},
	{30, "2025-07-15", 14},
	{29, "2025-02-28", 14},
	{28, "2024-10-22", 15},
	{27, "2024-07-16", 16},
	{26, "2024-02-28", 15},
	{25, "2023-10-28", 16},
	{24, "2023-07-28", 17},
	{23, "2023-02-28", 17},
	{22, "2022-12-08", 17},
	{21, "2022-06-28", 14},
	{20, "2022-02-28", 15},
}

// maxBehind is how many patch releases behind are no finding: there is one a month.
const maxBehind = 2

// releaseOf returns the entry of a minor release; beyond says that it is newer than all that were known.
func releaseOf(minor uint64) (r minorRelease, known, beyond bool) {
	for _, r := range minorReleases {
		if r.minor == minor {
			return r, true, false
		}
	}
	return r, false, minor > minorReleases[0].minor
}

// ended returns the day until which a release was mended, if it has passed.
func (r *minorRelease) ended(now time.Time) bool {
	end, err := time.Parse(time.DateOnly, r.end)
	return err == nil && !now.IsZero() && now.After(end.AddDate(0, 0, 1))
}

// build is a version of Kubernetes as a component reports it.
type build struct {
	version *semver.Version
	// vendor is what whoever built it has added, "-eks-1a2b3c4"; a vendor may mend what the project does not.
	vendor string
}

var buildForm = regexp.MustCompile(`^v?([0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4})(-(?:alpha|beta|rc)\.[0-9]{1,4})?(.*)$`)

// readBuild reads v1.33.1, v1.34.0-rc.1, v1.31.5+k3s1 and v1.33.1-eks-1a2b3c4.
func readBuild(text string) (b build, ok bool) {
	m := buildForm.FindStringSubmatch(text)
	if m == nil {
		return b, false
	}
	v, err := semver.NewVersion(m[1] + m[2])
	if err != nil || v.Major() != 1 {
		return b, false
	}
	return build{version: v, vendor: m[3]}, true
}

// asReleased are the distributions whose builds have what the release of the project has.
var asReleased = []string{"+k3s", "+rke2", "+k0s", "+vmware", "+microk8s"}

// mends reports whether the vendor of a build may have mended it otherwise than the project.
func (b *build) mends() bool {
	if b.vendor == "" {
		return false
	}
	for _, prefix := range asReleased {
		if strings.HasPrefix(b.vendor, prefix) {
			return false
		}
	}
	return true
}
