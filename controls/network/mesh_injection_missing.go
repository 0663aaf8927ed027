package network

import (
	"fmt"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/workload"
)

// MeshInjectionMissing: namespaces with workloads are in the mesh, if there is one.
var MeshInjectionMissing = control.Control{
	ID: "mesh-injection-missing", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Put every application namespace into the mesh",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.MeshKinds(), control.WorkloadKinds()),
	Kinds:    []control.Kind{{Kind: "Namespace"}},
	Require:  &control.Together{Check: checkInjection, Text: "a namespace with workloads must be in the mesh, if there is one"},
	Risk:     "Pods get a proxy when they are made again; what they do not expect of it may fail.",
	Fix:      control.Advice,
	NoFix:    "Which mesh, and which revision of it, is meant, only a person can say.",
	Remedy:   "Label the namespace istio-injection: enabled, istio.io/rev, or istio.io/dataplane-mode: ambient; for Linkerd annotate it linkerd.io/inject: enabled.",
	NoPolicy: "An admission policy does not see whether there is a mesh.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{injectionDocs, "https://istio.io/latest/docs/ambient/usage/add-workloads/", linkerdDocs},
	},
	Peers: control.Peers{Kyverno: []string{
		"istio/enforce-sidecar-injection-namespace", "istio/add-sidecar-injection-namespace", "istio/enforce-ambient-mode-namespace",
		"istio/add-ambient-mode-namespace", "linkerd/require-linkerd-mesh-injection", "linkerd/add-linkerd-mesh-injection",
	}},
	Why: `Pods outside of the mesh talk in plain text and without an identity. As long as some are, strict mutual TLS breaks their calls, so that it stays permissive
for everybody.`,
	Examples: []control.Example{
		{
			Name: "one of two is out",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: back}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: back}, spec: {containers: [{name: a}]}}
`,
			Want: []string{"Namespace/back"},
		},
		{
			Name:      "switched off",
			Manifests: "{apiVersion: v1, kind: Namespace, metadata: {name: back, labels: {istio-injection: disabled}}}\n",
			Want:      []string{"Namespace/back metadata.labels.istio-injection"},
		},
		{
			Name: "both are in",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: back, labels: {istio.io/dataplane-mode: ambient}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: back}, spec: {containers: [{name: a}]}}
`,
		},
		{
			Name:      "no mesh at all",
			Manifests: "{apiVersion: v1, kind: Namespace, metadata: {name: back}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: back}, spec: {containers: [{name: a}]}}\n",
		},
	},
}

func checkInjection(v *control.Verdicts) {
	used := meshInUse(v)
	for i := range v.Workloads.Namespaces {
		ns := &v.Workloads.Namespaces[i]
		if !used || ofMesh(v, ns.Name) {
			v.NotApplicable(1)
			continue
		}
		path, out, _ := meshSetting(ns.Labels, ns.Annotations)
		if out {
			v.Fail(control.Breach{Object: ns.Object, Path: path, Message: "keeps namespace " + ns.Name + " out of the mesh", Cause: "mesh of " + ns.Name})
			continue
		}
		outside := outsideMesh(v, ns.Name)
		if len(outside) == 0 {
			v.Pass(1)
			continue
		}
		b := control.Breach{Object: ns.Object, Message: "is not in the mesh, and " + outside[0].String() + " runs there", Cause: "mesh of " + ns.Name}
		if n := len(outside); n > 1 {
			b.Message = fmt.Sprintf("is not in the mesh, and %d workloads run there, %s for one", n, outside[0])
		}
		for _, w := range outside[:min(len(outside), maxRelated)] {
			b.Related = append(b.Related, control.Decider{Object: w.Object, Text: "is in no mesh"})
		}
		v.Fail(b)
	}
}

// outsideMesh returns the workloads of a namespace that are in no mesh because nothing asks for it.
func outsideMesh(v *control.Verdicts, namespace string) []*workload.Workload {
	var all []*workload.Workload
	for _, i := range v.Index().Workloads(namespace) {
		w := &v.Workloads.Workloads[i]
		if m := v.Protection().Membership(w); !w.Controlled && m.Proxy == mesh.NoProxy && m.Object == mesh.Nobody {
			all = append(all, w)
		}
	}
	return all
}
