package network

import (
	"fmt"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/mesh"
)

// MeshMTLSNotEnforced: something says that workloads of the mesh take mutual TLS only.
var MeshMTLSNotEnforced = control.Control{
	ID: "mesh-mtls-not-enforced", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:    "Have a PeerAuthentication that makes mutual TLS strict for the whole mesh",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.MeshKinds(), control.WorkloadKinds(), control.Core("Namespace", "Service")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "Namespace"}),
	Require:  &control.Together{Check: checkMTLSEnforced, Text: "workloads in the mesh must take mutual TLS only"},
	Risk:     "Clients outside of the mesh, and those that call in plain text, are refused.",
	Fix:      control.Generate,
	NoFix:    "It is a new object: kubeharden generate peer-authentication writes it and proves that it holds.",
	Remedy:   "Add a PeerAuthentication with mode STRICT and without a selector to the root namespace of the mesh.",
	NoPolicy: "An admission policy does not see the other objects of the mesh.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{peerDocs, "https://istio.io/latest/docs/tasks/security/authentication/authn-policy/#globally-enabling-istio-mutual-tls-in-strict-mode"},
	},
	Why: `Without any setting a mesh is permissive: its proxies use mutual TLS among themselves, and take plain text from everybody else. Being in the mesh then keeps
nobody out.`,
	Examples: []control.Example{
		{
			Name: "in the mesh, and nothing says strict",
			Manifests: podInMesh + `---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop}, spec: {containers: [{name: b}]}}
`,
			Want: []string{"Namespace/shop metadata.labels.istio-injection"},
		},
		{
			Name: "strict for the whole mesh",
			Manifests: podInMesh + `---
{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: istio-system}, spec: {mtls: {mode: STRICT}}}
`,
		},
		{
			Name:      "in no mesh",
			Manifests: "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}\n",
		},
	},
}

// checkMTLSEnforced tells of each namespace once, at what brings it into the mesh. What an object says outright is the matter of other controls.
func checkMTLSEnforced(v *control.Verdicts) {
	type open struct {
		b     control.Breach
		names []string
	}
	var order []string
	all := map[string]*open{}
	for _, line := range v.Protection().Summary() {
		w := line.Workload
		if line.Port != 0 {
			continue
		}
		switch {
		case line.Membership.Proxy != mesh.SidecarProxy && line.Membership.Proxy != mesh.AmbientProxy:
			v.NotApplicable(1)
		case line.MTLS.Level == mesh.LevelDefault && line.MTLS.Mode != mesh.Strict:
			o := all[w.Namespace]
			if o == nil {
				o = &open{b: control.Breach{Object: line.Membership.Object, Path: line.Membership.Path, Cause: "mesh of " + w.Namespace}}
				all[w.Namespace] = o
				order = append(order, w.Namespace)
			}
			o.names = append(o.names, w.String())
			if len(o.b.Related) < maxRelated && w.Object != o.b.Object {
				o.b.Related = append(o.b.Related, control.Decider{Object: w.Object, Text: "takes plain text"})
			}
		case line.MTLS.Mode == mesh.Unknown:
			v.Fail(control.Breach{Object: w.Object, Unknown: true, Message: "takes mutual TLS or not: " + line.MTLS.Why})
		default:
			v.Pass(1)
		}
	}
	for _, namespace := range order {
		o := all[namespace]
		o.names = slices.Compact(o.names)
		o.b.Message = "brings " + o.names[0] + " into the mesh, which takes plain text too, as nothing says STRICT"
		if n := len(o.names) - 1; n > 0 {
			o.b.Message = fmt.Sprintf("brings %s and %d more into the mesh, which take plain text too, as nothing says STRICT", o.names[0], n)
		}
		v.Fail(o.b)
	}
}
