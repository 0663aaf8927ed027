package mesh_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/mesh"
)

func rule(ns, name, spec string) string {
	return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: " + name + ", namespace: " + ns + "}\nspec: " + spec + "\n---\n"
}

func TestClient(t *testing.T) {
	const host = "web.shop.svc.cluster.local"
	tls := func(host, mode string) string {
		return "{host: \"" + host + "\", trafficPolicy: {tls: {mode: " + mode + "}}}"
	}
	for _, c := range []struct {
		name    string
		objects []string
		client  string // namespace; front
		labels  label.Set
		subset  string
		port    int
		want    mesh.TLS
		by      string
	}{
		{name: "nothing", want: mesh.TLSAuto},
		{name: "auto mTLS is off", objects: []string{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |-\n    enableAutoMtls: false\n---\n"}, want: mesh.TLSDisable, by: "ConfigMap/istio"},
		{name: "the service's namespace", objects: []string{rule("shop", "s", tls("web", "DISABLE"))}, want: mesh.TLSDisable, by: "DestinationRule/s"},
		{name: "the client's namespace first", objects: []string{rule("shop", "s", tls("web", "DISABLE")), rule("front", "f", tls(host, "ISTIO_MUTUAL"))}, want: mesh.TLSIstioMutual, by: "DestinationRule/f"},
		{name: "a short name means the rule's namespace", objects: []string{rule("front", "f", tls("web", "DISABLE"))}, want: mesh.TLSAuto},
		{name: "half a name fits nothing", objects: []string{rule("front", "f", tls("web.shop", "DISABLE"))}, want: mesh.TLSAuto},
		{name: "the root namespace last", objects: []string{rule("istio-system", "r", tls("*.local", "ISTIO_MUTUAL"))}, want: mesh.TLSIstioMutual, by: "DestinationRule/r"},
		{name: "the root namespace last, a service's rule before", objects: []string{rule("istio-system", "r", tls("*.local", "ISTIO_MUTUAL")), rule("shop", "s", tls("web", "DISABLE"))}, want: mesh.TLSDisable},
		{name: "a client of the root namespace does not take its rules first", client: "istio-system", objects: []string{rule("istio-system", "r", tls("*.local", "ISTIO_MUTUAL")), rule("shop", "s", tls("web", "DISABLE"))}, want: mesh.TLSDisable},
		{name: "but its private ones", client: "istio-system", objects: []string{rule("istio-system", "r", "{host: '*.local', exportTo: ['.'], trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}"), rule("shop", "s", tls("web", "DISABLE"))}, want: mesh.TLSIstioMutual},
		{name: "the longest wildcard", objects: []string{rule("front", "a", tls("*", "DISABLE")), rule("front", "b", tls("*.shop.svc.cluster.local", "SIMPLE")), rule("front", "c", tls("*.local", "MUTUAL"))}, want: mesh.TLSSimple, by: "DestinationRule/b"},
		{name: "not exported", objects: []string{rule("shop", "s", "{host: web, exportTo: ['.'], trafficPolicy: {tls: {mode: DISABLE}}}")}, want: mesh.TLSAuto},
		{name: "exported to another", objects: []string{rule("shop", "s", "{host: web, exportTo: [other, '.'], trafficPolicy: {tls: {mode: DISABLE}}}")}, want: mesh.TLSAuto},
		{name: "exported to the client", objects: []string{rule("shop", "s", "{host: web, exportTo: [front], trafficPolicy: {tls: {mode: DISABLE}}}")}, want: mesh.TLSDisable},
		{name: "for other clients", objects: []string{rule("front", "f", "{host: "+host+", workloadSelector: {matchLabels: {a: b}}, trafficPolicy: {tls: {mode: DISABLE}}}")}, want: mesh.TLSAuto},
		{name: "for these clients", labels: label.Set{{Key: "a", Value: "b"}}, objects: []string{rule("front", "f", "{host: "+host+", workloadSelector: {matchLabels: {a: b}}, trafficPolicy: {tls: {mode: DISABLE}}}"), rule("front", "g", tls(host, "SIMPLE"))}, want: mesh.TLSDisable},
		{name: "an empty tls switches it off", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {}}}")}, want: mesh.TLSDisable},
		{name: "a policy without tls", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {loadBalancer: {simple: RANDOM}}}")}, want: mesh.TLSAuto},
		{name: "port", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}}")}, want: mesh.TLSDisable},
		{name: "another port", port: 81, objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}}")}, want: mesh.TLSIstioMutual},
		{name: "a port without tls inherits nothing", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 80}}]}}")}, want: mesh.TLSAuto},
		{name: "subset", subset: "v1", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}, subsets: [{name: v1, trafficPolicy: {tls: {mode: DISABLE}}}]}")}, want: mesh.TLSDisable},
		{name: "subset that inherits", subset: "v1", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: DISABLE}}, subsets: [{name: v1}]}")}, want: mesh.TLSDisable},
		{name: "for clients of the service's namespace only", labels: label.Set{{Key: "a", Value: "b"}}, objects: []string{rule("shop", "s", "{host: web, workloadSelector: {matchLabels: {a: b}}, trafficPolicy: {tls: {mode: DISABLE}}}"), rule("istio-system", "r", tls("*.local", "ISTIO_MUTUAL"))}, want: mesh.TLSIstioMutual},
		{name: "null", objects: []string{rule("shop", "s", "{host: web, trafficPolicy: {tls: null}}")}, want: mesh.TLSAuto},
		{name: "no mode", objects: []string{rule("shop", "s", tls("web", "OFF"))}, want: mesh.TLSUnknown},
		{name: "two rules", objects: []string{rule("shop", "s", tls("web", "DISABLE")), rule("shop", "t", tls(host, "ISTIO_MUTUAL"))}, want: mesh.TLSUnknown},
		{name: "two rules, dated", objects: []string{dated(rule("shop", "s", tls("web", "DISABLE")), "2024-01-02T00:00:00Z"), dated(rule("shop", "t", tls(host, "ISTIO_MUTUAL")), "2024-01-01T00:00:00Z")}, want: mesh.TLSIstioMutual, by: "DestinationRule/t"},
		{name: "two rules, one policy", objects: []string{rule("shop", "s", "{host: web, subsets: [{name: v1}]}"), rule("shop", "t", tls(host, "DISABLE"))}, want: mesh.TLSDisable, by: "DestinationRule/t"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, port := c.client, c.port
			if client == "" {
				client = "front"
			}
			if port == 0 {
				port = 80
			}
			w := read(t, c.objects...)
			got := w.analyse(mesh.Options{}).Client(client, c.labels, "shop", host, port, c.subset)
			if got.TLS != c.want || c.by != "" && w.name(got.Rule) != c.by {
				t.Errorf("got %+v by %s, want %s by %s", got, w.name(got.Rule), c.want, c.by)
			}
		})
	}
}

func TestCall(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n---\n"
	off := rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: DISABLE}}}")
	simple := rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: SIMPLE}}}")
	mutual := rule("shop", "s", "{host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}")
	strict, disabled := peer("shop", "p", "{mtls: {mode: STRICT}}"), peer("shop", "p", "{mtls: {mode: DISABLE}}")
	for _, c := range []struct {
		name           string
		client, server string // labels of the namespaces
		objects        []string
		want           mesh.Verdict
	}{
		{"auto", istioOn, istioOn, nil, mesh.Encrypted},
		{"auto to strict", istioOn, istioOn, []string{strict}, mesh.Encrypted},
		{"auto to disabled", istioOn, istioOn, []string{disabled}, mesh.Plaintext},
		{"off to permissive", istioOn, istioOn, []string{off}, mesh.Plaintext},
		{"off to strict", istioOn, istioOn, []string{off, strict}, mesh.Broken},
		{"simple to strict", istioOn, istioOn, []string{simple, strict}, mesh.Broken},
		{"simple to permissive", istioOn, istioOn, []string{simple}, mesh.VerdictHidden},
		{"mutual to disabled", istioOn, istioOn, []string{mutual, disabled}, mesh.Broken},
		{"mutual to outside", istioOn, "", []string{mutual}, mesh.Broken},
		{"auto to outside", istioOn, "", []string{strict}, mesh.Plaintext},
		{"outside to strict", "", istioOn, []string{strict}, mesh.Broken},
		{"outside to permissive", "", istioOn, nil, mesh.Plaintext},
		{"ambient to strict, whatever rules say", "istio.io/dataplane-mode: ambient", istioOn, []string{off, strict}, mesh.Encrypted},
		{"undecided", istioOn, istioOn, []string{strict, peer("shop", "q", "{mtls: {mode: DISABLE}}")}, mesh.VerdictHidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := read(t, append(c.objects, namespace("front", c.client), namespace("shop", c.server), service, pod("front", "c", "app: c", plain), pod("shop", "w", "app: web", plain))...)
			got := w.analyse(mesh.Options{}).Call(w.workload(t, "c"), &w.cluster.Services[0], 80, w.workload(t, "w"), "")
			if got.Verdict != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}
