package baseline

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

func parse(t testing.TB, src string) tree.Node {
	t.Helper()
	for doc := range tree.Split([]byte(src)) {
		parsed, err := tree.NewParser().Parse([]byte(src), doc)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Root()
	}
	t.Fatal("no document")
	return tree.Node{}
}

const pod = `spec:
  containers:
  - name: app
    args: ["--password=hunter2", --verbose]
    ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}, {containerPort: 90, name: web}]
    volumeMounts: [{name: data, mountPath: /a}, {name: data, mountPath: /b}]
    securityContext: {capabilities: {add: [NET_ADMIN, SYS_ADMIN]}}
    env: [{name: "a[0]"}]
  - {image: x}
  hostAliases: [{ip: 1.2.3.4}]
  files: [{path: /a, mode: "0600"}]
  certificates: [{path: /c}, {path: /c, in: certificate 2}]
  processes: [{component: kubelet, pid: 8}]
metadata:
  annotations: {"a.b/c": x}
  list: [[1, 2], {z: 1, a: 2}]
`

func TestStablePath(t *testing.T) {
	root := parse(t, pod)
	for _, c := range []struct{ path, value, want, alone string }{
		{"spec.hostNetwork", "true", "spec.hostNetwork", "spec.hostNetwork"},
		{"spec.containers[0].image", "", "spec.containers[app].image", "spec.containers[app].image"},
		{"spec.containers[0].ports[0].hostPort", "", "spec.containers[app].ports[80].hostPort", "spec.containers[app].ports[].hostPort"},
		{"spec.containers[0].ports[1]", "", "spec.containers[app].ports[80/UDP]", "spec.containers[app].ports[]"},
		{"spec.containers[0].ports[2]", "", "spec.containers[app].ports[web]", "spec.containers[app].ports[]"},
		{"spec.containers[0].volumeMounts[1].x", "", "spec.containers[app].volumeMounts[/b].x", "spec.containers[app].volumeMounts[].x"},
		{
			"spec.containers[0].securityContext.capabilities.add[1]", "SYS_ADMIN",
			"spec.containers[app].securityContext.capabilities.add[SYS_ADMIN]", "spec.containers[app].securityContext.capabilities.add[SYS_ADMIN]",
		},
		{"spec.containers[0].args[0]", "", "spec.containers[app].args[]", "spec.containers[app].args[]"},
		{"spec.containers[0].env[0].value", "", `spec.containers[app].env["a[0]"].value`, "spec.containers[app].env[].value"},
		{"spec.hostAliases[0].x", "", "spec.hostAliases[1.2.3.4].x", "spec.hostAliases[].x"},
		{"spec.files[0].mode", "0600", "spec.files[/a].mode", "spec.files[].mode"},
		{"spec.certificates[1].notAfter", "", "spec.certificates[/c/certificate 2].notAfter", "spec.certificates[].notAfter"},
		{"spec.processes[0].arguments", "", "spec.processes[kubelet].arguments", "spec.processes[].arguments"},
		{`metadata.annotations["a.b/c"]`, "x", `metadata.annotations["a.b/c"]`, `metadata.annotations["a.b/c"]`},
		{"metadata.list[1].z", "1", "metadata.list[#b6fbd2b2].z", "metadata.list[].z"},
		{"metadata.list[0][1]", "2", "metadata.list[#8d8b3e0e][2]", "metadata.list[][2]"},
		{"", "", "", ""},
		{"a[b].c", "", "a[b].c", "a[b].c"},
		{"a[", "", "a[", "a["},
	} {
		f := &control.Finding{Control: &control.Control{ID: "x", Layer: control.Pods}, Path: c.path, Value: c.value}
		f.Ref.Container = "app"
		got := StablePath(root, f)
		if i := strings.IndexByte(c.want, '#'); i >= 0 { // any hash will do
			if len(got) < i+9 || got[:i+1] != c.want[:i+1] || got[i+9:] != c.want[i+9:] {
				t.Errorf("%s is %s, want %s", c.path, got, c.want)
			}
		} else if got != c.want {
			t.Errorf("%s is %s, want %s", c.path, got, c.want)
		}
		if got := StablePath(tree.Node{}, f); got != c.alone {
			t.Errorf("%s alone is %s, want %s", c.path, got, c.alone)
		}
	}
	f := &control.Finding{Control: &control.Control{Layer: control.Secrets}, Path: "metadata.list[1].z", Value: ""}
	if got := StablePath(root, f); got != "metadata.list[].z" {
		t.Errorf("a secret is hashed: %s", got)
	}
}

// TestStableHash checks that the order of keys and the way a value is written do not matter.
func TestStableHash(t *testing.T) {
	f := &control.Finding{Control: &control.Control{ID: "x", Layer: control.Pods}, Path: "a[0].b"}
	one := StablePath(parse(t, "a: [{b: yes, c: 'x'}]"), f)
	two := StablePath(parse(t, "a:\n# comment\n- c: x\n  b: true\n"), f)
	if one != two || !strings.Contains(one, "#") {
		t.Errorf("%s and %s", one, two)
	}
}

func finding(id, file, name, path string) *control.Finding {
	return &control.Finding{
		Control: &control.Control{ID: id, Layer: control.Pods}, Status: control.Fail, Path: path,
		Ref: control.Ref{Kind: "Pod", Namespace: "ns", Name: name}, Place: control.Place{File: file, Line: 3, Offset: 40},
	}
}

func roundTrip(t *testing.T, opts Options, findings ...*control.Finding) (*Baseline, string) {
	t.Helper()
	w := NewWriter(opts)
	for _, f := range findings {
		w.Add(f, "")
	}
	var out bytes.Buffer
	if err := Write(&out, w.Entries()); err != nil {
		t.Fatal(err)
	}
	b, err := Read(bytes.NewReader(out.Bytes()), opts)
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	return b, out.String()
}

func TestMatch(t *testing.T) {
	a := finding("host-network", "./a.yaml", "web", "spec.hostNetwork")
	b, text := roundTrip(t, Options{}, a, finding("host-pid", "b.yaml", "web", "spec.<x>"), a)
	want := `{
"schemaVersion": 1,
"findings": [
{"control":"host-network","file":"a.yaml","object":"Pod/ns/web","path":"spec.hostNetwork","count":2},
{"control":"host-pid","file":"b.yaml","object":"Pod/ns/web","path":"spec.<x>"}
]}
`
	if text != want {
		t.Errorf("written:\n%s", text)
	}
	moved := finding("host-network", "a.yaml", "web", "spec.hostNetwork")
	moved.Place.Line, moved.Place.Offset, moved.Message, moved.Value = 90, 900, "other", "yes"
	for i, want := range []bool{true, true, false} {
		if got := b.Match(moved, ""); got != want {
			t.Errorf("match %d is %v", i, got)
		}
	}
	for _, other := range []*control.Finding{
		finding("host-network", "c.yaml", "web", "spec.hostNetwork"), finding("host-network", "a.yaml", "api", "spec.hostNetwork"),
		finding("host-ipc", "a.yaml", "web", "spec.hostNetwork"), finding("host-network", "a.yaml", "web", "spec.other"),
	} {
		if b.Match(other, "") {
			t.Errorf("%+v is in the baseline", other)
		}
	}
	if fixed := b.Fixed(); fixed != nil {
		t.Errorf("fixed in files that were not scanned: %v", fixed)
	}
	b.Saw("a.yaml")
	b.Saw("b.yaml")
	if fixed := b.Fixed(); len(fixed) != 1 || fixed[0].Control != "host-pid" || fixed[0].Count != 1 {
		t.Errorf("fixed: %+v", fixed)
	}
}

func TestOnlyFailures(t *testing.T) {
	f := finding("a", "a.yaml", "web", "x")
	f.Status = control.Waived
	if _, text := roundTrip(t, Options{}, f); text != "{\n\"schemaVersion\": 1,\n\"findings\": [\n]}\n" {
		t.Errorf("written:\n%s", text)
	}
}

func TestRenamedFile(t *testing.T) {
	old := finding("host-network", "old.yaml", "web", "spec.hostNetwork")
	renamed := finding("host-network", "new.yaml", "web", "spec.hostNetwork")
	gone := Options{Gone: func(path string) bool { return path == "old.yaml" }}
	b, _ := roundTrip(t, gone, old)
	if !b.Match(renamed, "") || b.Match(renamed, "") {
		t.Error("a renamed file is not recognised, or twice")
	}
	b, _ = roundTrip(t, Options{Gone: func(string) bool { return false }}, old)
	if b.Match(renamed, "") {
		t.Error("a copy is taken for a renamed file")
	}
	nameless := finding("host-network", "old.yaml", "", "spec.hostNetwork")
	nameless.Ref.Namespace = ""
	b, _ = roundTrip(t, gone, nameless)
	nameless.Place.File = "new.yaml"
	if b.Match(nameless, "") {
		t.Error("an object without a name is recognised in another file")
	}
}

func TestImplied(t *testing.T) {
	strong := finding("privileged-container", "a.yaml", "web", "spec.x")
	strong.Folded = []string{"privilege-escalation-allowed"}
	b, _ := roundTrip(t, Options{}, strong)
	implied := finding("privilege-escalation-allowed", "a.yaml", "web", "spec.y")
	if !b.Match(implied, "") || b.Match(implied, "") {
		t.Error("what was implied is new, or not counted")
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", "unexpected end of JSON"},
		{"{}", "no schemaVersion"},
		{`{"schemaVersion": 2, "other": 1}`, "schemaVersion is 2, and this kubeharden reads 1"},
		{`{"schemaVersion": "1"}`, "1:21: json: cannot unmarshal string"},
		{"{\"schemaVersion\": 1,\n  \"findings\": [}", "2:16: invalid character"},
		{`{"schemaVersion": 1, "finding": []}`, `unknown field "finding"`},
		{`{"schemaVersion": 1, "findings": [{"file": "a"}]}`, "finding 1 has no control"},
		{`{"schemaVersion": 1, "findings": [{"control": "a", "count": -1}]}`, "finding 1 has count -1"},
		{`{"schemaVersion": 1, "findings": [{"control": "a", "count": 99999999999}]}`, "count 99999999999"},
	} {
		if _, err := Read(strings.NewReader(c.src), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.src, err, c.want)
		}
	}
}

func TestEntriesSurvive(t *testing.T) {
	entries := []Entry{
		{Control: "a", File: "x\"y\n.yaml", Object: "Pod/é<>&", Container: "c", Path: `a["b"]`, Count: 3, Implies: []string{"b", "c"}},
		{Control: "b", File: "y", Count: 1},
	}
	var out bytes.Buffer
	if err := Write(&out, entries); err != nil {
		t.Fatal(err)
	}
	b, err := Read(&out, Options{})
	if err != nil || !reflect.DeepEqual(b.entries, entries) {
		t.Errorf("%v, %+v", err, b.entries)
	}
}

func FuzzBaseline(f *testing.F) {
	f.Add(`{"schemaVersion": 1, "findings": [{"control": "a", "file": "b", "object": "Pod/c", "count": 2}]}`, "spec.containers[0].x", pod)
	f.Add(`{"schemaVersion": 1}`, `a["b.c"][1]`, "a: {b.c: [1, 2]}")
	f.Fuzz(func(t *testing.T, file, path, object string) {
		var root tree.Node
		for doc := range tree.Split([]byte(object)) {
			if parsed, err := tree.NewParser().Parse([]byte(object), doc); err == nil {
				root = parsed.Root()
			}
			break
		}
		of := finding("a", "b", "c", path)
		stable := StablePath(root, of)
		if again := StablePath(root, of); again != stable {
			t.Fatalf("%q and %q", stable, again)
		}
		b, err := Read(strings.NewReader(file), Options{Gone: func(string) bool { return true }})
		if err != nil {
			return
		}
		var one, two bytes.Buffer
		if err := Write(&one, b.entries); err != nil {
			t.Fatal(err)
		}
		c, err := Read(bytes.NewReader(one.Bytes()), Options{})
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, one.String())
		}
		if err := Write(&two, c.entries); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Fatalf("%v\n%s\n%s", err, one.String(), two.String())
		}
		b.Match(of, stable)
		b.Fixed()
	})
}

func BenchmarkMatch(b *testing.B) {
	var entries []Entry
	for i := range 100_000 {
		entries = append(entries, Entry{Control: "x", File: fmt.Sprintf("f%d.yaml", i), Object: "Pod/ns/web", Path: "spec.hostNetwork", Count: 1_000_000})
	}
	base := New(entries, Options{Gone: func(string) bool { return false }})
	f := finding("x", "f5000.yaml", "web", "spec.hostNetwork")
	b.ReportAllocs()
	for b.Loop() {
		base.Match(f, "spec.hostNetwork")
	}
}

func BenchmarkStablePath(b *testing.B) {
	root := parse(b, pod)
	f := finding("x", "a.yaml", "web", "spec.containers[0].securityContext.capabilities.add[1]")
	f.Value = "SYS_ADMIN"
	b.ReportAllocs()
	for b.Loop() {
		StablePath(root, f)
	}
}
