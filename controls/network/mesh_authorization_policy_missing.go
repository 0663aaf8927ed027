package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/workload"
)

// MeshAuthorizationPolicyMissing: in the mesh only those are let in who are named.
var MeshAuthorizationPolicyMissing = control.Control{
	ID: "mesh-authorization-policy-missing", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Have a policy in every namespace of the mesh that denies by default",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.MeshKinds(), control.Core("Namespace", "Service")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "Namespace"}, control.Kind{Group: "security.istio.io", Kind: "AuthorizationPolicy"}),
	Require:  &control.Together{Check: checkAuthorization, Text: "a namespace in the mesh must refuse callers that no policy names"},
	Risk:     "Callers that no policy allows are refused: write the ALLOW policies first.",
	Fix:      control.Generate,
	NoFix:    "Who calls whom decides the policies: kubeharden generate peer-authentication --default-deny writes the one that denies.",
	Remedy:   "Add an AuthorizationPolicy with spec: {} to the namespace, and ALLOW policies for its callers; for Linkerd a Server for each port, or the annotation config.linkerd.io/default-inbound-policy: deny.",
	NoPolicy: "An admission policy does not see the policies of the namespace.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1210"},
		Source: []string{"https://istio.io/latest/docs/ops/best-practices/security/#use-default-deny-patterns", "https://linkerd.io/2/features/server-policy/"},
	},
	Peers: control.Peers{Kyverno: []string{
		"istio/require-authorizationpolicies", "istio/create-authorizationpolicy", "linkerd/check-linkerd-authorizationpolicy", "linkerd/require-linkerd-server", "linkerd/add-linkerd-policy-annotation",
	}},
	Why: `Mutual TLS says who calls, and a policy whether he may. Without one every workload of the mesh may call every other, so that one that is taken over reaches
them all, with a valid identity.`,
	Examples: []control.Example{
		{
			Name:      "nothing denies",
			Manifests: podInMesh,
			Want:      []string{"Namespace/shop metadata.labels.istio-injection"},
		},
		{
			Name: "denied, and all let in again",
			Manifests: podInMesh + `---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: all, namespace: shop}, spec: {rules: [{}]}}
`,
			Want: []string{"AuthorizationPolicy/shop/all spec.rules[0]"},
		},
		{
			Name: "denied",
			Manifests: podInMesh + `---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: nothing, namespace: shop}, spec: {}}
`,
		},
		{
			Name: "Linkerd denies",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled, config.linkerd.io/default-inbound-policy: deny}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}
`,
		},
		{
			Name: "Linkerd lets everyone in",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}
`,
			Want: []string{`Namespace/shop metadata.annotations["linkerd.io/inject"]`},
		},
	},
}

// checkAuthorization judges each namespace that has workloads in the mesh.
func checkAuthorization(v *control.Verdicts) {
	seen := map[string]bool{}
	for i := range v.Workloads.Workloads {
		namespace := v.Workloads.Workloads[i].Namespace
		if seen[namespace] || ofMesh(v, namespace) {
			continue
		}
		seen[namespace] = true
		for k, m := range inMesh(v, namespace) {
			judgeAuthorization(v, &v.Workloads.Workloads[k], m)
			break
		}
	}
}

// judgeAuthorization judges the namespace of the first workload that is in the mesh.
func judgeAuthorization(v *control.Verdicts, w *workload.Workload, m mesh.Membership) {
	b := control.Breach{
		Object: m.Object, Path: m.Path, Cause: "callers of " + w.Namespace,
		Message: "brings namespace " + w.Namespace + " into the mesh, and no policy denies by default there: every workload of the mesh may call it",
	}
	if m.Object == mesh.Nobody {
		b.Object, b.Path = w.Object, ""
	}
	if m.Proxy == mesh.LinkerdProxy {
		if linkerdDenies(v, w) {
			v.Pass(1)
			return
		}
		v.Fail(b)
		return
	}
	d := v.Protection().DefaultDeny(w.Namespace)
	switch {
	case d.Holds:
		v.Pass(1)
		return
	case d.Object != mesh.Nobody:
		b.Object, b.Path, b.Message = d.Object, d.Path, "lets every caller in to namespace "+w.Namespace
	}
	v.Fail(b)
}

// linkerdDenies reports whether a namespace has servers, whose policies count, or a default policy that asks for an identity.
func linkerdDenies(v *control.Verdicts, w *workload.Workload) bool {
	for i := range v.Mesh.Servers {
		if v.Mesh.Servers[i].Namespace == w.Namespace {
			return true
		}
	}
	const key = "config.linkerd.io/default-inbound-policy"
	policy, ok := w.Annotations.Get(key)
	if ns := v.Index().Namespace(w.Namespace); !ok && ns != nil {
		policy, _ = ns.Annotations.Get(key)
	}
	return policy == "deny" || strings.HasSuffix(policy, "-authenticated")
}
