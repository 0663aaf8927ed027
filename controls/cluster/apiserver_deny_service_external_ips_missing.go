package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverDenyServiceExternalIpsMissing: externalIPs take traffic away from others.
var ApiserverDenyServiceExternalIpsMissing = control.Control{
	ID: "apiserver-deny-service-external-ips-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Enable the admission plugin DenyServiceExternalIPs",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(addedPlugin("DenyServiceExternalIPs")),
	Risk:     "No new Service may use spec.externalIPs; those that are there keep them.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Add DenyServiceExternalIPs to --enable-admission-plugins.",
	Refs: control.Refs{
		CIS:    []string{"1.2.3"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1557"},
		Source: []string{admissionDocs + "#denyserviceexternalips", "https://github.com/kubernetes/kubernetes/issues/97076"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0283"},
		KubeBench: []string{"1.2.3"},
	},
	Why: `Whoever may create a Service can write any address into spec.externalIPs, and the nodes then send what goes to that address to his
pods: traffic to a DNS server, a database or a website outside is intercepted (CVE-2020-8554). Nothing but this plugin or a policy stops it.`,
}
