package pods

import "github.com/kubeharden/kubeharden/control"

// HostNetwork: WHY-ONE-LINE.
var HostNetwork = control.Control{
	ID: "host-network", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Do not share the host network",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove hostNetwork
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.5"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611", "T1040"},
		Source: []string{""},
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
	Why: ``,
}
