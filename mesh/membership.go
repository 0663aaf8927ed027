package mesh

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// Proxy is what takes the traffic of a workload's pods.
type Proxy string

// The proxies.
const (
	NoProxy        Proxy = "none"
	SidecarProxy   Proxy = "sidecar" // Istio's proxy in the pod
	AmbientProxy   Proxy = "ambient" // Istio's ztunnel on the node
	GatewayProxy   Proxy = "gateway" // the pod is a gateway of Istio: its Gateway objects say what it takes
	LinkerdProxy   Proxy = "linkerd"
	ProxyIsUnknown Proxy = "unknown"
)

// Membership is whether a workload's pods are in a mesh, and what decides it.
type Membership struct {
	Proxy Proxy
	// Object is the number of the deciding object, Nobody if nothing asks for it.
	Object int
	// Path leads to what decides from the object's root.
	Path string
	// Why says it in words: "namespace shop has istio-injection=enabled".
	Why string
}

// In reports whether the pods are known to be in a mesh.
func (m Membership) In() bool { return m.Proxy != NoProxy && m.Proxy != ProxyIsUnknown }

// The labels and annotations that decide: https://istio.io/latest/docs/reference/config/labels/ and
// https://linkerd.io/2/reference/proxy-configuration/
const (
	labelInjection  = "istio-injection"
	labelRevision   = "istio.io/rev"
	labelInject     = "sidecar.istio.io/inject"
	labelDataplane  = "istio.io/dataplane-mode"
	linkerdInject   = "linkerd.io/inject"
	linkerdInbound  = "config.linkerd.io/default-inbound-policy"
	linkerdSkip     = "config.linkerd.io/skip-inbound-ports"
	linkerdIdentity = "config.linkerd.io/proxy-require-identity-inbound-ports"
	linkerdWebhooks = "config.linkerd.io/admission-webhooks"
)

// place names where a label or annotation of a workload's pods stands.
func place(w *workload.Workload, kind, key string) string {
	path := "metadata." + kind
	if w.PodPath != "" {
		path = w.PodPath + "." + path
	}
	return path + bracket(key)
}

func bracket(key string) string {
	if strings.ContainsAny(key, "./") {
		return `["` + key + `"]`
	}
	return "." + key
}

// system are the namespaces that Istio's injector passes over: IgnoredNamespaces in
// https://github.com/istio/istio/blob/master/pkg/kube/inject/inject.go
func system(namespace string) bool {
	switch namespace {
	case "kube-system", "kube-public", "kube-node-lease", "local-path-storage":
		return true
	}
	return false
}

// Membership returns whether a workload's pods are in a mesh. It is decided as the injectors decide it: first whether Kubernetes
// asks Istio's webhook for pods of the namespace, then whether Istio injects the pod, else whether ztunnel takes its traffic, else
// whether Linkerd injects it. The labels of a namespace that was not read are not known.
func (a *Analysis) Membership(w *workload.Workload) Membership {
	for i := range w.Containers {
		switch w.Containers[i].Name {
		case "istio-proxy":
			if m, ok := a.gateway(w); ok {
				return m
			}
			return Membership{SidecarProxy, w.Object, w.PodPath, "it has the container istio-proxy"}
		case "linkerd-proxy":
			return Membership{LinkerdProxy, w.Object, w.PodPath, "it has the container linkerd-proxy"}
		}
	}
	m := a.sidecar(w)
	if m.In() {
		if g, ok := a.gateway(w); ok {
			return g
		}
		return m
	}
	all := [...]Membership{m, a.ambient(w), a.linkerd(w)}
	for _, in := range [...]func(Membership) bool{
		Membership.In,
		func(m Membership) bool { return m.Proxy == ProxyIsUnknown },
		func(m Membership) bool { return m.Object != Nobody },
	} {
		for _, m := range all {
			if in(m) {
				return m
			}
		}
	}
	return m
}

// gateway recognises a gateway: https://istio.io/latest/docs/setup/additional-setup/gateway/
func (a *Analysis) gateway(w *workload.Workload) (Membership, bool) {
	for _, key := range [...]string{"gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name"} {
		if _, ok := w.Labels.Get(key); ok {
			return Membership{GatewayProxy, w.Object, place(w, "labels", key), "it is the proxy of a Gateway"}, true
		}
	}
	if templates, _ := w.Annotations.Get("inject.istio.io/templates"); slices.Contains(strings.Split(templates, ","), "gateway") {
		return Membership{GatewayProxy, w.Object, place(w, "annotations", "inject.istio.io/templates"), "it is a gateway of Istio"}, true
	}
	if v, _ := w.Labels.Get("istio"); v == "ingressgateway" || v == "egressgateway" {
		return Membership{GatewayProxy, w.Object, place(w, "labels", "istio"), "it is a gateway of Istio"}, true
	}
	return Membership{}, false
}

// sidecar returns whether Istio injects its proxy.
func (a *Analysis) sidecar(w *workload.Workload) Membership {
	switch {
	case w.HostNetwork:
		return Membership{NoProxy, w.Object, hostNetwork(w), "pods in the host's network are never injected"}
	case system(w.Namespace):
		return Membership{NoProxy, Nobody, "", "Istio passes over namespace " + w.Namespace}
	}
	m, asked := a.webhook(w)
	if !asked {
		return m
	}
	return a.injected(w, m)
}

func hostNetwork(w *workload.Workload) string {
	if w.PodPath == "" {
		return "spec.hostNetwork"
	}
	return w.PodPath + ".spec.hostNetwork"
}

// webhook returns whether Kubernetes asks Istio's webhook for a pod, by the selectors of
// https://github.com/istio/istio/blob/master/manifests/charts/istio-control/istio-discovery/templates/revision-tags-mwc.yaml
func (a *Analysis) webhook(w *workload.Workload) (m Membership, asked bool) {
	inject, hasInject := w.Labels.Get(labelInject)
	if inject == "false" {
		return Membership{NoProxy, w.Object, place(w, "labels", labelInject), "the pod has the label " + labelInject + "=false"}, false
	}
	ns := a.index.Namespace(w.Namespace)
	if ns == nil {
		if inject == "true" {
			return Membership{SidecarProxy, w.Object, place(w, "labels", labelInject), "the pod has the label " + labelInject + "=true"}, true
		}
		return Membership{ProxyIsUnknown, Nobody, "", "namespace " + w.Namespace + " was not read, so that its labels are not known"}, false
	}
	at := func(key, value string) Membership {
		return Membership{SidecarProxy, ns.Object, "metadata.labels" + bracket(key), "namespace " + ns.Name + " has " + key + "=" + value}
	}
	if v, ok := ns.Labels.Get(labelInjection); ok {
		m = at(labelInjection, v)
		if v != "enabled" {
			m.Proxy = NoProxy
			return m, false
		}
		return a.installed(m, "default"), true
	}
	if v, ok := ns.Labels.Get(labelRevision); ok {
		return a.installed(at(labelRevision, v), v), true
	}
	if v, ok := w.Labels.Get(labelRevision); ok {
		return a.installed(Membership{SidecarProxy, w.Object, place(w, "labels", labelRevision), "the pod has " + labelRevision + "=" + v}, v), true
	}
	if inject == "true" {
		return a.installed(Membership{SidecarProxy, w.Object, place(w, "labels", labelInject), "the pod has the label " + labelInject + "=true"}, "default"), true
	}
	if a.config.InjectAll && !hasInject {
		return Membership{SidecarProxy, a.config.Object, a.config.Path, "the mesh injects pods of every namespace that does not say otherwise"}, true
	}
	m = Membership{NoProxy, Nobody, "", "nothing asks for a sidecar: neither the namespace nor the pod has a label for it"}
	if v, ok := w.Annotations.Get(labelInject); ok && v != "false" {
		m = Membership{NoProxy, w.Object, place(w, "annotations", labelInject), "the pod asks for a sidecar by an annotation, which does nothing in a namespace without a label; a label of the pod would do"}
	}
	return m, false
}

// installed checks that the revision that injects is installed.
func (a *Analysis) installed(m Membership, revision string) Membership {
	if a.revisions != nil && !a.revisions[revision] {
		m.Why += ", but no revision or tag " + revision + " of Istio is installed"
		m.Proxy = NoProxy
		if len(a.options.Revisions) == 0 { // what webhooks were read need not be all that there are
			m.Proxy = ProxyIsUnknown
		}
	}
	return m
}

// injected returns whether the injector injects a pod that it is asked for: injectRequired in
// https://github.com/istio/istio/blob/master/pkg/kube/inject/inject.go. The label beats the annotation.
func (a *Analysis) injected(w *workload.Workload, m Membership) Membership {
	if !m.In() {
		return m
	}
	kind := "labels"
	v, ok := w.Labels.Get(labelInject)
	if !ok {
		kind = "annotations"
		v, _ = w.Annotations.Get(labelInject)
	}
	switch strings.ToLower(v) {
	case "y", "yes", "true", "on":
		return m
	case "":
	default:
		return Membership{NoProxy, w.Object, place(w, kind, labelInject), "the pod has " + labelInject + "=" + v}
	}
	if matchesAny(a.config.Never, w.Labels) {
		return Membership{NoProxy, a.config.Object, "", "a neverInjectSelector of the injector selects it"}
	}
	if matchesAny(a.config.Always, w.Labels) || !a.config.DisabledPolicy {
		return m
	}
	return Membership{NoProxy, a.config.Object, a.config.Path, "the injector's policy is disabled, and the pod does not ask for a sidecar"}
}

func matchesAny(selectors []label.Selector, labels label.Set) bool {
	return slices.ContainsFunc(selectors, func(s label.Selector) bool { return s.Matches(labels) })
}

// ambient returns whether ztunnel takes the pod's traffic: PodRedirectionEnabled in
// https://github.com/istio/istio/blob/master/cni/pkg/util/podutil.go
func (a *Analysis) ambient(w *workload.Workload) Membership {
	if w.HostNetwork {
		return Membership{NoProxy, w.Object, hostNetwork(w), "pods in the host's network are in no mesh"}
	}
	if v, ok := w.Labels.Get(labelDataplane); ok {
		m := Membership{AmbientProxy, w.Object, place(w, "labels", labelDataplane), "the pod has " + labelDataplane + "=" + v}
		if v != "ambient" {
			m.Proxy = NoProxy
		}
		return m
	}
	ns := a.index.Namespace(w.Namespace)
	if ns == nil {
		return unread(w)
	}
	if v, ok := ns.Labels.Get(labelDataplane); ok {
		m := Membership{AmbientProxy, ns.Object, "metadata.labels" + bracket(labelDataplane), "namespace " + ns.Name + " has " + labelDataplane + "=" + v}
		if v != "ambient" {
			m.Proxy = NoProxy
		}
		return m
	}
	return Membership{NoProxy, Nobody, "", "neither its namespace nor its pods ask for a mesh"}
}

// linkerd returns whether Linkerd injects its proxy: Injectable in
// https://github.com/linkerd/linkerd2/blob/main/pkg/inject/report.go
func (a *Analysis) linkerd(w *workload.Workload) Membership {
	if w.HostNetwork {
		return Membership{NoProxy, w.Object, hostNetwork(w), "pods in the host's network are in no mesh"}
	}
	pod, hasPod := w.Annotations.Get(linkerdInject)
	ns := a.index.Namespace(w.Namespace)
	var of string
	hasOf := false
	if ns != nil {
		of, hasOf = ns.Annotations.Get(linkerdInject)
		if v, _ := ns.Labels.Get(linkerdWebhooks); v == "disabled" {
			return Membership{NoProxy, ns.Object, "metadata.labels" + bracket(linkerdWebhooks), "namespace " + ns.Name + " has " + linkerdWebhooks + "=disabled"}
		}
	}
	here := Membership{LinkerdProxy, w.Object, place(w, "annotations", linkerdInject), "the pod has " + linkerdInject + "=" + pod}
	there := Membership{Proxy: LinkerdProxy, Object: Nobody, Path: "metadata.annotations" + bracket(linkerdInject), Why: "namespace " + w.Namespace + " has " + linkerdInject + "=" + of}
	if ns != nil {
		there.Object = ns.Object
	}
	none := func(m Membership) Membership { m.Proxy = NoProxy; return m }
	switch {
	case hasOf && of != "" && !validInject(of):
		there.Why += ", which is no value for it, so that nothing is injected"
		return none(there)
	case hasPod && pod != "" && !validInject(pod), pod == "disabled":
		return none(here)
	case pod == "enabled" || pod == "ingress":
		return here
	case of == "enabled" || of == "ingress":
		return there
	case of == "disabled":
		return none(there)
	case ns == nil:
		return unread(w)
	}
	return Membership{NoProxy, Nobody, "", "neither its namespace nor its pods ask for a mesh"}
}

func validInject(v string) bool { return v == "enabled" || v == "disabled" || v == "ingress" }

// unread is the answer where a namespace decides that was not read. Nobody puts the system's own namespaces in a mesh.
func unread(w *workload.Workload) Membership {
	if system(w.Namespace) {
		return Membership{NoProxy, Nobody, "", "namespace " + w.Namespace + " is the system's own"}
	}
	return Membership{ProxyIsUnknown, Nobody, "", "namespace " + w.Namespace + " was not read, so that its labels and annotations are not known"}
}
