package inventory

import (
	"maps"
	"slices"
)

// Kinds returns the kinds of a group of which something is kept besides what makes pods, and Groups the groups that have such kinds.
func Kinds(group string) []string { return slices.Clone(kinds[group]) }

// Groups returns the API groups that have kinds of which something is kept, sorted.
func Groups() []string { return slices.Sorted(maps.Keys(kinds)) }
