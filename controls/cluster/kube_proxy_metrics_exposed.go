package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeProxyMetricsExposed: strangers learn nothing of the services.
var KubeProxyMetricsExposed = control.Control{
	ID: "kube-proxy-metrics-exposed", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Bind kube-proxy metrics to localhost",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Proxy}, Settings: []control.Setting{proxyMetrics()}},
	Risk:     "A Prometheus in another pod network cannot scrape kube-proxy any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set metricsBindAddress: 127.0.0.1:10249 in kube-proxy's configuration, or leave it empty, which means the same.",
	Refs: control.Refs{
		CIS:    []string{"4.3.1"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1046"},
		Source: []string{proxyAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0291"},
		KubeBench: []string{"4.3.1"},
	},
	Why: `The address answers everybody without a login: metrics, the configuration at /configz and, if it is on, the profiler. kube-proxy runs in the network
of the node, so that it is the node's address.`,
	Examples: []control.Example{
		fails("all", proxyFile("metricsBindAddress: 0.0.0.0:10249"), "metricsBindAddress"),
		fails("all of IPv6", proxyFile("metricsBindAddress: '[::]:10249'"), "metricsBindAddress"),
		passes("localhost", proxyFile("metricsBindAddress: 127.0.0.1:10249")),
		passes("the default", proxyFile("metricsBindAddress: \"\"")),
	},
}

// proxyMetrics requires an address of the node itself, or none, which serves no metrics.
func proxyMetrics() control.Setting {
	s := control.FlagLoopback("metrics-bind-address", "127.0.0.1:10249", "0.0.0.0:10249")
	loopback := s.Problem
	s.Problem = func(v *component.Value, i *component.Instance) string {
		if v.Empty() {
			return ""
		}
		return loopback(v, i)
	}
	s.Good = append(s.Good, []string{"--metrics-bind-address=[::1]:10249"}, []string{})
	return s
}
