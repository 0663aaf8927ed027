package network

import "github.com/kubeharden/kubeharden/control"

// GatewayReferenceGrantTooBroad: one certificate is lent, not all Secrets.
var GatewayReferenceGrantTooBroad = control.Control{
	ID: "gateway-reference-grant-too-broad", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Name the Secret in a ReferenceGrant",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "gateway.networking.k8s.io", Kind: "ReferenceGrant"}},
	Require: control.Each("spec.to", map[string]any{"group": "", "kind": "Secret", "name": "shop-tls"},
		control.When(control.Is("kind", "Secret"), control.Present("name", nil))),
	Risk:   "Gateways that refer to other Secrets of the namespace lose their certificates.",
	Fix:    control.Advice,
	NoFix:  "Which Secret is meant, the ReferenceGrant does not say.",
	Remedy: "Add the name of the Secret to the item of spec.to, one item for each Secret.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://gateway-api.sigs.k8s.io/api-types/referencegrant/", gatewayDocs},
	},
	Why: `A grant without a name is for all Secrets of the namespace, also those to come. Who may make a Gateway in the other namespace then serves its
hosts with any of the certificates, and poses as the service that they belong to.`,
}
