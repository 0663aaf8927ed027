package component

import (
	"strconv"
	"strings"
)

// Version is a release, as far as it is known.
type Version struct {
	// Major and Minor are 1 and 31; for etcd 3 and 5. Both are 0 if the release is not known.
	Major, Minor int
	// Text is what was read, v1.31.2.
	Text string
	// Place is where it stands; it is none for a version that was given as an option.
	Place Place
}

// Known reports whether the release is known.
func (v Version) Known() bool { return v.Major > 0 }

// String returns 1.31, or "unknown version".
func (v Version) String() string {
	if !v.Known() {
		return "unknown version"
	}
	return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor)
}

// ParseVersion reads v1.31.2, 1.31, v1.31.2+k3s1, v1.30.4-eks-1 or 3.5.15-0. A version that names no minor is none.
func ParseVersion(text string) (v Version, ok bool) {
	s := strings.TrimPrefix(strings.TrimSpace(text), "v")
	if i := strings.IndexAny(s, "-+_"); i >= 0 {
		s = s[:i]
	}
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return Version{}, false
	}
	numbers := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Version{}, false
		}
		numbers[i] = int(n)
	}
	if numbers[0] == 0 {
		return Version{}, false
	}
	return Version{Major: numbers[0], Minor: numbers[1], Text: text, Place: nowhere()}, true
}

// imageVersion returns the release that the tag of an image names.
func imageVersion(image string) (Version, bool) {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndexByte(image, '/')
	colon := strings.LastIndexByte(image, ':')
	if colon <= slash {
		return Version{}, false
	}
	return ParseVersion(image[colon+1:])
}

// imageName returns the last part of an image's name: kube-apiserver, also of kube-apiserver-amd64.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	image, _, _ = strings.Cut(image, ":")
	for _, arch := range []string{"-amd64", "-arm64", "-arm", "-ppc64le", "-s390x"} {
		image = strings.TrimSuffix(image, arch)
	}
	return image
}
