package kustomize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Roots returns those of the folders with kustomizations that none of the others leads to, in the order given. Those
// that are only part of another one are judged as they are there, not alone; so are components, which are nothing
// alone. Of a circle nothing leads to, the first is returned, so that its error is told. Only kustomization files are
// read.
func Roots(dirs []string) []string {
	nodes := make([]graphNode, len(dirs))
	index := map[string]int{}
	for i, dir := range dirs {
		nodes[i] = readNode(dir)
		index[nodes[i].path] = i
	}
	reached := make([]bool, len(dirs))
	referenced := make([]bool, len(dirs))
	for i := range nodes {
		for _, to := range nodes[i].to {
			if j, ok := index[to]; ok && j != i {
				referenced[j] = true
			}
		}
	}
	var visit func(i int)
	visit = func(i int) {
		if reached[i] {
			return
		}
		reached[i] = true
		for _, to := range nodes[i].to {
			if j, ok := index[to]; ok {
				visit(j)
			}
		}
	}
	root := make([]bool, len(dirs))
	for i := range nodes {
		if !referenced[i] {
			root[i] = !nodes[i].component
			visit(i)
		}
	}
	for i := range nodes {
		if !reached[i] {
			root[i] = true
			visit(i)
		}
	}
	var roots []string
	for i, dir := range dirs {
		if root[i] {
			roots = append(roots, dir)
		}
	}
	return roots
}

type graphNode struct {
	path      string // absolute, without links
	file      string
	to        []string // folders with kustomizations
	files     []string
	component bool
}

func realPath(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return filepath.Clean(name)
	}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		return resolved
	}
	return abs
}

func readNode(dir string) graphNode {
	n := graphNode{path: realPath(dir), file: kustomizationFile(dir)}
	if n.file == "" {
		return n
	}
	data, err := os.ReadFile(n.file)
	if err != nil {
		return n
	}
	for _, doc := range newSource("", data).docs() {
		top := content(doc)
		n.component = n.component || get(top, "kind") == "Component"
		for _, e := range entries(top) {
			if e.value == "" || strings.Contains(e.value, "\n") || filepath.IsAbs(e.value) {
				continue
			}
			name := filepath.Join(dir, filepath.FromSlash(e.value))
			info, err := os.Stat(name)
			switch {
			case err != nil:
			case info.Mode().IsRegular():
				n.files = append(n.files, name)
			case info.IsDir() && e.kust && IsKustomization(name):
				n.to = append(n.to, realPath(name))
				n.files = append(n.files, name) // told apart by Parts
			}
		}
	}
	return n
}

// Parts returns the files that the kustomization in a folder is made of, with its bases and components: what is judged
// as part of the build and so not alone. Paths are joined to dir, sorted, without doubles. Remote entries and what
// does not exist are left out.
func Parts(dir string) []string {
	seen := map[string]bool{}
	var parts []string
	var visit func(dir string)
	visit = func(dir string) {
		n := readNode(dir)
		if n.file == "" || seen[n.path] {
			return
		}
		seen[n.path] = true
		parts = append(parts, n.file)
		for _, name := range n.files {
			if IsKustomization(name) {
				visit(name)
			} else {
				parts = append(parts, name)
			}
		}
	}
	visit(dir)
	slices.Sort(parts)
	return slices.Compact(parts)
}
