// Package minors reads and writes the minor versions that a line of component/defaults.txt holds for.
package minors

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads minors: "29-31,33" is 29, 30, 31 and 33.
func Parse(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		for i := a; i <= b; i++ {
			out = append(out, i)
		}
	}
	return out
}

// Format writes minors that are sorted.
func Format(minors []int) string {
	var parts []string
	for i := 0; i < len(minors); {
		j := i
		for j+1 < len(minors) && minors[j+1] == minors[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, strconv.Itoa(minors[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", minors[i], minors[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
