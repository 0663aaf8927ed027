package component

import (
	"path"
	"strings"
)

// Reference is a file that a component is told to read.
type Reference struct {
	// Flag is what names it.
	Flag  string
	Value Value
	// Path is the path that the component sees, HostPath that of the host, as a hostPath volume has it.
	Path, HostPath string
	// Mounted reports that the container sees a file of the host there, or that the component runs on the host itself.
	Mounted bool
	// Covered reports that a volume of any sort is there, a ConfigMap's for example.
	Covered bool
	// File is the file of the input that it is, if Found.
	File  File
	Found bool
}

// Reference returns the file that a flag names; ok is false if the flag is not set, or not known.
func (i *Instance) Reference(flag string) (r Reference, ok bool) {
	v := i.Flag(flag)
	if !v.Known || v.Text == "" || !v.Set {
		return Reference{Flag: flag, Value: v}, false
	}
	r = Reference{Flag: flag, Value: v, Path: v.Text}
	r.HostPath, r.Mounted, r.Covered = i.mounted(path.Clean(v.Text))
	r.Mounted = r.Mounted || i.list == "" || len(i.mounts) == 0 && i.Image == ""
	r.File, r.Found = i.files.find(i.File, r.HostPath)
	return r, true
}

// find returns the file of the input that an absolute path of a node means: the one in the tree of the file that names it, or else the one
// whose path ends like it, if that is the only one.
func (x *index) find(from, absolute string) (f File, ok bool) {
	if x == nil || absolute == "" {
		return File{}, false
	}
	absolute = path.Clean("/" + absolute)
	node, _ := x.nodeOf(from)
	candidates := x.byEnd[path.Base(absolute)]
	if len(candidates) > maxCandidates {
		return File{}, false
	}
	best, second := 0, 0
	for _, n := range candidates {
		c := x.files[n]
		score := sharedEnd(c.Path, absolute)
		if other, rooted := x.nodeOf(c.Path); other == node {
			if rooted && sameFile(c.Path, node, absolute) {
				return c, true
			}
			score += 100
		} else if rooted {
			// A file of another node's file system is none of this one.
			continue
		}
		switch {
		case score > best:
			best, second, f = score, best, c
		case score > second:
			second = score
		}
	}
	return f, best > 0 && best != second
}

// maxCandidates bounds how many files of one name are compared.
const maxCandidates = 1000

// sharedEnd counts the last parts that two paths have in common.
func sharedEnd(a, b string) int {
	x, y := strings.Split(strings.Trim(a, "/"), "/"), strings.Split(strings.Trim(b, "/"), "/")
	n := 0
	for n < len(x) && n < len(y) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return n
}
