package network

import "github.com/kubeharden/kubeharden/control"

const gatewayDocs = "https://gateway-api.sigs.k8s.io/reference/spec/"

var (
	gateways  = []control.Kind{{Group: "gateway.networking.k8s.io", Kind: "Gateway"}}
	listeners = control.NewField("spec.listeners")
)
