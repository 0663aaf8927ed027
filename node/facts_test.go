package node

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// full has every member, so that none goes undocumented.
func full() *Facts {
	f := New("node-a")
	text := "kind: Config\n"
	f.Spec = Spec{
		CollectedAt: "2026-01-01T00:00:00Z",
		Host: Host{
			OS: "debian", OSVersion: "12", OSName: "Debian", Variant: "x", Kernel: "6.1", Architecture: "x86_64", Runtime: "containerd", RuntimeVersion: "v2.1.0",
			Distribution: "kubeadm", Roles: []string{"worker", "control-plane"},
		},
		Programs: []Program{{Name: "runc", Path: "/usr/bin/runc", Version: "v1.3.3", Source: "dpkg"}},
		Processes: []Process{
			{Component: "kubelet", PID: 9, Arguments: nil},
			{
				Component: "etcd", PID: 8, User: "root", UID: 1, Exe: "/etcd", Version: "v3.6.1", Arguments: []string{"etcd"}, Environment: []Variable{{"B", "b"}, {"A", "a"}},
				Contained: true, Mounts: []Mount{{"/b", "/c"}, {"/a", "/d"}},
			},
		},
		Files: []File{
			{Path: "/b", Roles: []string{RoleKubeconfig, RoleAuditLog, RoleKubeconfig}, Type: "file", Owner: "root", Group: "root", Mode: "0600", Content: &text},
			{Path: "/a", Roles: []string{RolePKIKey}, Component: "kubelet", Type: "socket", Target: "/c", Owner: "1", Group: "1", UID: 1, GID: 1, Mode: "4755", Modified: "2026-01-01T00:00:00Z", Format: FormatBbolt},
		},
		Certificates: []Certificate{{
			Path: "/c", In: "users[0]", Subject: "CN=a", Organizations: []string{"b"}, Issuer: "CN=c", NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2027-01-01T00:00:00Z", KeyAlgorithm: "RSA",
			KeyBits: 2048, SignatureAlgorithm: "SHA256-RSA", SelfSigned: true, DNSNames: []string{"a"}, IPAddresses: []string{"::1"}, IsCA: true, Usages: []string{"cert sign"},
		}},
		Sockets:  []Socket{{Protocol: "tcp", Address: "::", Port: 22, Program: "sshd", PID: 7}},
		Kernel:   Kernel{Sysctls: []Variable{{"b", "1"}, {"a", "2"}}, LSM: []string{"yama"}, AppArmor: "enforcing", SELinux: "disabled", Seccomp: true, AppArmorProfiles: []string{"a"}},
		Services: []Service{{Name: "sshd", How: "process", PID: 7}},
		Problems: []Problem{{Path: "/x", Affects: []string{PartKernel, PartHost, PartKernel}, Reason: "permission denied"}},
	}
	return f
}

// TestSchema: the documented schema describes every member, and the emptiest document too.
func TestSchema(t *testing.T) {
	b, err := os.ReadFile("../docs/schema/node-facts-v1alpha1.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	refuseOthers(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:schema", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatal(err)
	}
	if v := reflect.ValueOf(full().Spec); hasZero(v) {
		t.Error("the example does not have every member")
	}
	empty := New("a")
	empty.Spec.Host.Distribution = "unknown"
	for _, f := range []*Facts{full(), empty} {
		var out bytes.Buffer
		if err := f.Write(&out); err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Error(err)
		}
	}
}

// refuseOthers makes members that a schema does not name an error.
func refuseOthers(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			refuseOthers(v)
		}
	case []any:
		for _, v := range s {
			refuseOthers(v)
		}
	}
}

// hasZero reports whether a member of a struct is set in none of the items of its list, or not at all.
func hasZero(v reflect.Value) bool {
	for _, f := range v.Fields() {
		switch {
		case f.Kind() == reflect.Struct:
			if hasZero(f) {
				return true
			}
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct && f.Len() == 1:
			if hasZero(f.Index(0)) {
				return true
			}
		case f.IsZero():
			return true
		}
	}
	return false
}

// TestSorted: facts in another order are the same bytes, what is missing is an empty list, and what is read back is the same.
func TestSorted(t *testing.T) {
	a, b := full(), full()
	b.Spec.Files[0], b.Spec.Files[1] = b.Spec.Files[1], b.Spec.Files[0]
	b.Spec.Processes[0], b.Spec.Processes[1] = b.Spec.Processes[1], b.Spec.Processes[0]
	b.Spec.Host.Roles = []string{"control-plane", "worker"}
	var x, y bytes.Buffer
	if err := a.Write(&x); err != nil {
		t.Fatal(err)
	}
	if err := b.Write(&y); err != nil {
		t.Fatal(err)
	}
	if x.String() != y.String() {
		t.Errorf("%s\n%s", x.String(), y.String())
	}
	var back Facts
	if err := json.Unmarshal(x.Bytes(), &back); err != nil || !reflect.DeepEqual(&back, a) {
		t.Errorf("%v: %+v", err, back)
	}
	x.Reset()
	if err := New("a").Write(&x); err != nil || strings.Contains(x.String(), "null") {
		t.Errorf("%v: %s", err, x.String())
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "node-1.example.com": true, "10-0-0-1": true, "": false, "A": false, "a/b": false, "..": false, "a..b": false, "-a": false, "a-": false, "a.-b": false, "a_b": false,
		strings.Repeat("a", 254): false,
	} {
		if ValidName(name) != want {
			t.Errorf("%q: want %v", name, want)
		}
	}
	for version, want := range map[string]bool{"kubeharden.io/v1alpha1": true, "kubeharden.io/v2": true, "v1": false, "example.com/v1": false} {
		if Is(version, Kind) != want {
			t.Errorf("%q: want %v", version, want)
		}
	}
	if Carried([]string{RolePKIKey, RoleRuntimeConfig}) || !Carried([]string{RolePKIKey, RoleKubeletConfig}) {
		t.Error("the wrong files are carried")
	}
}
