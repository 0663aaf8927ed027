package network

import "github.com/kubeharden/kubeharden/control"

// MeshEgressAllowAny: workloads of the mesh call hosts that it knows.
var MeshEgressAllowAny = control.Control{
	ID: "mesh-egress-allow-any", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title:    "Let the mesh call registered hosts only: outboundTrafficPolicy REGISTRY_ONLY",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.MeshKinds(), control.Core("Namespace")),
	Kinds:    []control.Kind{{Kind: "ConfigMap"}, {Group: "install.istio.io", Kind: "IstioOperator"}, {Group: "sailoperator.io", Kind: "Istio"}, {Group: "networking.istio.io", Kind: "Sidecar"}},
	Require:  &control.Together{Check: checkMeshEgress, Text: "the mesh must refuse calls to hosts that it does not know"},
	Risk:     "Calls to hosts without a ServiceEntry fail.",
	Fix:      control.Advice,
	NoFix:    "Which hosts outside are called has to be declared first.",
	Remedy:   "Declare the hosts as ServiceEntries and set meshConfig.outboundTrafficPolicy.mode to REGISTRY_ONLY.",
	NoPolicy: "The configuration of the mesh is a text in a ConfigMap.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1041"},
		Source: []string{"https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/"},
	},
	Why: `By default a proxy passes on calls to any host in the internet, so that what was stolen leaves by the front door. REGISTRY_ONLY is no firewall, as a process
can avoid the proxy, but it shows and stops what is not meant; network policies stop the rest.`,
	Examples: []control.Example{
		{
			Name:      "nothing is said",
			Manifests: "{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: mesh, namespace: istio-system}, spec: {meshConfig: {accessLogFile: /dev/stdout}}}\n",
			Want:      []string{"IstioOperator/istio-system/mesh spec.meshConfig.outboundTrafficPolicy.mode"},
		},
		{
			Name:      "a namespace is excepted",
			Manifests: "{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: default, namespace: shop}, spec: {outboundTrafficPolicy: {mode: ALLOW_ANY}}}\n",
			Want:      []string{"Sidecar/shop/default spec.outboundTrafficPolicy.mode"},
		},
		{
			Name:      "known hosts only",
			Manifests: "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}'}}\n",
		},
	},
}

func checkMeshEgress(v *control.Verdicts) {
	for i := range v.Mesh.Configs {
		c := &v.Mesh.Configs[i]
		switch {
		case c.Injector:
			v.NotApplicable(1)
		case c.OutboundPolicy == "REGISTRY_ONLY":
			v.Pass(1)
		default:
			b := control.Breach{Object: c.Object, Path: c.Path, Message: "lets workloads call any host outside: outboundTrafficPolicy is not REGISTRY_ONLY"}
			if c.Path != "data.mesh" {
				b.Path += ".outboundTrafficPolicy.mode"
			}
			v.Fail(b)
		}
	}
	for i := range v.Mesh.Sidecars {
		if s := &v.Mesh.Sidecars[i]; s.Outbound == "ALLOW_ANY" {
			v.Fail(control.Breach{Object: s.Object, Path: "spec.outboundTrafficPolicy.mode", Message: "lets workloads of namespace " + s.Namespace + " call any host outside"})
		} else {
			v.Pass(1)
		}
	}
}
