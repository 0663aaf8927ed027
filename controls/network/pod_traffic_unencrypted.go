package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
	"github.com/kubeharden/kubeharden/inventory"
)

// PodTrafficUnencrypted: who listens on the network between nodes reads nothing.
var PodTrafficUnencrypted = control.Control{
	ID: "pod-traffic-unencrypted", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Encrypt what pods send to one another, by the network plugin or a mesh",
	Scope: control.Everything,
	Needs: control.AllOf(control.WorkloadKinds(), control.Core("Node", "ConfigMap")),
	Kinds: append(
		control.WorkloadKinds(), factsKind, control.Kind{Kind: "ConfigMap"},
		control.Kind{Group: "crd.projectcalico.org", Kind: "FelixConfiguration"}, control.Kind{Group: "projectcalico.org", Kind: "FelixConfiguration"},
	),
	Require:  &control.Together{Check: checkPodTraffic, Text: "the network plugin must encrypt traffic between nodes (WireGuard, IPsec), or a mesh must"},
	Risk:     "Encryption takes some of the throughput and of the size of packets; nodes need WireGuard in their kernel.",
	Fix:      control.Advice,
	NoFix:    "All nodes have to change together, and the size of packets with them.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Switch encryption on in the network plugin: Cilium encryption.type=wireguard, Calico wireguardEnabled: true, Flannel backend wireguard, Antrea trafficEncryptionMode: wireGuard; or bring the namespaces into a mesh with strict mutual TLS.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: encryption", nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{"https://docs.cilium.io/en/stable/security/network/encryption/", "https://docs.tigera.io/calico/latest/network-policy/encrypt-cluster-pod-traffic", "https://antrea.io/docs/main/docs/traffic-encryption/"},
	},
	Why: `What pods say to one another crosses switches, mirrored ports and the networks of other tenants as it was written, passwords too, unless programs encrypt it
themselves. Some clouds encrypt between their own machines; that the API does not show.`,
	Examples: []control.Example{
		{
			Name:      "Cilium without encryption",
			Manifests: wholeCluster + daemonSet("cilium", "quay.io/cilium/cilium:v1.18.1") + ciliumConfig(`"false"`), Want: []string{"ConfigMap/kube-system/cilium-config data.enable-wireguard"},
		},
		{
			Name:      "Calico says nothing of it, which means no",
			Manifests: wholeCluster + daemonSet("calico-node", "docker.io/calico/node:v3.30.0") + felix("{}"), Want: []string{"FelixConfiguration/default spec"},
		},
		{Name: "not known", Manifests: wholeCluster + daemonSet("net", "example.com/own-cni:1"), Want: []string{"ClusterFacts/prod"}},
		{Name: "good: Cilium with WireGuard", Manifests: wholeCluster + daemonSet("cilium", "quay.io/cilium/cilium:v1.18.1") + ciliumConfig(`"true"`)},
		{Name: "good: Calico with WireGuard", Manifests: wholeCluster + daemonSet("calico-node", "docker.io/calico/node:v3.30.0") + felix("{wireguardEnabled: true}")},
		{
			Name: "good: Flannel with WireGuard",
			Manifests: wholeCluster + daemonSet("kube-flannel", "docker.io/flannel/flannel:v0.27.0") +
				"---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-flannel-cfg, namespace: kube-flannel}, data: {net-conf.json: '{\"Backend\": {\"Type\": \"wireguard\"}}'}}\n",
		},
	},
}

func ciliumConfig(wireguard string) string {
	return "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: cilium-config, namespace: kube-system}, data: {enable-wireguard: " + wireguard + "}}\n"
}

func felix(spec string) string {
	return "---\n{apiVersion: crd.projectcalico.org/v1, kind: FelixConfiguration, metadata: {name: default}, spec: " + spec + "}\n"
}

// encrypting are network plugins that can encrypt, by the names that inventory.Setting.Of has for them; kept is where they keep whether they do.
var encrypting = []struct {
	of, kept, group, resource string
	program                   agent.Program
}{
	{"cilium", "the ConfigMap cilium-config", "", "configmaps", enforcers[1]},
	{"calico", "FelixConfiguration", "crd.projectcalico.org", "felixconfigurations", enforcers[0]},
	{"antrea", "the ConfigMap antrea-config", "", "configmaps", enforcers[2]},
	{"flannel", "the ConfigMap kube-flannel-cfg", "", "configmaps", ignorers[0]},
}

func checkPodTraffic(v *control.Verdicts) {
	cluster := v.Cluster()
	if cluster == nil {
		if len(v.Settings()) > 0 {
			v.Exempt(1, "manifests do not show what else runs")
		}
		return
	}
	if on := encrypts(v.Settings()); on {
		v.Pass(1)
		return
	}
	unknown := func(why string) {
		v.Fail(control.Breach{Object: cluster.Object, Unknown: true, Message: "whether traffic between nodes is encrypted is not known: " + why})
	}
	if noNodes(v) {
		v.Exempt(1, "the cluster has no nodes")
		return
	}
	if meshInUse(v) {
		v.Exempt(1, "a mesh encrypts, and has controls of its own")
		return
	}
	if missed := agent.Unseen(v); missed != "" {
		unknown(missed)
		return
	}
	for i := range encrypting {
		e := &encrypting[i]
		found := agent.Find(v, []agent.Program{e.program})
		if len(found) == 0 {
			continue
		}
		setting, missed := settingOf(v.Settings(), e.of), cluster.Missed(e.group, e.resource)
		switch {
		case setting != nil:
			v.Fail(control.Breach{
				Object: setting.Object, Path: setting.Path, Message: e.program.Name + " sends what pods say as it is, without encryption",
				Related: []control.Decider{{Object: found[0].Workload.Object, Text: "runs " + e.program.Name}},
			})
		case missed != "":
			unknown(missed)
		default:
			unknown(e.kept + " was not seen")
		}
		return
	}
	unknown("no network plugin was seen that is known to do so, and whether the cloud does is not seen from here")
}

// encrypts reports whether a setting switches encryption on.
func encrypts(settings []inventory.Setting) bool {
	for i := range settings {
		s := &settings[i]
		switch s.Name {
		case "enable-wireguard", "enable-ipsec", "enable-ztunnel", "wireguardEnabled", "wireguardEnabledV6":
			if s.Value == "true" {
				return true
			}
		case "trafficEncryptionMode":
			if s.Value == "wireGuard" || s.Value == "ipsec" {
				return true
			}
		case "Backend.Type":
			if s.Value == "wireguard" || s.Value == "ipsec" {
				return true
			}
		}
	}
	return false
}

// settingOf returns the first setting that says whether a plugin encrypts; nil if none does.
func settingOf(settings []inventory.Setting, of string) *inventory.Setting {
	for i := range settings {
		if s := &settings[i]; s.Of == of && s.Name != "encrypt-node" {
			return s
		}
	}
	return nil
}
