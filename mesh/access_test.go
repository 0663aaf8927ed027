package mesh_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

func authorization(ns, name, spec string) string {
	return "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: " + name + ", namespace: " + ns + "}\nspec: " + spec + "\n---\n"
}

func TestAuthorizationFor(t *testing.T) {
	for _, c := range []struct {
		name, ns string
		objects  []string
		policies string
		widest   mesh.Callers
		deny     bool
		path     string
	}{
		{name: "none", widest: mesh.Anyone},
		{name: "allow nothing", objects: []string{authorization("shop", "a", "{}")}, policies: "a", deny: true, widest: mesh.Named},
		{name: "a rule without conditions", objects: []string{authorization("shop", "a", "{rules: [{}]}")}, policies: "a", deny: true, widest: mesh.Anyone, path: "spec.rules[0]"},
		{name: "a rule without a source", objects: []string{authorization("shop", "a", "{rules: [{to: [{operation: {ports: ['80']}}]}]}")}, policies: "a", deny: true, widest: mesh.Anyone},
		{name: "principals", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/b]}}]}]}")}, policies: "a", deny: true, widest: mesh.Named},
		{name: "every principal", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {principals: ['*']}}]}]}")}, policies: "a", deny: true, widest: mesh.AnyIdentity},
		{name: "every principal of a namespace", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {principals: ['*'], namespaces: [x]}}]}]}")}, policies: "a", deny: true, widest: mesh.Named},
		{name: "all but", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {notPrincipals: [x]}}]}]}")}, policies: "a", deny: true, widest: mesh.AnyoneBut},
		{name: "one of two sources is enough", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {principals: [x]}}, {source: {notNamespaces: [y]}}]}]}")}, policies: "a", deny: true, widest: mesh.AnyoneBut},
		{name: "all addresses", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {ipBlocks: [0.0.0.0/0]}}]}]}")}, policies: "a", deny: true, widest: mesh.Anyone},
		{name: "a condition on the source", objects: []string{authorization("shop", "a", "{rules: [{when: [{key: source.principal, values: [x]}]}]}")}, policies: "a", deny: true, widest: mesh.Named},
		{name: "a condition on something else", objects: []string{authorization("shop", "a", "{rules: [{when: [{key: 'request.headers[x]', values: [x]}]}]}")}, policies: "a", deny: true, widest: mesh.Anyone},
		{name: "the widest of several", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {principals: [x]}}]}, {from: [{source: {principals: ['*']}}]}]}")}, policies: "a", deny: true, widest: mesh.AnyIdentity, path: "spec.rules[1]"},
		{name: "deny only", objects: []string{authorization("shop", "a", "{action: DENY, rules: [{}]}")}, policies: "a", widest: mesh.Anyone},
		{name: "order", objects: []string{authorization("shop", "a", "{}"), authorization("shop", "d", "{action: DENY, rules: [{}]}"), authorization("shop", "c", "{action: CUSTOM, provider: {name: x}, rules: [{}]}")}, policies: "c d a", deny: true},
		{name: "another workload", objects: []string{authorization("shop", "a", "{selector: {matchLabels: {app: db}}}")}, widest: mesh.Anyone},
		{name: "this workload", objects: []string{authorization("shop", "a", "{selector: {matchLabels: {app: web}}}")}, policies: "a", deny: true},
		{name: "the root namespace", objects: []string{authorization("istio-system", "r", "{}"), authorization("istio-system", "s", "{selector: {matchLabels: {app: web}}}"), authorization("other", "o", "{}")}, policies: "r s", deny: true},
		{name: "attached to a service", objects: []string{authorization("shop", "a", "{targetRefs: [{kind: Service, name: web}]}")}, widest: mesh.Anyone},
		{name: "dry run", objects: []string{strings.Replace(authorization("shop", "a", "{}"), "metadata: {", "metadata: {annotations: {istio.io/dry-run: \"true\"}, ", 1)}, widest: mesh.Anyone},
		{name: "ztunnel leaves HTTP out", ns: "istio.io/dataplane-mode: ambient", objects: []string{authorization("shop", "a", "{rules: [{to: [{operation: {methods: [GET]}}]}]}")}, policies: "a", deny: true, widest: mesh.Named},
		{name: "ztunnel has no CUSTOM", ns: "istio.io/dataplane-mode: ambient", objects: []string{authorization("shop", "a", "{action: CUSTOM, provider: {name: x}, rules: [{}]}")}, widest: mesh.Anyone},
	} {
		t.Run(c.name, func(t *testing.T) {
			ns := c.ns
			if ns == "" {
				ns = istioOn
			}
			w := read(t, append(c.objects, namespace("shop", ns), pod("shop", "w", "app: web", plain))...)
			got := w.analyse(mesh.Options{}).AuthorizationFor(w.workload(t, "w"))
			var names []string
			for _, p := range got.Policies {
				names = append(names, p.Policy.Name)
			}
			if strings.Join(names, " ") != c.policies || got.Widest != c.widest || got.DefaultDeny != c.deny || c.path != "" && got.Path != c.path {
				t.Errorf("got %v %+v", names, got)
			}
		})
	}
}

func TestDefaultDeny(t *testing.T) {
	for _, c := range []struct {
		name    string
		objects []string
		want    bool
		by      string
	}{
		{name: "none"},
		{name: "allow nothing", objects: []string{authorization("shop", "a", "{}")}, want: true, by: "AuthorizationPolicy/a"},
		{name: "of the mesh", objects: []string{authorization("istio-system", "m", "{}")}, want: true, by: "AuthorizationPolicy/m"},
		{name: "of another namespace", objects: []string{authorization("other", "a", "{}")}},
		{name: "of some workloads", objects: []string{authorization("shop", "a", "{selector: {matchLabels: {app: web}}}")}},
		{name: "of a gateway", objects: []string{authorization("shop", "a", "{targetRefs: [{kind: Gateway, name: g}]}")}},
		{name: "a rule lets everyone in", objects: []string{authorization("shop", "a", "{}"), authorization("shop", "b", "{rules: [{}]}")}, by: "AuthorizationPolicy/b"},
		{name: "denies", objects: []string{authorization("shop", "a", "{action: DENY, rules: [{from: [{source: {namespaces: [x]}}]}]}")}},
		{name: "named callers", objects: []string{authorization("shop", "a", "{rules: [{from: [{source: {namespaces: [x]}}]}]}")}, want: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := read(t, c.objects...)
			got := w.analyse(mesh.Options{}).DefaultDeny("shop")
			if got.Holds != c.want || w.name(got.Object) != c.by && c.by != "" || got.Why == "" {
				t.Errorf("got %+v by %s", got, w.name(got.Object))
			}
		})
	}
}

func TestRequestsAndEgress(t *testing.T) {
	request := func(ns, name, spec string) string {
		return "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: " + name + ", namespace: " + ns + "}\nspec: " + spec + "\n---\n"
	}
	sidecar := func(name, spec string) string {
		return "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: " + name + ", namespace: shop}\nspec: " + spec + "\n---\n"
	}
	w := read(t, namespace("shop", istioOn), pod("shop", "w", "app: web", plain), pod("other", "o", "", plain),
		request("shop", "a", "{selector: {matchLabels: {app: web}}, jwtRules: [{issuer: i}]}"), request("shop", "b", "{targetRefs: [{kind: Service, name: x}]}"),
		request("istio-system", "c", "{}"), request("other", "d", "{}"), request("shop", "e", "{selector: {matchLabels: {app: db}}}"),
		sidecar("all", "{outboundTrafficPolicy: {mode: ALLOW_ANY}}"), sidecar("web", "{workloadSelector: {labels: {app: web}}, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, ingress: [{port: {number: 8080, protocol: HTTP}, tls: {mode: SIMPLE}}]}"),
		peer("shop", "p", "{mtls: {mode: DISABLE}}"))
	a := w.analyse(mesh.Options{})
	at := w.workload(t, "w")
	var names []string
	for _, q := range a.RequestsFor(at) {
		names = append(names, q.Name)
	}
	if strings.Join(names, " ") != "a c" {
		t.Errorf("requests %v", names)
	}
	if policy, object := a.Egress(at); policy != "REGISTRY_ONLY" || w.name(object) != "Sidecar/web" {
		t.Errorf("egress %s by %s", policy, w.name(object))
	}
	if policy, object := a.Egress(w.workload(t, "o")); policy != "ALLOW_ANY" || object != mesh.Nobody {
		t.Errorf("egress %s by %s", policy, w.name(object))
	}
	if got := a.Effective(at, 8080); got.Mode != mesh.Disable || !strings.Contains(got.Why, "Sidecar shop/web") {
		t.Errorf("got %+v", got)
	}
}

func TestFlaws(t *testing.T) {
	for _, c := range []struct{ name, object, want string }{ // want: path: part of the message
		{"fine", peer("shop", "p", "{selector: {matchLabels: {a: b}}, mtls: {mode: STRICT}, portLevelMtls: {80: {mode: DISABLE}}}"), ""},
		{"null", peer("shop", "p", "{selector: null, mtls: null}"), ""},
		{"mode", peer("shop", "p", "{mtls: {mode: strict}}"), "spec.mtls.mode: STRICT has to be in capitals"},
		{"boolean", peer("shop", "p", "{mtls: {mode: off}}"), "spec.mtls.mode: is none of"},
		{"mtls", peer("shop", "p", "{mtls: STRICT}"), "spec.mtls: is no mapping"},
		{"unknown field", peer("shop", "p", "{peers: [{mtls: {}}]}"), "spec.peers: is no field"},
		{"field of v1alpha1", peer("shop", "p", "{mtls: {mode: STRICT, allowTls: true}}"), "spec.mtls.allowTls: is no field"},
		{"ports without selector", peer("shop", "p", "{portLevelMtls: {80: {mode: DISABLE}}}"), "spec.portLevelMtls: needs a selector"},
		{"no ports", peer("shop", "p", "{selector: {matchLabels: {a: b}}, portLevelMtls: {}}"), "spec.portLevelMtls: has no port"},
		{"port 0", peer("shop", "p", "{selector: {matchLabels: {a: b}}, portLevelMtls: {0: {mode: STRICT}}}"), "spec.portLevelMtls.0: is no port"},
		{"port's name", peer("shop", "p", "{selector: {matchLabels: {a: b}}, portLevelMtls: {http: {mode: STRICT}}}"), "spec.portLevelMtls.http: is no port"},
		{"empty selector", peer("shop", "p", "{selector: {}}"), "spec.selector: selects by no labels"},
		{"wildcard", peer("shop", "p", "{selector: {matchLabels: {a: 'b*'}}}"), "spec.selector.matchLabels.a: has a wildcard"},
		{"expressions", peer("shop", "p", "{selector: {matchLabels: {a: b}, matchExpressions: []}}"), "spec.selector.matchExpressions: is no field"},
		{"selector in the root namespace", peer("istio-system", "p", "{selector: {matchLabels: {a: b}}}"), "spec.selector: is in the root namespace"},
		{"two for a namespace", peer("shop", "p", "{}") + peer("shop", "q", "{}"), "spec: is one of several;spec: is one of several"},
		{"two for a namespace, dated", dated(peer("shop", "p", "{}"), "2024-01-01T00:00:00Z") + dated(peer("shop", "q", "{}"), "2024-01-02T00:00:00Z"), "spec: is ignored: shop/p"},
		{"two versions", peer("shop", "p", "{}") + peer("shop", "p", "{}"), ""},
		{"action", authorization("shop", "a", "{action: BLOCK}"), "spec.action: is none of"},
		{"deny nothing", authorization("shop", "a", "{action: DENY}"), "spec: denies nothing"},
		{"custom", authorization("shop", "a", "{action: CUSTOM, rules: [{}]}"), "spec: has action CUSTOM without a provider"},
		{"provider", authorization("shop", "a", "{provider: {name: x}}"), "spec.provider: goes with action CUSTOM only"},
		{"empty from", authorization("shop", "a", "{rules: [{from: []}]}"), "spec.rules[0].from: is empty"},
		{"empty source", authorization("shop", "a", "{rules: [{from: [{source: {}}]}]}"), "spec.rules[0].from[0].source: is an empty source"},
		{"spiffe", authorization("shop", "a", "{rules: [{from: [{source: {principals: ['spiffe://a/ns/b/sa/c']}}]}]}"), "spec.rules[0].from[0].source.principals[0]: fits nobody"},
		{"stray field", authorization("shop", "a", "{rules: [{source: {}}]}"), "spec.rules[0].source: is no field"},
		{"condition", authorization("shop", "a", "{rules: [{when: [{key: source.ip}]}]}"), "spec.rules[0].when[0]: has neither"},
		{"tls mode", rule("shop", "d", "{host: web, trafficPolicy: {tls: {mode: OFF}}}"), "spec.trafficPolicy.tls.mode: is none of"},
		{"certificates of the mesh", rule("shop", "d", "{host: web, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, caCertificates: x}}}"), "spec.trafficPolicy.tls.caCertificates: does not go with"},
		{"half a host", rule("shop", "d", "{host: web.shop}") + "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n", "spec.host: fits no host"},
		{"no yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'a: [b'}\n", "data.mesh: is no YAML"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := read(t, c.object)
			flaws := append(w.set.Flaws, w.analyse(mesh.Options{}).Flaws...)
			var want []string
			if c.want != "" {
				want = strings.Split(c.want, ";")
			}
			if len(flaws) != len(want) {
				t.Fatalf("got %+v, want %q", flaws, want)
			}
			for i, f := range flaws {
				path, part, _ := strings.Cut(want[i], ": ")
				if f.Path != path || !strings.Contains(f.Message, part) {
					t.Errorf("got %s: %s, want %s", f.Path, f.Message, want[i])
				}
			}
		})
	}
}
