package mesh_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

func annotated(ns, name, labels, annotations, rest string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\n  namespace: " + ns + "\n  labels: {" + labels + "}\n  annotations: {" + annotations + "}\n" + rest + "\n---\n"
}

func TestMembership(t *testing.T) {
	const host = "spec: {hostNetwork: true, containers: [{name: app}]}"
	proxied := func(name string) string { return "spec: {containers: [{name: app}, {name: " + name + "}]}" }
	webhook := func(rev, tag string) string {
		return "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: x, labels: {istio.io/rev: " + rev + ", istio.io/tag: \"" + tag + "\"}}\nwebhooks: [{name: rev.namespace.sidecar-injector.istio.io}]\n---\n"
	}
	injector := func(config string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-sidecar-injector, namespace: istio-system}\ndata:\n  config: |\n    " + strings.ReplaceAll(config, "\n", "\n    ") + "\n---\n"
	}
	for _, c := range []struct {
		name        string
		ns          string // labels of the namespace; "-" if it is not read
		annotations string // of the namespace
		labels, pod string // labels and annotations of the pod
		spec        string
		extra       string
		options     mesh.Options
		namespace   string // shop
		want        mesh.Proxy
		by          string
		path        string
	}{
		{name: "nothing", want: mesh.NoProxy},
		{name: "namespace", ns: istioOn, want: mesh.SidecarProxy, by: "Namespace/shop", path: `metadata.labels.istio-injection`},
		{name: "namespace disabled", ns: "istio-injection: disabled", labels: `sidecar.istio.io/inject: "true"`, want: mesh.NoProxy, by: "Namespace/shop"},
		{name: "true is no value", ns: `istio-injection: "true"`, want: mesh.NoProxy, by: "Namespace/shop"},
		{name: "revision", ns: "istio.io/rev: canary", want: mesh.SidecarProxy, by: "Namespace/shop", path: `metadata.labels["istio.io/rev"]`},
		{name: "injection beats revision", ns: "istio.io/rev: canary, istio-injection: disabled", want: mesh.NoProxy},
		{name: "revision not installed", ns: "istio.io/rev: canary", options: mesh.Options{Revisions: []string{"default"}}, want: mesh.NoProxy},
		{name: "revision's webhook not read", ns: "istio.io/rev: canary", extra: webhook("1-20", ""), want: mesh.ProxyIsUnknown},
		{name: "tag", ns: "istio.io/rev: prod", extra: webhook("1-20", "prod"), want: mesh.SidecarProxy},
		{name: "pod's revision", labels: "istio.io/rev: canary", want: mesh.SidecarProxy, by: "Pod/w"},
		{name: "label false", ns: istioOn, labels: `sidecar.istio.io/inject: "false"`, want: mesh.NoProxy, by: "Pod/w", path: `metadata.labels["sidecar.istio.io/inject"]`},
		{name: "annotation false", ns: istioOn, pod: `sidecar.istio.io/inject: "false"`, want: mesh.NoProxy, by: "Pod/w", path: `metadata.annotations["sidecar.istio.io/inject"]`},
		{name: "label beats annotation", ns: istioOn, labels: `sidecar.istio.io/inject: "true"`, pod: `sidecar.istio.io/inject: "false"`, want: mesh.SidecarProxy},
		{name: "label beats annotation 2", ns: istioOn, labels: `sidecar.istio.io/inject: "off"`, pod: `sidecar.istio.io/inject: "true"`, want: mesh.NoProxy},
		{name: "pod's label alone", labels: `sidecar.istio.io/inject: "true"`, want: mesh.SidecarProxy, by: "Pod/w"},
		{name: "yes is not asked for", labels: `sidecar.istio.io/inject: "yes"`, want: mesh.NoProxy},
		{name: "yes in a labelled namespace", ns: istioOn, labels: `sidecar.istio.io/inject: "yes"`, want: mesh.SidecarProxy},
		{name: "annotation alone does nothing", pod: `sidecar.istio.io/inject: "true"`, want: mesh.NoProxy, by: "Pod/w"},
		{name: "host network", ns: istioOn, spec: host, want: mesh.NoProxy, by: "Pod/w", path: "spec.hostNetwork"},
		{name: "host network in ambient", ns: "istio.io/dataplane-mode: ambient", spec: host, want: mesh.NoProxy, by: "Pod/w"},
		{name: "kube-system", namespace: "kube-system", ns: istioOn, want: mesh.NoProxy},
		{name: "kube-system not read", namespace: "kube-system", ns: "-", want: mesh.NoProxy},
		{name: "namespace not read", ns: "-", want: mesh.ProxyIsUnknown},
		{name: "namespace not read, pod asks", ns: "-", labels: `sidecar.istio.io/inject: "true"`, want: mesh.SidecarProxy},
		{name: "inject all", options: mesh.Options{InjectAll: true}, want: mesh.SidecarProxy},
		{name: "inject all, but", options: mesh.Options{InjectAll: true}, ns: "istio-injection: disabled", want: mesh.NoProxy},
		{name: "policy disabled", ns: istioOn, extra: injector("policy: disabled"), want: mesh.NoProxy},
		{name: "policy disabled, asked for", ns: istioOn, extra: injector("policy: disabled"), pod: `sidecar.istio.io/inject: "true"`, want: mesh.SidecarProxy},
		{name: "never", ns: istioOn, labels: "job: x", extra: injector("policy: enabled\nneverInjectSelector:\n- matchExpressions: [{key: job, operator: Exists}]"), want: mesh.NoProxy},
		{name: "always", ns: istioOn, labels: "job: x", extra: injector("policy: disabled\nalwaysInjectSelector:\n- matchLabels: {job: x}"), want: mesh.SidecarProxy},
		{name: "ambient", ns: "istio.io/dataplane-mode: ambient", want: mesh.AmbientProxy, by: "Namespace/shop"},
		{name: "ambient pod", labels: "istio.io/dataplane-mode: ambient", want: mesh.AmbientProxy, by: "Pod/w"},
		{name: "ambient, not this pod", ns: "istio.io/dataplane-mode: ambient", labels: "istio.io/dataplane-mode: none", want: mesh.NoProxy, by: "Pod/w"},
		{name: "sidecar beats ambient", ns: istioOn + ", istio.io/dataplane-mode: ambient", want: mesh.SidecarProxy},
		{name: "ambient without its sidecar", ns: istioOn + ", istio.io/dataplane-mode: ambient", labels: `sidecar.istio.io/inject: "false"`, want: mesh.AmbientProxy},
		{name: "injected by hand", spec: proxied("istio-proxy"), want: mesh.SidecarProxy, by: "Pod/w"},
		{name: "injected by hand, linkerd", spec: proxied("linkerd-proxy"), want: mesh.LinkerdProxy, by: "Pod/w"},
		{name: "gateway", ns: istioOn, pod: "inject.istio.io/templates: gateway", want: mesh.GatewayProxy},
		{name: "linkerd namespace", annotations: "linkerd.io/inject: enabled", want: mesh.LinkerdProxy, by: "Namespace/shop", path: `metadata.annotations["linkerd.io/inject"]`},
		{name: "linkerd ingress", annotations: "linkerd.io/inject: ingress", want: mesh.LinkerdProxy},
		{name: "linkerd pod", pod: "linkerd.io/inject: enabled", want: mesh.LinkerdProxy, by: "Pod/w"},
		{name: "linkerd not this pod", annotations: "linkerd.io/inject: enabled", pod: "linkerd.io/inject: disabled", want: mesh.NoProxy, by: "Pod/w"},
		{name: "linkerd pod beats namespace", annotations: "linkerd.io/inject: disabled", pod: "linkerd.io/inject: enabled", want: mesh.LinkerdProxy},
		{name: "linkerd no value", annotations: `linkerd.io/inject: "true"`, pod: "linkerd.io/inject: enabled", want: mesh.NoProxy, by: "Namespace/shop"},
		{name: "linkerd webhooks off", ns: "config.linkerd.io/admission-webhooks: disabled", pod: "linkerd.io/inject: enabled", want: mesh.NoProxy},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := c.namespace
			if name == "" {
				name = "shop"
			}
			spec := c.spec
			if spec == "" {
				spec = plain
			}
			manifests := []string{annotated(name, "w", c.labels, c.pod, spec), c.extra}
			if c.ns != "-" {
				manifests = append(manifests, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "+name+"\n  labels: {"+c.ns+"}\n  annotations: {"+c.annotations+"}\n")
			}
			w := read(t, manifests...)
			got := w.analyse(c.options).Membership(w.workload(t, "w"))
			if got.Proxy != c.want || got.Why == "" {
				t.Errorf("got %+v, want %s", got, c.want)
			}
			if c.by != "" && w.name(got.Object) != c.by {
				t.Errorf("decided by %s, want %s", w.name(got.Object), c.by)
			}
			if c.path != "" && got.Path != c.path {
				t.Errorf("path %s, want %s", got.Path, c.path)
			}
		})
	}
}

func TestMembershipOfATemplate(t *testing.T) {
	w := read(t, namespace("shop", istioOn), `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}}
`)
	got := w.analyse(mesh.Options{}).Membership(w.workload(t, "web"))
	if got.In() || got.Path != `spec.template.metadata.labels["sidecar.istio.io/inject"]` {
		t.Errorf("got %+v", got)
	}
}
