package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/test/componentflags/minors"
)

const head = `# What components of Kubernetes know, by release. Written by test/componentflags from the components' own Go packages; do not edit.
# flag   component  name  releases  type (? = may stand without a value)  default  field of the configuration file  deprecation
# field  component  path  releases  type (* in front = a zero is not the same as nothing)  default
# gate   -          name  releases  default  stage  locked
# history -         name  releases  what the release says of older ones: since:default:stage, …
# plugin kube-apiserver  admission plugin  releases  on or off when no flag says so
# Releases are minors of Kubernetes 1: 24-28,30.
`

// merge puts the rows of one minor into a table, in the place of those that it had.
func merge(table, minor, release string, rows []row) (string, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(minor, "1."))
	if err != nil {
		return "", fmt.Errorf("minor %q: %w", minor, err)
	}
	releases := map[string]string{}
	all := map[row][]int{}
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		cells := strings.SplitN(line, "\t", 5)
		if cells[0] == "release" {
			releases[cells[1]] = cells[2]
			continue
		}
		if len(cells) < 5 {
			return "", fmt.Errorf("line %q has too few columns", line)
		}
		r := row{strings.Join(cells[:3], "\t"), cells[4]}
		for _, m := range minors.Parse(cells[3]) {
			if m != n {
				all[r] = append(all[r], m)
			}
		}
	}
	releases[minor] = release
	for _, r := range rows {
		r.value = strings.TrimRight(r.value, "\t")
		if !slices.Contains(all[r], n) {
			all[r] = append(all[r], n)
		}
	}
	var lines []string
	for r, in := range all {
		if len(in) > 0 {
			slices.Sort(in)
			lines = append(lines, r.key+"\t"+minors.Format(in)+"\t"+r.value)
		}
	}
	slices.Sort(lines)
	var b strings.Builder
	b.WriteString(head)
	for _, m := range slices.Sorted(maps.Keys(releases)) {
		b.WriteString("release\t" + m + "\t" + releases[m] + "\n")
	}
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return b.String(), nil
}
