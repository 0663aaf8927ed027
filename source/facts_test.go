package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

const factsOfA = `{"apiVersion": "kubeharden.io/v1alpha1", "kind": "NodeFacts", "metadata": {"name": "a"}, "spec": {
  "processes": [{"component": "kubelet", "pid": 8, "arguments": ["kubelet", "--a=b\nc", "--d"]}],
  "files": [
    {"path": "/etc/kubernetes/kubelet.conf", "roles": ["kubelet-kubeconfig"], "content": "kind: Config\n"},
    {"path": "/etc/kubernetes/pki/ca.key", "roles": ["pki-key"]},
    {"path": "/etc/containerd/config.toml", "roles": ["runtime-config"], "content": "version = 3"},
    {"path": "/../../../etc/x.yaml", "roles": ["audit-policy"], "content": "kind: Policy"},
    {"path": "relative.yaml", "roles": ["audit-policy"], "content": "kind: Policy"},
    {"path": "/etc/kubernetes/kubelet.conf", "roles": ["kubelet-kubeconfig"], "content": "another"}
  ]}}`

// manifestsOf are manifests of texts by their paths.
func manifestsOf(reads *int, files ...string) iter.Seq[Manifest] {
	return func(yield func(Manifest) bool) {
		for i := 0; i+1 < len(files); i += 2 {
			m := Manifest{Path: files[i], Argument: i / 2, Once: files[i] == "<stdin>", Read: func() ([]byte, error) {
				*reads++
				return []byte(files[i+1]), nil
			}}
			if !yield(m) {
				return
			}
		}
	}
}

// readAll reads manifests as the engine does and returns "path: content".
func readAll(t *testing.T, all iter.Seq[Manifest]) []string {
	t.Helper()
	var out []string
	for m := range all {
		if m.Err != nil {
			out = append(out, m.Path+": error: "+m.Err.Error())
			continue
		}
		src, err := m.Read()
		if err != nil {
			t.Fatalf("%s: %v", m.Path, err)
		}
		text := string(src)
		if strings.HasPrefix(text, "{") {
			text = "{…}"
		}
		out = append(out, fmt.Sprintf("%s (%d): %q", m.Path, m.Argument, text))
	}
	return out
}

func TestFactsCarryFiles(t *testing.T) {
	carried := []string{
		`a/proc/8/cmdline (1): "kubelet\n--a=b\\nc\n--d\n"`,
		`a/etc/kubernetes/kubelet.conf (1): "kind: Config\n"`,
		`a/etc/x.yaml (1): "kind: Policy"`,
	}
	for _, path := range []string{"facts/a.json", "<stdin>"} {
		reads := 0
		got := readAll(t, withFacts(t.Context(), manifestsOf(&reads, "x.yaml", "kind: Pod", path, factsOfA, "other.json", `{"kind": "ConfigMap"}`)))
		want := slices.Concat([]string{`x.yaml (0): "kind: Pod"`, path + ` (1): "{…}"`}, carried, []string{`other.json (2): "{…}"`})
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	reads := 0
	got := readAll(t, withFacts(t.Context(), manifestsOf(&reads, "a.yaml", factsOfA)))
	if len(got) != 1 {
		t.Errorf("facts are looked for in .json files, got %q", got)
	}
}

// TestSeveralFactsInAFile: a stream of documents, as kubectl logs of several pods gives it.
func TestSeveralFactsInAFile(t *testing.T) {
	reads := 0
	second := strings.Replace(factsOfA, `"a"`, `"b"`, 1)
	bad := strings.Replace(factsOfA, `"a"`, `"../b"`, 1)
	got := strings.Join(readAll(t, withFacts(t.Context(), manifestsOf(&reads, "all.json", factsOfA+"\n"+second+"\n"+bad))), "\n")
	for _, want := range []string{"a/proc/8/cmdline", "b/proc/8/cmdline", `all.json: error: the facts are of no node: metadata.name is "../b"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// TestFactsAreNotKept: of many nodes only a few are held, and what is asked for late is read again and is the same.
func TestFactsAreNotKept(t *testing.T) {
	var files []string
	for n := range 3 * maxHeld {
		files = append(files, fmt.Sprintf("%d.json", n), strings.Replace(factsOfA, `"a"`, fmt.Sprintf(`"n%d"`, n), 1))
	}
	reads := 0
	all := slices.Collect(withFacts(t.Context(), manifestsOf(&reads, files...)))
	if len(all) != 3*maxHeld*4 {
		t.Fatalf("%d manifests", len(all))
	}
	before := reads
	src, err := all[1].Read() // of the first node
	if err != nil || string(src) != "kubelet\n--a=b\\nc\n--d\n" || reads == before {
		t.Errorf("%q, %v, read %d times more", src, err, reads-before)
	}
	before = reads
	if _, err = all[2].Read(); err != nil || reads != before {
		t.Errorf("%v: a part of a file that is held was read again", err)
	}
}

// TestFactsThatChange: a file that is another one meanwhile is an error, and no answer.
func TestFactsThatChange(t *testing.T) {
	content := factsOfA
	m := Manifest{Path: "a.json", Read: func() ([]byte, error) { return []byte(content), nil }}
	var held latest
	var all []Manifest
	carried(m, &held, func(m Manifest) bool { all = append(all, m); return true })
	content = `{"kind": "ConfigMap"}`
	held.held[0].nodes = nil
	if _, err := all[0].Read(); err == nil {
		t.Error("no error")
	}
}

// TestPipeOfFacts: who waits for a pipe that nobody writes to can be interrupted, and a pipe that breaks is told once.
func TestPipeOfFacts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blocked, _ := io.Pipe()
	n := 0
	stdin := func(yield func(Manifest) bool) {
		yield(Manifest{Path: "<stdin>", Once: true, Read: func() ([]byte, error) { return io.ReadAll(blocked) }})
	}
	done := make(chan struct{})
	go func() {
		for range withFacts(ctx, stdin) {
			n++ // a worker would read it now, and be stuck
		}
		close(done)
	}()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
	broken := func(yield func(Manifest) bool) {
		yield(Manifest{Path: "<stdin>", Once: true, Read: func() ([]byte, error) { return nil, errors.New("broken") }})
	}
	n = 0
	for m := range withFacts(t.Context(), broken) {
		if _, err := m.Read(); err == nil {
			t.Error("no error")
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d manifests", n)
	}
}
