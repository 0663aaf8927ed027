package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
)

// MeshObjectInvalid: a setting of the mesh that does nothing protects nobody.
var MeshObjectInvalid = control.Control{
	ID: "mesh-object-invalid", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Write settings of the mesh that it accepts and that mean something",
	Scope: control.Everything,
	Needs: control.AllOf(control.MeshKinds(), control.WorkloadKinds(), control.Core("Namespace", "Service")),
	Kinds: []control.Kind{
		{Group: "security.istio.io", Kind: control.AnyKind}, {Group: "networking.istio.io", Kind: control.AnyKind}, {Group: "policy.linkerd.io", Kind: control.AnyKind}, {Kind: "ConfigMap"},
	},
	Require:  &control.Together{Check: checkMeshFlaws, Text: "objects of the mesh must have valid modes, selectors and fields"},
	Risk:     "The setting takes effect.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	Remedy:   "Correct the field that the finding names.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{peerDocs, authorizationDocs},
	},
	Why: `The API server drops fields that it does not know, and the mesh ignores a port without a selector or a second setting for the same namespace. Nothing shows
it: the object is there, and what it was to protect is as open as before.`,
	Examples: []control.Example{
		{
			Name:      "a misspelt mode",
			Manifests: "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop}, spec: {mtls: {mode: Strict}}}\n",
			Want:      []string{"PeerAuthentication/shop/default spec.mtls.mode"},
		},
		{
			Name:      "a port of a whole namespace",
			Manifests: "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop}, spec: {portLevelMtls: {8080: {mode: STRICT}}}}\n",
			Want:      []string{"PeerAuthentication/shop/default spec.portLevelMtls"},
		},
		{
			Name:      "a valid one",
			Manifests: "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop}, spec: {mtls: {mode: STRICT}}}\n",
		},
	},
}

func checkMeshFlaws(v *control.Verdicts) {
	bad := map[int]bool{}
	for _, list := range [...][]object.Flaw{v.Mesh.Flaws, v.Protection().Flaws} {
		for _, f := range list {
			bad[f.Object] = true
			v.Fail(control.Breach{Object: f.Object, Path: f.Path, Message: f.Path + " " + f.Message})
		}
	}
	for i := range v.Mesh.Peers {
		if !bad[v.Mesh.Peers[i].Object] {
			v.Pass(1)
		}
	}
	for i := range v.Mesh.Authorizations {
		if !bad[v.Mesh.Authorizations[i].Object] {
			v.Pass(1)
		}
	}
}
