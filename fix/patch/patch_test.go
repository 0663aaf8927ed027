package patch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/fix/patch"
	"github.com/kubeharden/kubeharden/source/kustomize"
	"github.com/kubeharden/kubeharden/tree/edit"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {a/b~c: x, owner: "yes"}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - {name: init, image: i:1}
      containers:
        - {name: a, image: a:1, args: [x, --insecure, z], securityContext: {capabilities: {drop: [NET_RAW], add: [SYS_ADMIN]}}}
        - {name: b, image: b:1, securityContext: {privileged: true}}
        - {name: c, image: c:1, volumeMounts: [{name: sock, mountPath: /sock}, {name: tmp, mountPath: /tmp}]}
      volumes:
        - {name: sock, hostPath: {path: /run/containerd.sock}}
        - {name: tmp, emptyDir: {}}
`

const variables = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: a
      image: a:1
      env: [{name: X, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: Z, valueFrom: {secretKeyRef: {name: s, key: l}}}]
    - {name: b, image: b:1, env: [{name: X, valueFrom: {secretKeyRef: {name: s, key: k}}}], envFrom: [{secretRef: {name: s}}]}
`

const certificate = `apiVersion: example.com/v1
kind: Gateway
metadata: {name: web}
spec:
  containers: [{name: a, tls: false}, {name: b}]
`

// TestPatches builds with each patch: the object has to become exactly what it was to become, by Kustomize's own library.
func TestPatches(t *testing.T) {
	const pod = "spec.template.spec."
	set := func(path string, value any) edit.Edit { return edit.Edit{Op: edit.Set, Path: path, Value: value} }
	remove := func(path string) edit.Edit { return edit.Edit{Op: edit.Remove, Path: path} }
	for name, c := range map[string]struct {
		object    string
		edits     []edit.Edit
		strategic bool
		has       string // in the JSON patch
	}{
		"new field of the pod":        {deployment, []edit.Edit{set(pod+"hostUsers", false)}, true, ""},
		"the last container":          {deployment, []edit.Edit{set(pod+"containers[2].securityContext.runAsNonRoot", true)}, true, "/containers/2/name"},
		"container in the middle":     {deployment, []edit.Edit{set(pod+"containers[1].securityContext.privileged", false)}, true, "value: b"},
		"two containers":              {deployment, []edit.Edit{set(pod+"containers[2].tty", true), set(pod+"initContainers[0].tty", true)}, true, ""},
		"field goes":                  {deployment, []edit.Edit{remove(pod + "containers[1].securityContext")}, true, "op: remove"},
		"number":                      {deployment, []edit.Edit{set("spec.replicas", int64(3))}, true, ""},
		"text that looks like a bool": {deployment, []edit.Edit{set("metadata.annotations.x", "on"), set("metadata.annotations.z", "0x1")}, true, ""},
		"annotation goes":             {deployment, []edit.Edit{remove(`metadata.annotations["a/b~c"]`)}, false, "a~1b~0c"},
		"new list":                    {deployment, []edit.Edit{set(pod+"containers[1].securityContext.capabilities.drop", []any{"ALL"})}, true, ""},
		"list without merge key":      {deployment, []edit.Edit{{Op: edit.Append, Path: pod + "containers[0].securityContext.capabilities.drop", Value: "ALL"}}, false, "/drop/-"},
		"item of a plain list goes":   {deployment, []edit.Edit{remove(pod + "containers[0].args[1]")}, false, "value: --insecure"},
		"new volume":                  {deployment, []edit.Edit{{Op: edit.Append, Path: pod + "volumes", Value: map[string]any{"name": "x", "emptyDir": map[string]any{}}}}, true, ""},
		"volume and its mount go":     {deployment, []edit.Edit{remove(pod + "volumes[0]"), remove(pod + "containers[2].volumeMounts[0]")}, true, ""},
		"variable gets another name":  {variables, []edit.Edit{set("spec.containers[0].env[0].name", "X_FILE"), set("spec.containers[0].env[0].value", "/x"), remove("spec.containers[0].env[0].valueFrom")}, true, ""},
		"all variables do": {variables, []edit.Edit{
			set("spec.containers[0].env[0].name", "X_FILE"), set("spec.containers[0].env[0].value", "/x"), remove("spec.containers[0].env[0].valueFrom"),
			set("spec.containers[0].env[1].name", "Z_FILE"), set("spec.containers[0].env[1].value", "/z"), remove("spec.containers[0].env[1].valueFrom"),
		}, true, ""},
		"variables of two containers": {variables, []edit.Edit{
			set("spec.containers[0].env[0].name", "X_FILE"), set("spec.containers[0].env[0].value", "/x"), remove("spec.containers[0].env[0].valueFrom"),
			set("spec.containers[1].env[0].name", "X_FILE"), set("spec.containers[1].env[0].value", "/x"), remove("spec.containers[1].env[0].valueFrom"),
		}, true, ""},
		"source of variables goes": {variables, []edit.Edit{remove("spec.containers[1].envFrom")}, true, ""},
		"mount and volume for it": {variables, []edit.Edit{
			{Op: edit.Append, Path: "spec.containers[0].volumeMounts", Value: map[string]any{"name": "x", "mountPath": "/x"}},
			{Op: edit.Append, Path: "spec.volumes", Value: map[string]any{"name": "x", "emptyDir": map[string]any{}}},
		}, true, ""},
		"custom resource": {certificate, []edit.Edit{set("spec.containers[0].tls", true)}, false, "/spec/containers/0/tls"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := edit.Apply([]byte(c.object), c.edits)
			if err != nil {
				t.Fatal(err)
			}
			before, after := value(t, c.object), value(t, string(text))
			id := patch.Identify(before)
			doc, ok := patch.Strategic(&id, before, after)
			if ok != c.strategic {
				t.Errorf("a strategic merge patch says it: %v", ok)
			}
			if ok {
				if got := build(t, c.object, doc, &id); !patch.Equal(got, after) {
					t.Errorf("%s\nbuilds %v\nwant   %v", doc, got, after)
				}
			}
			doc = patch.JSON6902(before, after)
			if got := build(t, c.object, doc, &id); !patch.Equal(got, after) {
				t.Errorf("%s\nbuilds %v\nwant   %v", doc, got, after)
			}
			if !strings.Contains(string(doc), c.has) {
				t.Errorf("%s\nlacks %q", doc, c.has)
			}
		})
	}
}

// TestOtherBase: an item that is not the one that was meant ends the build.
func TestOtherBase(t *testing.T) {
	before := value(t, deployment)
	id := patch.Identify(before)
	text, err := edit.Apply([]byte(deployment), []edit.Edit{{Op: edit.Remove, Path: "spec.template.spec.containers[0].args[1]"}})
	if err != nil {
		t.Fatal(err)
	}
	doc := patch.JSON6902(before, value(t, string(text)))
	moved := strings.Replace(deployment, "[x, --insecure, z]", "[x, --safe, --insecure, z]", 1)
	if _, err := tryBuild(t, moved, doc, &id); err == nil {
		t.Errorf("%s\nis applied to another list", doc)
	}
}

func TestNothingToSay(t *testing.T) {
	v := value(t, deployment)
	id := patch.Identify(v)
	if doc, ok := patch.Strategic(&id, v, v); ok {
		t.Errorf("a patch that changes nothing: %s", doc)
	}
	if doc := patch.JSON6902(v, v); doc != nil {
		t.Errorf("a patch that changes nothing: %s", doc)
	}
	renamed := value(t, strings.Replace(deployment, "name: web", "name: other", 1))
	if doc, ok := patch.Strategic(&id, v, renamed); ok {
		t.Errorf("a merge cannot rename: %s", doc)
	}
}

func TestFileName(t *testing.T) {
	for _, c := range []struct {
		kind, name string
		number     int
		want       string
	}{
		{"Deployment", "web", 1, "patches/harden-deployment-web.yaml"},
		{"ClusterRole", "system:a/../b", 1, "patches/harden-clusterrole-system-a-..-b.yaml"},
		{"Pod", "a", 3, "patches/harden-pod-a-3.yaml"},
	} {
		if got := patch.FileName(&patch.Object{Kind: c.kind, Name: c.name}, c.number); got != c.want {
			t.Errorf("%s/%s: %s, want %s", c.kind, c.name, got, c.want)
		}
	}
	if n := len(patch.FileName(&patch.Object{Kind: "Pod", Name: strings.Repeat("x", 1000)}, 1)); n > 255 {
		t.Errorf("a name of %d bytes", n)
	}
}

func TestRegister(t *testing.T) {
	const file = `# production
resources:
  - ../base  # all of it

patches:
  # theirs
  - path: replicas.yaml
images: []
`
	entry := patch.Entry{Path: "patches/harden-deployment-web.yaml", Target: patch.TargetOf(&patch.Object{Group: "apps", Version: "v1", Kind: "Deployment", Name: "web.x", Namespace: "shop"})}
	got, err := patch.Register([]byte(file), []patch.Entry{entry})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(file, "images:", `  - path: patches/harden-deployment-web.yaml
    target:
      group: apps
      version: v1
      kind: Deployment
      name: "web\\.x"
      namespace: shop
images:`, 1)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again, err := patch.Register(got, []patch.Entry{entry})
	if err != nil || string(again) != want {
		t.Errorf("the second time: %v\n%s", err, again)
	}
	back, err := patch.Without(got, []string{entry.Path})
	if err != nil || string(back) != file {
		t.Errorf("without it: %v\n%s", err, back)
	}
	if _, err := patch.Register([]byte("a: b\n---\nc: d\n"), []patch.Entry{entry}); err == nil {
		t.Error("a file of two documents is changed")
	}
}

func TestBare(t *testing.T) {
	const file = "nameprefix: a-  # with an odd case, which Kustomize takes\nresources: [a.yaml]\nnamespace: x\nnameSuffix: -z\n"
	got, err := patch.Bare([]byte(file))
	if err != nil || string(got) != "resources: [a.yaml]\n" {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := patch.Register([]byte("Patches: []\n"), nil); err == nil {
		t.Error("patches by another name are not seen")
	}
}

func value(t *testing.T, text string) any {
	t.Helper()
	v, err := patch.Value([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func build(t *testing.T, object string, doc []byte, id *patch.Object) any {
	t.Helper()
	v, err := tryBuild(t, object, doc, id)
	if err != nil {
		t.Fatalf("%s\n%v", doc, err)
	}
	return v
}

func tryBuild(t *testing.T, object string, doc []byte, id *patch.Object) (any, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "object.yaml"), []byte(object), 0o600); err != nil {
		t.Fatal(err)
	}
	const name = "kustomization.yaml"
	file := []byte("resources: [object.yaml]\n")
	if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := patch.Register(file, []patch.Entry{{Path: "patches/p.yaml", Target: patch.TargetOf(id)}})
	if err != nil {
		t.Fatal(err)
	}
	// The patch is never on the disk: builds read what is laid over it.
	manifests, err := kustomize.Build(t.Context(), dir, kustomize.Options{Files: map[string][]byte{name: file, "patches/p.yaml": doc}})
	if err != nil {
		return nil, err
	}
	if len(manifests) != 1 {
		t.Fatalf("%d objects", len(manifests))
	}
	return value(t, string(manifests[0].Source)), nil
}
