package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/mesh"
)

// MeshAuthorizationPolicyAllowAll: a rule that lets callers in says which.
var MeshAuthorizationPolicyAllowAll = control.Control{
	ID: "mesh-authorization-policy-allow-all", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Name the callers in every policy that lets some in",
	Scope: control.Everything,
	Needs: control.AllOf(control.MeshKinds(), control.WorkloadKinds(), control.Core("Namespace", "Service")),
	Kinds: []control.Kind{
		{Group: "security.istio.io", Kind: "AuthorizationPolicy"}, {Group: "policy.linkerd.io", Kind: "ServerAuthorization"}, {Group: "policy.linkerd.io", Kind: "AuthorizationPolicy"},
	},
	Require:  &control.Together{Check: checkAllowAll, Text: "a rule that allows must have a source with an identity"},
	Risk:     "Callers that are not named are refused.",
	Fix:      control.Advice,
	NoFix:    "Who is to be let in, only a person or observed traffic can say.",
	Remedy:   "Give the rule a from with the principals or namespaces of its callers.",
	NoPolicy: "Whether a policy is for a gateway, which everybody may call, shows in other objects.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1210"},
		Source: []string{authorizationDocs + "#Rule", "https://linkerd.io/2/reference/authorization-policy/"},
	},
	Why: `An ALLOW policy turns the default around: who is not named is refused. A rule without a source names everybody, callers in plain text and without an identity
included, and undoes what every narrower rule beside it wanted to keep out.`,
	Examples: []control.Example{
		{
			Name:      "everybody",
			Manifests: "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: all, namespace: shop}, spec: {rules: [{}]}}\n",
			Want:      []string{"AuthorizationPolicy/shop/all spec.rules[0]"},
		},
		{
			Name:      "everybody but one",
			Manifests: "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: most, namespace: shop}, spec: {rules: [{from: [{source: {notPrincipals: [cluster.local/ns/bad/sa/bad]}}]}]}}\n",
			Want:      []string{"AuthorizationPolicy/shop/most spec.rules[0]"},
		},
		{
			Name:      "without an identity, in Linkerd",
			Manifests: "{apiVersion: policy.linkerd.io/v1beta1, kind: ServerAuthorization, metadata: {name: all, namespace: shop}, spec: {server: {name: web}, client: {unauthenticated: true}}}\n",
			Want:      []string{"ServerAuthorization/shop/all spec.client"},
		},
		{
			Name: "named callers, a gateway, a denial",
			Manifests: `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: front, namespace: shop}, spec: {rules: [{from: [{source: {namespaces: [front]}}]}]}}
---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: gateway, namespace: istio-ingress}, spec: {selector: {matchLabels: {istio: ingressgateway}}, rules: [{}]}}
---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: off, namespace: shop}, spec: {action: DENY, rules: [{}]}}
`,
		},
	},
}

func checkAllowAll(v *control.Verdicts) {
	for i := range v.Mesh.Authorizations {
		p := &v.Mesh.Authorizations[i]
		if p.Action != mesh.Allow || p.DryRun || forGateway(v, p) {
			v.NotApplicable(1)
			continue
		}
		open := false
		for k := range p.Rules {
			if b, ok := tooWide(p, &p.Rules[k]); ok {
				open = true
				v.Fail(b)
			}
		}
		if !open {
			v.Pass(1)
		}
	}
	for i := range v.Mesh.Grants {
		g := &v.Mesh.Grants[i]
		if g.Identities || g.Route {
			v.Pass(1)
			continue
		}
		severity := control.Medium
		v.Fail(control.Breach{Object: g.Object, Path: g.Path, Message: "lets callers in that show no identity", Severity: &severity})
	}
}

// tooWide judges one rule that allows. One that is limited to some requests, such as those to a health page, is less.
func tooWide(p *mesh.AuthorizationPolicy, r *mesh.Rule) (control.Breach, bool) {
	b := control.Breach{Object: p.Object, Path: r.Path, Message: "lets in every caller, even one without an identity"}
	switch {
	case r.Callers == mesh.Anyone && r.Limited:
		low := control.Low
		b.Severity, b.Message = &low, "lets every caller in for the requests that it names, even one without an identity"
	case r.Callers == mesh.Anyone:
	case r.Callers == mesh.AnyoneBut && !r.Limited:
		b.Message = "lets in every caller but those that it names, even one without an identity"
	default:
		return b, false
	}
	return b, true
}

// forGateway reports whether a policy is for gateways, which callers without any identity are meant to reach.
func forGateway(v *control.Verdicts, p *mesh.AuthorizationPolicy) bool {
	for _, t := range p.Targets {
		if t.Kind == "Gateway" {
			return true
		}
	}
	for _, key := range [...]string{"istio", "app"} {
		if value, ok := p.Selector.Get(key); ok && strings.HasSuffix(value, "gateway") {
			return true
		}
	}
	if len(p.Selector) == 0 {
		return false
	}
	gateways := 0
	for _, i := range v.Index().Workloads(p.Namespace) {
		w := &v.Workloads.Workloads[i]
		if slices.ContainsFunc(p.Selector, func(l label.Label) bool { return !w.Labels.Has(l.Key, l.Value) }) {
			continue
		}
		if v.Protection().Membership(w).Proxy != mesh.GatewayProxy {
			return false
		}
		gateways++
	}
	return gateways > 0
}
