package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
)

// ProbeHostField: the kubelet, not the pod, connects to the host that a probe names.
var ProbeHostField = control.Control{
	ID: "probe-host-field", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not set host in probes or lifecycle handlers (SSRF from the node)",
	Scope:   control.Containers,
	From:    34,
	Unless:  staticpods.ControlPlane,
	Require: hostless(),
	Fix:     control.Auto,
	Risk:    "Probes and hooks go to the address of the pod: a server that listens on another address, or on localhost only, is not reached.",
	Remedy:  "Remove host; put a virtual host name into httpGet.httpHeaders as Host.",
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1190", "T1046"},
		Source: []string{podSecurityStandards, "https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4940-psa-block-host-field-in-probes"},
	},
	Peers: control.Peers{
		Other: []string{"psa:hostProbesAndhostLifecycle", "gatekeeper:host-probes-lifecycle"},
	},
	Why: `Probes and lifecycle hooks are run by the kubelet on the node. Whoever may name their host makes the node send
requests to any address that it reaches, such as the cloud metadata service or ports on localhost (server-side request
forgery). The default is the address of the pod, which is what is meant in nearly every manifest.`,
}

// hostless requires that neither a probe nor a lifecycle hook names a host. tcpSocket does nothing in hooks, but the Pod
// Security Standards look there as well.
func hostless() control.Rule {
	var rules []control.Rule
	for _, handler := range []string{"livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"} {
		for _, action := range []string{"httpGet", "tcpSocket"} {
			rules = append(rules, control.Allow(handler+"."+action+".host", ""))
		}
	}
	return control.All(rules...)
}
