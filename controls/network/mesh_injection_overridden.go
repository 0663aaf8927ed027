package network

import (
	"iter"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// MeshInjectionOverridden: a pod does not leave the mesh by itself.
var MeshInjectionOverridden = control.Control{
	ID: "mesh-injection-overridden", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Do not let pods opt out of the mesh",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
			for setting := range meshOptOuts(s) {
				if !fail(control.Violation{At: setting, Problem: "is " + control.Show(setting) + ", which keeps the pod out of the mesh"}) {
					return
				}
			}
		},
		Text: "no label or annotation may keep the pod out of the mesh",
		Expr: func(c control.CEL) string {
			get := func(list, key string) string {
				return c.Metadata + ".?" + list + "[?" + control.Quote(key) + "].orValue('')"
			}
			out := get("labels", "sidecar.istio.io/inject") + " == 'false' || " + get("labels", "istio.io/dataplane-mode") + " == 'none' || " +
				get("annotations", "sidecar.istio.io/inject") + " == 'false' || " + get("annotations", "linkerd.io/inject") + " == 'disabled'"
			return "(" + get("labels", "app") + " in " + control.QuoteAll(meshPrograms) + " || " + get("labels", "k8s-app") + " == 'istio-cni-node' || " +
				c.Metadata + ".?labels[?'linkerd.io/control-plane-ns'].hasValue() || !(" + out + "))"
		},
		Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
			for setting := range meshOptOuts(s) {
				out = append(out, control.Edit{Op: control.Remove, At: setting})
			}
			return out
		},
	},
	Risk:    "The pod gets a proxy: what calls it in plain text is refused where mutual TLS is strict, and a Job has to end its proxy too.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the label or annotation, so that the pod does as its namespace says.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{injectionDocs, "https://istio.io/latest/docs/ambient/usage/add-workloads/", linkerdDocs},
	},
	Peers: control.Peers{Kyverno: []string{"istio/prevent-disabling-injection-pods", "linkerd/prevent-linkerd-pod-injection-override"}},
	Why: `A pod that opts out talks in plain text, has no identity, and no policy of the mesh is enforced for it. Everybody who may write a pod template can do so, in a
namespace that is in the mesh by the word of its owner.`,
	Bad: []control.Change{
		{Base: control.OnMetadata, Path: `labels["sidecar.istio.io/inject"]`, Value: "false"},
		{Base: control.OnMetadata, Path: `labels["istio.io/dataplane-mode"]`, Value: "none"},
		{Base: control.OnMetadata, Path: `annotations["sidecar.istio.io/inject"]`, Value: "false"},
		{Base: control.OnMetadata, Path: `annotations["linkerd.io/inject"]`, Value: "disabled"},
	},
	Good: []control.Change{
		{Base: control.OnMetadata, Path: "labels", Value: map[string]any{"app": "istiod", "sidecar.istio.io/inject": "false"}, Name: "the control plane itself"},
		{Base: control.OnMetadata, Path: `labels["sidecar.istio.io/inject"]`, Value: "true", Name: "in"},
	},
}

// meshPrograms are the labels "app" of Istio's own programs, which run outside of the mesh.
var meshPrograms = []string{"istiod", "ztunnel", "istio-cni-node", "pilot"}

func meshOptOuts(s *control.Subject) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		var out []tree.Node
		for key, value := range metadataTexts(s, "labels") {
			switch {
			case key == "linkerd.io/control-plane-ns", key == "k8s-app" && value.StrIs("istio-cni-node"):
				return
			case key == "app":
				if slices.ContainsFunc(meshPrograms, value.StrIs) {
					return
				}
			case key == "sidecar.istio.io/inject" && value.StrIs("false"), key == "istio.io/dataplane-mode" && value.StrIs("none"):
				out = append(out, value)
			}
		}
		for key, value := range metadataTexts(s, "annotations") {
			if key == "sidecar.istio.io/inject" && value.StrIs("false") || key == "linkerd.io/inject" && value.StrIs("disabled") {
				out = append(out, value)
			}
		}
		for _, value := range out {
			if !yield(value) {
				return
			}
		}
	}
}
