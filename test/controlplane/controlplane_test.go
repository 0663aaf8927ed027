package controlplane_test

import (
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source"
	"github.com/kubeharden/kubeharden/test/controlplane"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt; every changed line is to be reviewed")

// now is when the files are judged.
var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// scan writes files into a folder, judges them as the command does with the controls of the layers cluster and monitoring, and returns the
// findings, one a line, sorted.
func scan(t *testing.T, minor int, files []controlplane.File) []string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(f.Text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	var chosen []*control.Control
	for _, c := range controls.All() {
		if c.Layer == control.Cluster || c.Layer == control.Monitoring {
			chosen = append(chosen, c)
		}
	}
	opts := &engine.Options{Controls: chosen, Version: control.Minor(minor), Now: now}
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for m := range source.Manifests(t.Context(), []string{dir}, &source.Options{NoIgnore: true, Also: inventory.WantsFile}) {
			if !yield(engine.Input{Path: m.Path, Read: m.Read, Err: m.Err}) {
				return
			}
		}
	}
	var lines []string
	read := 0
	_, err := engine.Scan(t.Context(), inputs, opts, func(file *report.File) error {
		for _, p := range file.Problems {
			lines = append(lines, "problem "+short(dir, file.Path)+" "+p.Message)
		}
		if !file.Across {
			read++
		}
		for i := range file.Findings {
			f := &file.Findings[i]
			severity := f.Severity.String()
			if f.Status != control.Fail {
				severity = f.Status.String()
			}
			lines = append(lines, strings.Join([]string{severity, f.Control.ID, short(dir, f.Place.File), f.Message}, " "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read != len(files) {
		t.Errorf("%d files were read of %d", read, len(files))
	}
	slices.Sort(lines)
	return lines
}

func short(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// golden compares with testdata/NAME.txt.
func golden(t *testing.T, name string, got []string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(strings.Split(string(src), "\n"), func(line string) bool { return line == "" })
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("is said and is not in %s: %s", file, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("is in %s and is not said: %s", file, line)
		}
	}
	if !t.Failed() && !slices.Equal(got, want) {
		t.Errorf("%s has another order or repeats lines", file)
	}
}

// TestKubeadm judges what kubeadm makes when it is told nothing.
func TestKubeadm(t *testing.T) {
	for minor := controlplane.Oldest; minor <= controlplane.Newest; minor++ {
		t.Run(fmt.Sprintf("1.%d", minor), func(t *testing.T) {
			golden(t, fmt.Sprintf("kubeadm-1.%d", minor), scan(t, minor, controlplane.Kubeadm(minor)))
		})
	}
}

// TestHardened: nobody has anything to say of a control plane that is as it should be.
func TestHardened(t *testing.T) {
	policy, err := audit.Generate(audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for minor := controlplane.Oldest; minor <= controlplane.Newest; minor++ {
		t.Run(fmt.Sprintf("1.%d", minor), func(t *testing.T) {
			for _, line := range scan(t, minor, controlplane.Hardened(minor, string(policy))) {
				t.Error(line)
			}
		})
	}
}

// TestDistributions judges what other installers leave.
func TestDistributions(t *testing.T) {
	for name, files := range controlplane.Distributions() {
		t.Run(name, func(t *testing.T) { golden(t, name, scan(t, controlplane.Newest, files)) })
	}
}

// TestAsKubeadmWritesThem compares the static pods with those that kubeadm itself made.
func TestAsKubeadmWritesThem(t *testing.T) {
	for _, minor := range []int{29, 33, 37} {
		compared := 0
		for _, f := range controlplane.Kubeadm(minor) {
			name, ok := strings.CutPrefix(f.Path, "etc/kubernetes/manifests/")
			if !ok {
				continue
			}
			src, err := os.ReadFile(filepath.Join("..", "..", "component", "testdata", "kubeadm", fmt.Sprintf("v1.%d", minor), name))
			if err != nil {
				t.Fatal(err)
			}
			compared++
			got, want := pod(t, f.Text), pod(t, string(src))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("1.%d %s:\n%s\nkubeadm makes\n%s", minor, name, f.Text, src)
			}
		}
		if compared != 4 {
			t.Errorf("1.%d: %d pods", minor, compared)
		}
	}
}

func pod(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	if m, ok := v["metadata"].(map[string]any); ok {
		delete(m, "creationTimestamp")
	}
	return v
}
