package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdMetricsExposed: strangers learn nothing of etcd's state.
var EtcdMetricsExposed = control.Control{
	ID: "etcd-metrics-exposed", Section: "etcd", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Bind etcd metrics to localhost",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.EtcdMetrics("http://127.0.0.1:2381")}, Unless: anotherEtcd},
	Risk:     "A Prometheus on another host cannot scrape these metrics any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start etcd with --listen-metrics-urls=http://127.0.0.1:2381, or with an https:// address that asks for client certificates.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1046"},
		Source: []string{etcdFlagDocs},
	},
	Why: `The address answers anybody with metrics and health: how big the cluster is, who leads, what is written how often. It answers without end too, which
costs etcd time.`,
}
