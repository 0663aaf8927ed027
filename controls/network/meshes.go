package network

import (
	"iter"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/tree"
)

const (
	peerDocs          = "https://istio.io/latest/docs/reference/config/security/peer_authentication/"
	injectionDocs     = "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/"
	authorizationDocs = "https://istio.io/latest/docs/reference/config/security/authorization-policy/"
	linkerdDocs       = "https://linkerd.io/2/reference/proxy-configuration/"

	nsaEncryption = "Network separation: encryption"
	nsaMesh       = "Threat detection: service meshes"
)

// meshInUse reports whether anything that was read shows that the cluster has a mesh. Without one there is nothing to be in.
func meshInUse(v *control.Verdicts) bool {
	m := &v.Mesh
	if len(m.Peers)+len(m.Authorizations)+len(m.Sidecars)+len(m.Configs)+len(m.Revisions)+len(m.Servers)+len(m.Grants)+len(m.Requests) > 0 {
		return true
	}
	for i := range v.Workloads.Namespaces {
		if _, _, asks := meshSetting(v.Workloads.Namespaces[i].Labels, v.Workloads.Namespaces[i].Annotations); asks {
			return true
		}
	}
	return false
}

// meshSetting returns the label or annotation of a namespace that speaks of a mesh: the way to it, whether it keeps pods out, and whether
// there is one at all.
func meshSetting(labels, annotations label.Set) (path string, out, found bool) {
	for _, s := range [...]struct {
		from      label.Set
		list, key string
		out       string
	}{
		{labels, "labels", "istio-injection", "disabled"},
		{labels, "labels", "istio.io/rev", ""},
		{labels, "labels", "istio.io/dataplane-mode", "none"},
		{annotations, "annotations", "linkerd.io/inject", "disabled"},
	} {
		if value, ok := s.from.Get(s.key); ok {
			key := "." + s.key
			if strings.ContainsAny(s.key, "./") {
				key = `["` + s.key + `"]`
			}
			return "metadata." + s.list + key, s.out != "" && value == s.out, true
		}
	}
	return "", false, false
}

// ofMesh are the namespaces of meshes' own programs, which are not injected.
func ofMesh(v *control.Verdicts, namespace string) bool {
	return isSystem(namespace) || namespace == v.Protection().RootNamespace() ||
		slices.Contains([]string{"istio-system", "istio-ingress", "istio-egress", "linkerd", "linkerd-viz", "linkerd-multicluster", "linkerd-jaeger", "consul"}, namespace)
}

// injected yields the indexes of the workloads in a namespace that are in a mesh, gateways left out.
func inMesh(v *control.Verdicts, namespace string) iter.Seq2[int, mesh.Membership] {
	return func(yield func(int, mesh.Membership) bool) {
		a := v.Protection()
		for _, i := range v.Index().Workloads(namespace) {
			w := &v.Workloads.Workloads[i]
			if w.Controlled {
				continue
			}
			if m := a.Membership(w); m.In() && m.Proxy != mesh.GatewayProxy && !yield(i, m) {
				return
			}
		}
	}
}

// metadataTexts yields the labels or annotations of a pod. Of two equal keys only the last one counts.
func metadataTexts(s *control.Subject, list string) iter.Seq2[string, tree.Node] {
	return func(yield func(string, tree.Node) bool) {
		for key, value := range s.Pod.Meta.Get(list).Pairs() {
			if !key.Overridden() && !yield(key.Text(), value) {
				return
			}
		}
	}
}

// podInMesh is the beginning of examples: a namespace whose pods Istio brings into the mesh, and a pod in it.
const podInMesh = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}
`
