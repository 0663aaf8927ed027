package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityNetRaw: NET_RAW is in the default set and lets a pod forge packets on the network of its node.
var CapabilityNetRaw = control.Control{
	ID: "capability-net-raw", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:  "Drop NET_RAW",
	Scope:  control.Containers,
	Unless: windows,
	Require: control.All(
		control.Contains("securityContext.capabilities.drop", "NET_RAW", "ALL"),
		withoutCapability("NET_RAW"),
	),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "Programs that open raw sockets, such as ping or tcpdump, fail.",
	Remedy:  "Add NET_RAW, or better ALL, to securityContext.capabilities.drop, and do not add it.",
	Bad:     addsBad("NET_RAW"),
	Refs: control.Refs{
		CIS:    []string{"5.2.8"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1557", "T1040"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"drop-net-raw-capability"},
		Trivy:      []string{"KSV-0119"},
		Checkov:    []string{"CKV_K8S_28"},
		Kyverno:    []string{"best-practices/drop-cap-net-raw"},
		KubeBench:  []string{"5.2.8"},
		Other:      []string{"terrascan:AC-K8-IA-PS-M-0112", "kube-hunter:KHV020", "kube-hunter:KHV030"},
	},
	Why: `NET_RAW opens raw and packet sockets, and runtimes give it to every container. With it a pod can spoof ARP and DNS
answers for the other pods of its node and read their traffic. Hardly any service sends raw packets.`,
}
