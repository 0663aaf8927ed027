package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdPlaintextListenUrl: etcd speaks TLS only.
var EtcdPlaintextListenUrl = control.Control{
	ID: "etcd-plaintext-listen-url", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:      "Do not listen or advertise on http:// URLs",
	Scope:      control.Everything,
	Kinds:      componentKinds(),
	Require:    &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.EtcdURLs("listen-client-urls", "cert-file", false), control.EtcdURLs("listen-client-http-urls", "cert-file", false), control.EtcdURLs("advertise-client-urls", "cert-file", false), control.EtcdURLs("listen-peer-urls", "peer-cert-file", true), control.EtcdURLs("initial-advertise-peer-urls", "peer-cert-file", true)}, Unless: anotherEtcd},
	Suppresses: []string{"etcd-server-tls-missing"},
	Risk:       "Clients and members that know the old address cannot connect any more.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	NoPolicy:   noPolicyForStaticPods,
	Remedy:     "Change the addresses to https://, those of the host itself too; for health and metrics there is --listen-metrics-urls.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV034"},
	},
	Why: `On such an address etcd asks for no certificate and ignores those that it has. On 127.0.0.1 too everything on the host gets in, pods with hostNetwork
among them, and reads and writes all of the cluster. Peers on the host itself are none to listen to.`,
	Examples: []control.Example{{
		Name:      "beside a certificate",
		Manifests: staticPod("etcd", "--cert-file=/etc/kubernetes/pki/etcd/server.crt", "--listen-client-urls=https://10.0.0.4:2379,http://127.0.0.1:2379"),
		Want:      []string{"Pod/kube-system/etcd spec.containers[0].command[2]"},
	}},
}
