package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletDebuggingHandlersEnabled: nobody runs commands in pods.
var KubeletDebuggingHandlersEnabled = control.Control{
	ID: "kubelet-debugging-handlers-enabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Turn off kubelet debug handlers where nobody needs kubectl exec and logs",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("enable-debugging-handlers", false)}},
	Params:   []control.Param{{Name: "exec", Doc: "never, on clusters on which nobody needs kubectl exec, logs, attach, cp and port-forward", Example: []string{"never"}, Valid: func(value string) bool { return value == "never" }}},
	Risk:     "kubectl exec, attach, logs, port-forward and cp stop working on the node.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set enableDebuggingHandlers: false in the kubelet's configuration file of nodes whose pods nobody needs to look into.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV037", "kube-hunter:KHV039", "kube-hunter:KHV040", "kube-hunter:KHV041", "kube-hunter:KHV042", "kube-hunter:KHV045", "kube-hunter:KHV046", "kube-hunter:KHV051"},
	},
	Why: `The handlers run commands in containers and read their logs; a stolen token with rights on nodes/proxy uses them past the audit log. Most clusters
need them, so that this control is off until the setting says that nobody runs commands in pods.`,
	Examples: []control.Example{
		fails("on", kubeletFile("enableDebuggingHandlers: true"), "enableDebuggingHandlers"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		passes("off", kubeletFile("enableDebuggingHandlers: false")),
	},
}
