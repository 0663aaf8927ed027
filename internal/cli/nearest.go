package cli

import (
	"fmt"
	"slices"
	"strings"
)

// unknown is the error for a name that is none of candidates, with the nearest of them, or else a hint.
func unknown(what, name string, candidates []string, hint string) error {
	if near := nearest(name, candidates); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &hintError{fmt.Errorf("unknown %s", what), hint}
}

// nearest returns the candidate that name is most likely a misspelling of, or "" if none is near.
func nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+2
	name = strings.ToLower(name)
	sorted := slices.Sorted(slices.Values(candidates))
	// The beginning of a long name is more likely meant than another name of the same length.
	for _, c := range sorted {
		if len(name) >= 5 && strings.HasPrefix(strings.ToLower(c), name) {
			return c
		}
	}
	for _, c := range sorted {
		if d := distance(name, strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best != "" {
		return best
	}
	for _, c := range sorted {
		if len(name) >= 3 && strings.Contains(strings.ToLower(c), name) {
			return c
		}
	}
	return ""
}

// distance is the number of single-character edits, swaps of neighbours counted as one, that lead from a to b
// (optimal string alignment). Long names are cut: nobody misspells 100 characters by two.
func distance(a, b string) int {
	const longest = 100
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
