package cluster

import (
	"time"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletStreamingTimeoutDisabled: connections that nobody uses end.
var KubeletStreamingTimeoutDisabled = control.Control{
	ID: "kubelet-streaming-timeout-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep an idle timeout for streaming connections",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagDuration("streaming-connection-idle-timeout", "5m0s", time.Second, 0)}},
	Risk:     "Sessions of kubectl exec and port-forward that are silent for longer end.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Leave streamingConnectionIdleTimeout out of the configuration file, which means four hours, or set it to 5m.",
	Refs: control.Refs{
		CIS:    []string{"4.2.5"},
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1499"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0176"},
		Trivy:     []string{"KCV-0085"},
		Checkov:   []string{"CKV_K8S_143"},
		KubeBench: []string{"4.2.5"},
	},
	Why: `Without a timeout, connections of exec, attach and port-forward that were left open stay for ever: they fill the node's ports, and a session at a
screen that nobody watches stays open. In the file 0 means the default, on the command line it means never.`,
	Examples: []control.Example{
		fails("negative", kubeletFile("streamingConnectionIdleTimeout: -1s"), "streamingConnectionIdleTimeout"),
		passes("0 is the default", kubeletFile("streamingConnectionIdleTimeout: 0s")),
		passes("five minutes", kubeletFile("streamingConnectionIdleTimeout: 5m")),
	},
}
