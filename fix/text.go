package fix

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// textual is a fix of a file that is no YAML.
type textual struct {
	finding *control.Finding
	edits   []control.TextEdit
}

// replaceTexts changes bytes, from the end of the file so that those before them keep their places. Of two that meet the second is told.
func (f *File) replaceTexts(all []textual) {
	var taken []control.TextEdit
	for _, t := range all {
		reason := ""
		for _, e := range t.edits {
			if e.Start < 0 || e.End < e.Start || e.End > len(f.Before) {
				reason = "its place is not in the file any more"
			}
			for _, other := range taken {
				if e != other && e.Start < other.End && other.Start < e.End || e.Start == other.Start && e.End == other.End && e.Text != other.Text {
					reason = "another fix changes the same place"
				}
			}
		}
		if reason == "" {
			taken = append(taken, t.edits...)
		}
		f.Outcomes = append(f.Outcomes, Outcome{Finding: t.finding, Reason: reason})
	}
	slices.SortStableFunc(taken, func(a, b control.TextEdit) int { return b.Start - a.Start })
	taken = slices.Compact(taken)
	out := slices.Clone(f.After)
	for _, e := range taken {
		out = slices.Concat(out[:e.Start], []byte(e.Text), out[e.End:])
	}
	f.After = out
}

// isItem reports whether a path ends at an item of a list.
func isItem(path string) bool {
	if !strings.HasSuffix(path, "]") {
		return false
	}
	_, index := splitItem(path)
	return index >= 0
}

// splitItem splits the index off the path of an item; it is -1 if there is none.
func splitItem(path string) (list string, index int) {
	open := strings.LastIndexByte(path, '[')
	if open < 0 {
		return path, -1
	}
	n, err := atoi(strings.TrimSuffix(path[open+1:], "]"))
	if err != nil {
		return path, -1
	}
	return path[:open], n
}

var errNoIndex = errors.New("no index")

func atoi(s string) (int, error) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, errNoIndex
	}
	return strconv.Atoi(s)
}

// compareItems orders items of the same list by their indexes, others by their lists.
func compareItems(a, b string) int {
	x, i := splitItem(a)
	y, k := splitItem(b)
	if x != y {
		return strings.Compare(x, y)
	}
	return i - k
}
