package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeProxyNodePortAddressesOpen: a NodePort is where you want it.
var KubeProxyNodePortAddressesOpen = control.Control{
	ID: "kube-proxy-nodeport-addresses-open", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Serve NodePorts only on chosen addresses",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Proxy}, Settings: []control.Setting{nodePortAddresses()}},
	Risk:     "NodePorts answer on the chosen addresses only; load balancers that use others find nothing.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set nodePortAddresses in kube-proxy's configuration to the networks that may reach NodePorts, or to primary, which is the address of the node object.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1133"},
		Source: []string{proxyAPI, "https://kubernetes.io/docs/concepts/services-networking/service/#service-nodeport-custom-listen-address"},
	},
	Why: `By default a NodePort is open on every address of every node, those towards the Internet too: a Service of type NodePort or LoadBalancer that is made
in a hurry is public. In nftables mode it is the primary address only.`,
	Examples: []control.Example{
		fails("everywhere", proxyFile("nodePortAddresses: [0.0.0.0/0]"), "nodePortAddresses"),
		fails("not given", proxyFile("mode: iptables"), ""),
		fails("kubeadm", proxyFile("nodePortAddresses: null"), ""),
		passes("chosen", proxyFile("nodePortAddresses: [10.0.0.0/8]")),
		passes("primary", proxyFile("nodePortAddresses: [primary]")),
		passes("nftables", proxyFile("mode: nftables")),
	},
}

// nodePortAddresses requires networks that are not all of them. nftables listens on the primary address if nothing is said, since the mode is beta.
// https://github.com/kubernetes/kubernetes/blob/v1.31.0/cmd/kube-proxy/app/server_linux.go (platformApplyDefaults)
func nodePortAddresses() control.Setting {
	const flag = "nodeport-addresses"
	s := control.FlagTold(flag, "must name networks, or primary", func(v *component.Value, _ *component.Instance) string {
		list, _ := v.List()
		for _, network := range list {
			if strings.HasSuffix(strings.TrimSpace(network), "/0") {
				return "names " + network + ", which is every address"
			}
		}
		if len(list) == 0 {
			return "is not given, which is every address"
		}
		return ""
	}, []string{"0.0.0.0/0", "10.0.0.0/8,::/0"}, []string{"10.0.0.0/8", "primary"})
	s.Value = func(i *component.Instance) component.Value {
		v := i.Flag(flag)
		mode := i.Flag("proxy-mode")
		old := i.Version.Known() && i.Version.Minor < 31
		switch {
		case !v.Empty():
		case mode.Known && mode.Text == "nftables" && !old:
			v.Text, v.Items = "primary", nil
		case !mode.Known && !mode.Absent:
			return mode
		default:
		}
		return v
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		// Older releases do not know the word.
		if i.Version.Known() && i.Version.Minor < 31 {
			return nil
		}
		if e, ok := i.EditOf(flag, "primary"); ok {
			return []component.Edit{e}
		}
		return nil
	}
	return s
}
