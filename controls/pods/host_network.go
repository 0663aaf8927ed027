package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
)

// HostNetwork: a pod in the network of its node hears what the node hears.
var HostNetwork = control.Control{
	ID: "host-network", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Do not share the host network",
	Scope:   control.PodSpecs,
	Unless:  staticpods.ControlPlane,
	Require: inNetworkOfItsOwn(control.Not("hostNetwork", true)),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "The pod gets an address of its own: what reached it under the address of the node needs a Service, and localhost is no longer the node.",
	Remedy:  "Remove hostNetwork: true and expose the ports by a Service.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.5"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611", "T1040"},
		Source: []string{podSecurityStandards},
	},
	Peers: control.Peers{
		KubeLinter: []string{"host-network"},
		Kubescape:  []string{"C-0041"},
		Trivy:      []string{"KSV-0009"},
		Checkov:    []string{"CKV_K8S_19"},
		Polaris:    []string{"hostNetworkSet"},
		Kubeaudit:  []string{"hostns/NamespaceHostNetworkTrue"},
		Kubesec:    []string{"HostNetwork"},
		Kyverno:    []string{"pod-security/disallow-host-namespaces"},
		KubeBench:  []string{"5.2.5"},
		Other:      []string{"psa:hostNamespaces", "gatekeeper:host-namespaces", "gatekeeper:host-network-ports", "terrascan:AC-K8-NS-PO-M-0164", "semgrep:hostnetwork-pod"},
	},
	Why: `In the network of the node a pod sees the traffic of all pods on it, reaches services that listen on localhost only,
such as the kubelet, and stands outside of all NetworkPolicies. Cloud metadata that is closed to pods is open to it.`,
}
