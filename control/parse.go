package control

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseLayer reads a layer's name.
func ParseLayer(s string) (Layer, error) {
	for i, name := range layerNames {
		if name == s {
			return Layer(i), nil
		}
	}
	return 0, fmt.Errorf("unknown layer %q", s)
}

// ParseSeverity reads a severity's name.
func ParseSeverity(s string) (Severity, error) {
	for i, name := range severityNames {
		if name == s {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q", s)
}

// Minor is a Kubernetes minor version: 34 stands for 1.34.
type Minor uint16

// LatestMinor is the newest Kubernetes version that this catalogue knows. Source: the pod-security-admission
// library's newest fixtures, v0.37.
const LatestMinor Minor = 37

func (m Minor) String() string { return "1." + strconv.Itoa(int(m)) }

// ParseMinor reads a Kubernetes version as people write it: 1.34, v1.34, 1.34.2, v1.34.2-gke.100, latest.
func ParseMinor(s string) (Minor, error) {
	if s == "latest" {
		return LatestMinor, nil
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(s, "v"), "1.")
	if !ok {
		return 0, fmt.Errorf("kubernetes version %q is not of the form 1.34", s)
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	if end < len(rest) && rest[end] != '.' && rest[end] != '+' && rest[end] != '-' {
		return 0, fmt.Errorf("kubernetes version %q is not of the form 1.34", s)
	}
	n, err := strconv.ParseUint(rest[:end], 10, 8)
	if err != nil {
		return 0, fmt.Errorf("kubernetes version %q is not of the form 1.34", s)
	}
	return Minor(n), nil
}
