package component

import "slices"

// nearest returns the name that a misspelled one may mean: at most a third of its letters are different. "" if there is none.
func nearest(name string, names []string) string {
	if len(name) > 100 {
		return ""
	}
	slices.Sort(names)
	best, at := 1+len(name)/3, ""
	for _, n := range names {
		if d := distance(name, n, best); d < best {
			best, at = d, n
		}
	}
	return at
}

// distance is the number of letters to change, add or leave out; limit or more if it is not below limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
	}
	return row[len(b)]
}
