package components_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
	"github.com/kubeharden/kubeharden/node"
	collect "github.com/kubeharden/kubeharden/source/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// controlPlaneFacts describes the control plane of a cluster as kubeharden does on its node: the processes that run, as /proc has them, and the
// files below the cluster's folder, which is the root.
func controlPlaneFacts(t *testing.T, c *cluster.Cluster) *node.Facts {
	t.Helper()
	// The processes live in this machine's file system and call their files by what they are there. This link makes it the same within the root.
	link := filepath.Join(c.Dir, c.Dir)
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", link); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	var pids []int
	for _, name := range c.Running() {
		// One that cannot do its work may have ended just now; its static pod says the same.
		pid := c.PID(t, name)
		if text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil && len(text) > 0 {
			pids = append(pids, pid)
		}
	}
	facts, err := collect.Collect(t.Context(), &collect.Options{Root: c.Dir, Proc: processes(t, pids...), Name: c.NodeName, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range facts.Spec.Problems {
		if slices.Equal(p.Affects, []string{node.PartSecurityModules}) {
			continue // the kernel is not looked at here
		}
		t.Errorf("the facts have a problem: %s: %s", p.Path, p.Reason)
	}
	if len(facts.Spec.Processes) != len(pids) {
		t.Fatalf("processes %v, want those of %v", facts.Spec.Processes, c.Running())
	}
	return facts
}

// processes is a /proc with some processes of this machine only: others are of other tests.
func processes(t *testing.T, pids ...int) string {
	t.Helper()
	dir := t.TempDir()
	for _, of := range append([]int{os.Getpid()}, pids...) {
		from, to := filepath.Join("/proc", strconv.Itoa(of)), filepath.Join(dir, strconv.Itoa(of))
		files := []string{"cmdline", "status", "environ", "comm"}
		if of == os.Getpid() {
			// The first process shows what all see.
			to, files = filepath.Join(dir, "1"), []string{"mountinfo", "../sys/kernel/osrelease", "../sys/kernel/arch"}
			copied(t, "", filepath.Join(to, "cmdline"))
			copied(t, "  sl  local_address\n", filepath.Join(to, "net/tcp"))
			copied(t, "  sl  local_address\n", filepath.Join(to, "net/udp"))
		}
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(of), file))
			if errors.Is(err, fs.ErrNotExist) {
				text, err = os.ReadFile(filepath.Join(from, file))
			}
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			copied(t, string(text), filepath.Join(to, file))
		}
		for _, link := range []string{"exe", "ns/mnt"} {
			target, err := os.Readlink(filepath.Join(from, link))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(to, link)), 0o755), os.Symlink(target, filepath.Join(to, link))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func copied(t *testing.T, text, file string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// finding is one of a report in JSON.
type finding struct {
	Control, Status, Message, Reason, Path string
	Object                                 struct{ Kind, Namespace, Name string }
	Place                                  struct {
		File string
		Line int
	}
}

// counts are how often a control said what.
type counts struct {
	Pass, Fail, Unknown int
	NotApplicable       int `json:"not-applicable"`
}

// verdict is what a scan says.
type verdict struct {
	counts   map[string]counts
	findings map[string][]finding
}

// failed tells whether a control found something wrong, and passed whether it looked and found nothing wrong.
func (v *verdict) failed(id string) bool { return v.counts[id].Fail > 0 }

func (v *verdict) passed(id string) bool {
	c := v.counts[id]
	return c.Pass > 0 && c.Fail == 0 && c.Unknown == 0
}

// judged scans the facts of nodes.
func judged(t *testing.T, all []*node.Facts, args ...string) *verdict {
	t.Helper()
	dir := t.TempDir()
	for _, f := range all {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		copied(t, b.String(), filepath.Join(dir, f.Metadata.Name+".json"))
	}
	return scan(t, append([]string{"--node-facts", dir}, args...)...)
}

// scan runs the program.
func scan(t *testing.T, args ...string) *verdict {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), cli.Process{
		Args:  append([]string{"kubeharden", "scan", "--no-config", "--no-fold", "--format", "json"}, args...),
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if code != 0 && code != 1 {
		t.Fatalf("exit status %d: %s", code, errs.String())
	}
	return readVerdict(t, out.Bytes())
}

func readVerdict(t *testing.T, report []byte) *verdict {
	t.Helper()
	var d struct {
		Files []struct {
			Findings []finding
		}
		Summary struct {
			Controls []struct {
				ID string
				counts
			}
		}
	}
	if err := json.Unmarshal(report, &d); err != nil {
		t.Fatal(err)
	}
	v := &verdict{map[string]counts{}, map[string][]finding{}}
	for _, c := range d.Summary.Controls {
		v.counts[c.ID] = c.counts
	}
	for _, file := range d.Files {
		for _, f := range file.Findings {
			v.findings[f.Control] = append(v.findings[f.Control], f)
		}
	}
	return v
}
