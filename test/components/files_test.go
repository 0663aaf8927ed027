package components_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/node"
)

// host is a node whose files are judged.
type host struct {
	s     *shown
	known []string
	facts func(t *testing.T) *node.Facts
	// path is where this process sees a file of the facts.
	path func(file string) string
}

func (h *host) look(t *testing.T) *verdict {
	t.Helper()
	return judged(t, []*node.Facts{h.facts(t)}, append([]string{"--layer", "cluster,monitoring"}, parameters()...)...)
}

// meant tells whether a control is about a file.
func meant(r *control.NodeFiles, f *node.File) bool {
	return (r.Component == "" || r.Component == f.Component) && (len(r.Types) == 0 || slices.Contains(r.Types, f.Type)) &&
		slices.ContainsFunc(f.Roles, func(role string) bool { return slices.Contains(r.Roles, role) })
}

// testFiles breaks the mode and the owner of one file for each control on files of nodes, one at a time: the controls that are about the file fail
// and name it, and no others do.
func (h *host) testFiles(t *testing.T) {
	t.Helper()
	facts := h.facts(t)
	about := func(f *node.File, what func(*control.NodeFiles) bool) (ids []string) {
		for _, c := range controls.All() {
			if r, ok := c.Require.(*control.NodeFiles); ok && what(r) && meant(r, f) {
				ids = append(ids, c.ID)
			}
		}
		return ids
	}
	for _, c := range controls.All() {
		r, ok := c.Require.(*control.NodeFiles)
		if !ok {
			continue
		}
		at := slices.IndexFunc(facts.Spec.Files, func(f node.File) bool { return meant(r, &f) })
		if at < 0 {
			continue // the other host has such files
		}
		if slices.Contains(h.known, c.ID) {
			if os.Getuid() == 0 {
				t.Errorf("%s fails anyway", c.ID)
			}
			continue // all files here belong to who runs the tests
		}
		f := &facts.Spec.Files[at]
		file := h.path(f.Path)
		mode, err := strconv.ParseUint(f.Mode, 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		if r.Mode != 0 {
			// One bit more than the control takes.
			bad := os.FileMode(mode) | 0o777&^os.FileMode(r.Mode)&0o044
			if bad == os.FileMode(mode) {
				bad = os.FileMode(mode) | 0o022
			}
			h.broken(t, c.ID, f.Path, func() error { return os.Chmod(file, bad) }, func() error { return os.Chmod(file, os.FileMode(mode)) },
				about(f, func(r *control.NodeFiles) bool { return r.Mode != 0 && uint32(bad)&^r.Mode != 0 }))
		}
		if r.Root {
			if os.Getuid() != 0 {
				t.Logf("%s: only root gives a file to somebody else", c.ID)
				continue
			}
			also := about(f, func(r *control.NodeFiles) bool { return r.Root })
			for _, to := range [][2]int{{1000, f.GID}, {f.UID, 1000}} {
				h.broken(t, c.ID, f.Path, func() error { return os.Chown(file, to[0], to[1]) }, func() error { return os.Chown(file, f.UID, f.GID) }, also)
			}
		}
	}
}

// broken breaks a file, looks, and mends it.
func (h *host) broken(t *testing.T, id, file string, change, back func() error, expected []string) {
	t.Helper()
	if err := change(); err != nil {
		t.Fatal(err)
	}
	v := h.look(t)
	if err := back(); err != nil {
		t.Fatal(err)
	}
	if !v.failed(id) || len(v.findings[id]) != 1 || !strings.Contains(v.findings[id][0].Message, file) {
		t.Errorf("%s with %s: %+v", id, file, v.findings[id])
		return
	}
	h.s.fails(id)
	for _, other := range v.failing() {
		if !slices.Contains(expected, other) && !slices.Contains(h.known, other) {
			t.Errorf("%s fails too when %s is broken for %s: %+v", other, file, id, v.findings[other])
		}
	}
}

// written writes a file of a host, in the place of the one that is there, and returns how to undo it.
func written(t *testing.T, file, text string, mode os.FileMode) (undo func()) {
	t.Helper()
	old, err := os.ReadFile(file)
	was := err == nil
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if !was {
			err = os.Remove(file)
		} else {
			err = os.WriteFile(file, old, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
