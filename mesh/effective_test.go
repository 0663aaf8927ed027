package mesh_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

func dated(manifest, created string) string {
	return strings.Replace(manifest, "metadata: {", "metadata: {creationTimestamp: "+created+", ", 1)
}

func TestEffective(t *testing.T) {
	const (
		strict     = "{mtls: {mode: STRICT}}"
		permissive = "{mtls: {mode: PERMISSIVE}}"
		disable    = "{mtls: {mode: DISABLE}}"
		first      = "2024-01-01T00:00:00Z"
		later      = "2024-01-01T00:00:01Z"
	)
	selected := func(rest string) string { return "{selector: {matchLabels: {app: web}}" + rest + "}" }
	for _, c := range []struct {
		name, ns, pod string
		objects       []string
		options       mesh.Options
		port          int // 8080
		want          mesh.Mode
		by            string
		level         mesh.Level
		path          string
	}{
		{name: "default", want: mesh.Permissive, level: mesh.LevelDefault},
		{name: "mesh", objects: []string{peer("istio-system", "m", strict)}, want: mesh.Strict, by: "PeerAuthentication/m", level: mesh.LevelMesh, path: "spec.mtls.mode"},
		{name: "mesh unset", objects: []string{peer("istio-system", "m", "{}")}, want: mesh.Permissive, level: mesh.LevelDefault},
		{name: "not the root namespace", objects: []string{peer("istio-system", "m", strict)}, options: mesh.Options{RootNamespace: "root"}, want: mesh.Permissive},
		{name: "root namespace of the mesh configuration", objects: []string{
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: x}\ndata:\n  mesh: |-\n    rootNamespace: root\n---\n", peer("root", "m", strict),
		}, want: mesh.Strict, by: "PeerAuthentication/m"},
		{name: "namespace", objects: []string{peer("istio-system", "m", strict), peer("shop", "n", permissive)}, want: mesh.Permissive, by: "PeerAuthentication/n", level: mesh.LevelNamespace},
		{name: "namespace unset inherits", objects: []string{peer("istio-system", "m", strict), peer("shop", "n", "{mtls: {}}")}, want: mesh.Strict, by: "PeerAuthentication/m", level: mesh.LevelMesh},
		{name: "other namespace", objects: []string{peer("other", "n", strict)}, want: mesh.Permissive},
		{name: "workload", objects: []string{peer("shop", "n", strict), peer("shop", "w", selected(", mtls: {mode: DISABLE}"))}, want: mesh.Disable, by: "PeerAuthentication/w", level: mesh.LevelWorkload},
		{name: "workload unset inherits", objects: []string{peer("shop", "n", strict), peer("shop", "w", selected(""))}, want: mesh.Strict, by: "PeerAuthentication/n"},
		{name: "another workload", objects: []string{peer("shop", "w", "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}")}, want: mesh.Permissive},
		{name: "selector in the root namespace", objects: []string{peer("istio-system", "w", selected(", mtls: {mode: STRICT}"))}, want: mesh.Permissive},
		{name: "empty selector is the namespace", objects: []string{peer("shop", "w", "{selector: {matchLabels: {}}, mtls: {mode: STRICT}}")}, want: mesh.Strict, level: mesh.LevelNamespace},
		{name: "port", objects: []string{peer("shop", "w", selected(", mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}"))}, want: mesh.Disable, level: mesh.LevelPort, path: `spec.portLevelMtls.8080.mode`},
		{name: "another port", objects: []string{peer("shop", "w", selected(", mtls: {mode: STRICT}, portLevelMtls: {8081: {mode: DISABLE}}"))}, want: mesh.Strict, level: mesh.LevelWorkload},
		{name: "port unset", objects: []string{peer("shop", "w", selected(", mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: UNSET}}"))}, want: mesh.Strict, level: mesh.LevelWorkload},
		{name: "ports of a namespace are ignored", objects: []string{peer("shop", "w", "{mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}")}, want: mesh.Strict},
		{name: "the oldest counts", objects: []string{dated(peer("shop", "a", permissive), later), dated(peer("shop", "b", strict), first)}, want: mesh.Strict, by: "PeerAuthentication/b"},
		{name: "of the same second the first name", objects: []string{dated(peer("shop", "b", permissive), first), dated(peer("shop", "a", strict), first)}, want: mesh.Strict, by: "PeerAuthentication/a"},
		{name: "files do not say which is the oldest", objects: []string{peer("shop", "a", permissive), peer("shop", "b", strict)}, want: mesh.Unknown},
		{name: "all say the same", objects: []string{peer("shop", "a", strict), peer("shop", "b", strict)}, want: mesh.Strict},
		{name: "one without a date", objects: []string{dated(peer("shop", "a", permissive), first), peer("shop", "b", strict)}, want: mesh.Unknown},
		{name: "the workload decides over what is not known", objects: []string{peer("shop", "a", permissive), peer("shop", "b", strict), peer("shop", "w", selected(", mtls: {mode: DISABLE}"))}, want: mesh.Disable},
		{name: "an unset workload inherits what is not known", objects: []string{peer("shop", "a", permissive), peer("shop", "b", strict), peer("shop", "w", selected(""))}, want: mesh.Unknown},
		{name: "the oldest selector", objects: []string{
			dated(peer("shop", "w", selected(", mtls: {mode: STRICT}")), later), dated(peer("shop", "v", "{selector: {matchLabels: {tier: front}}, mtls: {mode: DISABLE}}"), first),
		}, want: mesh.Disable, by: "PeerAuthentication/v"},
		{name: "two versions of one object", objects: []string{dated(peer("shop", "a", permissive), first), dated(peer("shop", "a", strict), first)}, want: mesh.Unknown},
		{name: "no mode", objects: []string{peer("shop", "a", "{mtls: {mode: strict}}")}, want: mesh.Unknown, by: "PeerAuthentication/a"},
		{name: "outside", ns: "x: y", objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable, level: mesh.LevelOutside},
		{name: "unread", ns: "-", objects: []string{peer("istio-system", "m", strict)}, want: mesh.Unknown},
		{name: "port around the sidecar", pod: `traffic.sidecar.istio.io/excludeInboundPorts: "80, 8080"`, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable, by: "Pod/w", level: mesh.LevelOutside, path: `metadata.annotations["traffic.sidecar.istio.io/excludeInboundPorts"]`},
		{name: "only some ports", pod: `traffic.sidecar.istio.io/includeInboundPorts: "80"`, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable, level: mesh.LevelOutside},
		{name: "no port", pod: `traffic.sidecar.istio.io/includeInboundPorts: ""`, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable},
		{name: "every port", pod: `traffic.sidecar.istio.io/includeInboundPorts: "*"`, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Strict},
		{name: "the sidecar's own port", port: 15021, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable, level: mesh.LevelOutside},
		{name: "ambient", ns: "istio.io/dataplane-mode: ambient", objects: []string{peer("istio-system", "m", strict)}, want: mesh.Strict},
		{name: "ambient has no DISABLE", ns: "istio.io/dataplane-mode: ambient", objects: []string{peer("istio-system", "m", disable)}, want: mesh.Permissive},
		{name: "ambient port", ns: "istio.io/dataplane-mode: ambient", objects: []string{peer("shop", "w", selected(", mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}"))}, want: mesh.Permissive},
		{name: "ambient ignores a port's DISABLE", ns: "istio.io/dataplane-mode: ambient", objects: []string{peer("shop", "n", strict), peer("shop", "w", selected(", portLevelMtls: {8080: {mode: DISABLE}}"))}, want: mesh.Strict},
		{name: "unless another is PERMISSIVE", ns: "istio.io/dataplane-mode: ambient", objects: []string{peer("shop", "n", strict), peer("shop", "w", selected(", portLevelMtls: {8080: {mode: DISABLE}, 9: {mode: PERMISSIVE}}"))}, want: mesh.Permissive},
		{name: "ambient bypass", ns: "istio.io/dataplane-mode: ambient", pod: `ambient.istio.io/bypass-inbound-capture: "true"`, objects: []string{peer("istio-system", "m", strict)}, want: mesh.Disable},
	} {
		t.Run(c.name, func(t *testing.T) {
			ns, port := c.ns, c.port
			if ns == "" {
				ns = istioOn
			}
			if port == 0 {
				port = 8080
			}
			manifests := append([]string{annotated("shop", "w", "app: web, tier: front", c.pod, plain)}, c.objects...)
			if ns != "-" {
				manifests = append(manifests, namespace("shop", ns))
			}
			w := read(t, manifests...)
			got := w.analyse(c.options).Effective(w.workload(t, "w"), port)
			if got.Mode != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
			if c.by != "" && w.name(got.Decider) != c.by || c.level != "" && got.Level != c.level || c.path != "" && got.Path != c.path {
				t.Errorf("got %+v by %s, want %s at level %s, path %s", got, w.name(got.Decider), c.by, c.level, c.path)
			}
		})
	}
}

func TestEffectiveInTheRootNamespace(t *testing.T) {
	w := read(t, namespace("istio-system", istioOn), pod("istio-system", "w", "app: web", plain),
		peer("istio-system", "m", "{mtls: {mode: STRICT}}"), peer("istio-system", "n", "{selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}}"))
	got := w.analyse(mesh.Options{}).Effective(w.workload(t, "w"), 8080)
	if got.Mode != mesh.Strict || got.Level != mesh.LevelMesh || w.name(got.Decider) != "PeerAuthentication/m" {
		t.Errorf("got %+v", got)
	}
}

func TestLinkerdPorts(t *testing.T) {
	server := func(name, spec string) string {
		return "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: " + name + ", namespace: shop, labels: {of: " + name + "}}\nspec: " + spec + "\n---\n"
	}
	const http = "{podSelector: {matchLabels: {app: web}}, port: http}"
	grant := func(kind, name, ref string) string {
		return "apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: g, namespace: shop}\nspec: {targetRef: {kind: " + kind + ", name: " + name + "}, requiredAuthenticationRefs: [" + ref + "]}\n---\n"
	}
	for _, c := range []struct {
		name, pod string
		objects   []string
		options   mesh.Options
		want      mesh.Mode
		by        string
	}{
		{name: "default", want: mesh.Permissive},
		{name: "cluster's default", options: mesh.Options{LinkerdDefaultPolicy: "all-authenticated"}, want: mesh.Strict},
		{name: "pod's default", pod: "config.linkerd.io/default-inbound-policy: cluster-authenticated", want: mesh.Strict, by: "Pod/w"},
		{name: "deny", pod: "config.linkerd.io/default-inbound-policy: deny", want: mesh.Strict},
		{name: "no policy", pod: "config.linkerd.io/default-inbound-policy: authenticated", want: mesh.Unknown, by: "Pod/w"},
		{name: "skipped", pod: `config.linkerd.io/skip-inbound-ports: "8000-8090"`, objects: []string{server("s", http)}, want: mesh.Disable, by: "Pod/w"},
		{name: "server", objects: []string{server("s", http)}, want: mesh.Strict, by: "Server/s"},
		{name: "server by number", objects: []string{server("s", "{podSelector: {}, port: 8080}")}, want: mesh.Strict, by: "Server/s"},
		{name: "server of another port", objects: []string{server("s", "{podSelector: {}, port: 8081}")}, want: mesh.Permissive},
		{name: "server for all", objects: []string{server("s", "{podSelector: {}, port: 8080, accessPolicy: all-unauthenticated}")}, want: mesh.Permissive, by: "Server/s"},
		{name: "grant to identities", objects: []string{server("s", http), grant("Server", "s", "{kind: MeshTLSAuthentication, name: m}")}, want: mesh.Strict},
		{name: "grant to networks", objects: []string{server("s", http), grant("Server", "s", "{kind: NetworkAuthentication, name: n}")}, want: mesh.Permissive, by: "AuthorizationPolicy/g"},
		{name: "grant to both at once", objects: []string{server("s", http), grant("Server", "s", "{kind: NetworkAuthentication, name: n}, {kind: MeshTLSAuthentication, name: m}")}, want: mesh.Strict},
		{name: "grant to another", objects: []string{server("s", http), grant("Server", "t", "{kind: NetworkAuthentication, name: n}")}, want: mesh.Strict},
		{name: "grant to the namespace", objects: []string{server("s", http), grant("Namespace", "shop", "")}, want: mesh.Permissive, by: "AuthorizationPolicy/g"},
		{name: "older grant", objects: []string{server("s", http), "apiVersion: policy.linkerd.io/v1beta1\nkind: ServerAuthorization\nmetadata: {name: g, namespace: shop}\nspec: {server: {selector: {matchLabels: {of: s}}}, client: {unauthenticated: true}}\n---\n"}, want: mesh.Permissive, by: "ServerAuthorization/g"},
		{name: "older grant to identities", objects: []string{server("s", http), "apiVersion: policy.linkerd.io/v1beta1\nkind: ServerAuthorization\nmetadata: {name: g, namespace: shop}\nspec: {server: {name: s}, client: {meshTLS: {identities: ['*']}}}\n---\n"}, want: mesh.Strict},
		{name: "two servers", objects: []string{server("s", http), server("t", "{podSelector: {}, port: 8080}")}, want: mesh.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			pod := "linkerd.io/inject: enabled"
			if c.pod != "" {
				pod += ", " + c.pod
			}
			w := read(t, append(c.objects, namespace("shop", ""), annotated("shop", "w", "app: web", pod, plain))...)
			got := w.analyse(c.options).Effective(w.workload(t, "w"), 8080)
			if got.Mode != c.want || c.by != "" && w.name(got.Decider) != c.by {
				t.Errorf("got %+v by %s, want %s by %s", got, w.name(got.Decider), c.want, c.by)
			}
		})
	}
}
