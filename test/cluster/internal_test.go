package cluster

import (
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// TestBuildError holds what is a skip and what is a failure.
func TestBuildError(t *testing.T) {
	for _, c := range []struct {
		stderr string
		skip   bool
	}{
		{`go: k8s.io/kubernetes@v1.37.2: Get "https://proxy.golang.org/k8s.io/kubernetes/@v/v1.37.2.zip": dial tcp: lookup proxy.golang.org: no such host`, true},
		{"go: downloading x v1\ngo: x@v1: module lookup disabled by GOPROXY=off", true},
		{"# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH", true},
		{"main.go:3:2: undefined: x", false},
		{"go: updates to go.mod needed", false},
		{"", false},
	} {
		err := buildError("etcd", &goError{errors.New("exit status 1"), c.stderr})
		if _, skip := errors.AsType[*UnavailableError](err); skip != c.skip {
			t.Errorf("%q: %v; a skip: %t, want %t", c.stderr, err, skip, c.skip)
		}
	}
	if _, skip := errors.AsType[*UnavailableError](buildError("etcd", &goError{fmt.Errorf("go: %w", exec.ErrNotFound), ""})); !skip {
		t.Error("a machine without Go is no skip")
	}
}

func TestPlaces(t *testing.T) {
	c := &Cluster{Dir: "/tmp/x", address: "198.18.0.1", port: map[string]int{Etcd: 1, "etcd-peer": 2, "etcd-metrics": 3, APIServer: 4}}
	got := Flags{
		"a": "/etc/kubernetes/pki/ca.crt,/tmp/x/var/lib/etcd", "b": "https://127.0.0.1:2379,https://192.0.2.10:2380", "c": "gone", "d": "/usr/etc/x",
	}.with(Flags{"c": Remove, "e": ""}).replace(c.here()).replace(c.rooted()).args()
	want := []string{
		"--a=/tmp/x/etc/kubernetes/pki/ca.crt,/tmp/x/var/lib/etcd", "--b=https://127.0.0.1:1,https://198.18.0.1:2", "--d=/usr/etc/x", "--e=",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMerge(t *testing.T) {
	into := map[string]any{"a": 1, "b": map[string]any{"c": 2, "d": 3}, "e": 4, "f": []any{1}}
	merge(into, map[string]any{"a": nil, "b": map[string]any{"c": nil, "x": 5}, "e": map[string]any{"y": 6}, "f": []any{2}})
	want := map[string]any{"b": map[string]any{"d": 3, "x": 5}, "e": map[string]any{"y": 6}, "f": []any{2}}
	if !reflect.DeepEqual(into, want) {
		t.Errorf("got  %v\nwant %v", into, want)
	}
}

// TestImageNames holds that a name which no node could pull is refused.
func TestImageNames(t *testing.T) {
	for _, name := range []string{"", "serve", "serve:1", "registry/serve"} {
		if err := new(images).add(&image{name: name, from: "/dev/null", to: "/x"}); err == nil || !strings.Contains(err.Error(), "no registry or no tag") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
