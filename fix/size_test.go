package fix_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
)

// size is how many lines a fix changes, adds and takes away.
type size struct{ changed, added, removed int }

// measure takes the size of every fix of a file by itself.
func measure(path string, src []byte, findings []control.Finding, sizes map[string][]size) {
	fix.Locate(path, src, findings)
	for i := range findings {
		f := &findings[i]
		if f.Fix == nil || len(f.Fix.Replacements) == 0 {
			continue
		}
		var sum size
		for k := range f.Fix.Replacements {
			s := sizeOf(src, &f.Fix.Replacements[k])
			sum = size{sum.changed + s.changed, sum.added + s.added, sum.removed + s.removed}
		}
		sizes[f.Control.ID] = append(sizes[f.Control.ID], sum)
	}
}

func sizeOf(src []byte, r *control.Replacement) size {
	start, end := r.Place.Offset, r.Place.Offset+r.Place.Length
	gone, come := strings.Count(string(src[start:end]), "\n"), strings.Count(r.Text, "\n")
	atBreak := func(i int) bool { return i == len(src) || src[i] == '\n' || src[i] == '\r' }
	s := size{changed: 1, added: max(0, come-gone), removed: max(0, gone-come)}
	whole := start == 0 || src[start-1] == '\n'
	switch {
	case gone == 0 && start == end && (atBreak(start) && strings.HasPrefix(strings.TrimPrefix(r.Text, "\r"), "\n") || whole && strings.HasSuffix(r.Text, "\n")):
		s.changed = 0 // lines of their own
	case come == 0 && r.Text == "" && gone > 0 && (whole && src[end-1] == '\n' || atBreak(start) && atBreak(end)):
		s.changed = 0
	default:
		s.changed += min(gone, come)
	}
	return s
}

// enough is how many fixes of a control say something about it.
const enough = 30

// smallEnough wants the median of all fixes of a control to be one changed line and two added ones at most, except where more is needed.
func smallEnough(t *testing.T, sizes map[string][]size) {
	t.Helper()
	var all []size
	for _, id := range slices.Sorted(maps.Keys(sizes)) {
		m := median(sizes[id])
		all = append(all, sizes[id]...)
		note := ""
		if why, ok := larger()[id]; ok {
			note = ": " + why
		} else if len(sizes[id]) >= enough && (m.changed > 1 || m.added > 2) {
			t.Errorf("size: %5d %s changes %d lines and adds %d", len(sizes[id]), id, m.changed, m.added)
		}
		t.Logf("size: %5d ~%d +%d -%d %s%s", len(sizes[id]), m.changed, m.added, m.removed, id, note)
	}
	m := median(all)
	t.Logf("size: %d fixes, median ~%d +%d -%d", len(all), m.changed, m.added, m.removed)
}

// median is that of each number by itself.
func median(sizes []size) size {
	of := func(number func(s size) int) int {
		sorted := slices.SortedFunc(slices.Values(sizes), func(a, b size) int { return cmp.Compare(number(a), number(b)) })
		return number(sorted[len(sorted)/2])
	}
	if len(sizes) == 0 {
		return size{}
	}
	return size{of(func(s size) int { return s.changed }), of(func(s size) int { return s.added }), of(func(s size) int { return s.removed })}
}

// larger are the controls whose value lies so deep that making the way to it takes more lines.
func larger() map[string]string {
	return map[string]string{
		"cpu-limit-missing":                  "resources, limits, cpu",
		"cpu-request-missing":                "resources, requests, cpu",
		"memory-limit-missing":               "resources, limits, memory",
		"memory-request-missing":             "resources, requests, memory",
		"ephemeral-storage-limit-missing":    "resources, limits, ephemeral-storage",
		"apparmor-profile-missing":           "securityContext, appArmorProfile, type",
		"seccomp-profile-missing":            "securityContext, seccompProfile, type",
		"security-context-missing":           "a whole security context",
		"empty-dir-unbounded":                "all volumes of a pod at once",
		"host-path-writable":                 "all mounts of a container at once",
		"probe-host-field":                   "all probes of a container at once",
		"openshift-scc-too-permissive":       "all fields of a constraint at once",
		"rbac-guardrails-write":              "all verbs of a rule at once",
		"rbac-modify-cel-admission-policies": "all verbs of a rule at once",
	}
}
