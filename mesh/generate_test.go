package mesh_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

func TestGenerateMakesTheMeshStrict(t *testing.T) {
	w := read(t, namespace("shop", istioOn), namespace("old", "team: a"), namespace("flow", "istio.io/dataplane-mode: ambient"),
		pod("shop", "web", "app: web", plain), pod("old", "cron", "app: cron", plain), pod("flow", "am", "app: am", plain),
		"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: off, namespace: shop}\nspec: {host: web, trafficPolicy: {tls: {mode: DISABLE}}}\n")
	a := w.analyse(mesh.Options{})
	got, err := a.GeneratePeerAuthentication(mesh.GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Mutual TLS only, for the whole mesh, as istio-system is its root namespace.
# Probes of the kubelet go on working: the injector leads them to the proxy.
#
# Not in the mesh, as far as was read. If they call workloads of the mesh, those calls break:
# - Pod/old/cron
#
# Clients that would be refused; have them use ISTIO_MUTUAL, or no tls at all:
# - DestinationRule shop/off has clients call web with TLS mode DISABLE
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: istio-system
spec:
  mtls:
    mode: STRICT
`
	if string(got.YAML) != want {
		t.Errorf("got\n%s\nwant\n%s", got.YAML, want)
	}
	again := read(t, string(got.YAML), namespace("shop", istioOn), pod("shop", "web", "", plain))
	if m := again.analyse(mesh.Options{}).Effective(again.workload(t, "web"), 8080); m.Mode != mesh.Strict {
		t.Errorf("what was generated gives %+v", m)
	}
}

func TestGenerateSaysWhatStaysOpen(t *testing.T) {
	w := read(t, namespace("shop", istioOn), namespace("other", istioOn), pod("shop", "web", "app: web", plain), pod("other", "o", "app: o", plain),
		peer("other", "lax", "{mtls: {mode: PERMISSIVE}}"))
	a := w.analyse(mesh.Options{})
	got, err := a.GeneratePeerAuthentication(mesh.GenerateOptions{})
	if !errors.Is(err, mesh.ErrNotStrict) {
		t.Fatalf("no error: %v", err)
	}
	for _, line := range got.Remaining {
		if line.Workload.Name != "o" || w.name(line.MTLS.Decider) != "PeerAuthentication/lax" {
			t.Errorf("remaining: %s decided by %s", line.Workload, w.name(line.MTLS.Decider))
		}
	}
	if len(got.Remaining) == 0 {
		t.Error("nothing remains")
	}
	// The namespace's own setting is replaced by its name.
	got, err = a.GeneratePeerAuthentication(mesh.GenerateOptions{Namespaces: []string{"other", "shop", "other"}, DefaultDeny: true})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got.YAML), "name: lax\n  namespace: other") || strings.Count(string(got.YAML), "kind: PeerAuthentication") != 2 {
		t.Errorf("got\n%s", got.YAML)
	}
	if strings.Count(string(got.YAML), "kind: AuthorizationPolicy") != 2 || len(got.Replaces) != 1 || w.name(got.Replaces[0]) != "PeerAuthentication/lax" {
		t.Errorf("replaces %v\n%s", got.Replaces, got.YAML)
	}
}

func TestGenerateForSomeNamespaces(t *testing.T) {
	w := read(t, namespace("shop", istioOn), namespace("other", istioOn), pod("shop", "web", "app: web", plain), pod("other", "o", "app: o", plain),
		peer("other", "lax", "{mtls: {mode: PERMISSIVE}}"), peer("shop", "db", "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}"))
	got, err := w.analyse(mesh.Options{}).GeneratePeerAuthentication(mesh.GenerateOptions{Namespaces: []string{"shop"}})
	if err != nil || len(got.Replaces) != 0 || !strings.Contains(string(got.YAML), "name: default\n  namespace: shop") {
		t.Errorf("%v, replaces %v\n%s", err, got.Replaces, got.YAML)
	}
}

func TestGenerateRefuses(t *testing.T) {
	two := read(t, namespace("shop", istioOn), peer("shop", "a", "{}"), peer("shop", "b", "{}")).analyse(mesh.Options{})
	if _, err := two.GeneratePeerAuthentication(mesh.GenerateOptions{Namespaces: []string{"shop"}}); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("two settings: %v", err)
	}
	if _, err := two.GeneratePeerAuthentication(mesh.GenerateOptions{Namespaces: []string{"a\nkind: Secret"}}); err == nil {
		t.Error("a name with a line break is taken")
	}
	numbers := read(t, namespace("123", istioOn), pod("\"123\"", "x", "", plain)).analyse(mesh.Options{})
	got, err := numbers.GeneratePeerAuthentication(mesh.GenerateOptions{Namespaces: []string{"123"}})
	if err != nil || !strings.Contains(string(got.YAML), `namespace: "123"`) {
		t.Errorf("%v\n%s", err, got.YAML)
	}
}

func TestGenerateKeepsCommentsOnTheirLine(t *testing.T) {
	w := read(t, namespace("shop", istioOn), "apiVersion: v1\nkind: Pod\nmetadata: {name: \"x\\nkind: Secret\", namespace: old}\nspec: {containers: [{name: a}]}\n")
	got, err := w.analyse(mesh.Options{}).GeneratePeerAuthentication(mesh.GenerateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(got.YAML)) {
		if strings.HasPrefix(line, "kind: Secret") {
			t.Errorf("a name became YAML:\n%s", got.YAML)
		}
	}
}
