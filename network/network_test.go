package network_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/network"
)

// three are three pods in two namespaces, one pod on the node's network, and a pod whose address is known.
const three = `
{apiVersion: v1, kind: Namespace, metadata: {name: one, labels: {team: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: two, labels: {team: blue}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: one, name: a, labels: {app: a}}, spec: {containers: [{name: c, ports: [{containerPort: 80, name: http}, {containerPort: 53, name: dns, protocol: UDP}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: one, name: b, labels: {app: b}}, spec: {containers: [{name: c}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: two, name: c, labels: {app: c}}, spec: {containers: [{name: c, ports: [{containerPort: 8080, name: http}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: two, name: host, labels: {app: host}}, spec: {hostNetwork: true, containers: [{name: c}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: two, name: known, labels: {app: known}}, status: {podIP: 10.1.2.3}, spec: {containers: [{name: c}]}}
`

// policy writes a NetworkPolicy of namespace one for the pod a.
func policy(spec string) string {
	return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: one, name: p}, spec: {podSelector: {matchLabels: {app: a}}, " + spec + "}}"
}

func anp(spec string) string {
	return "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: p}, spec: {" + spec + "}}"
}

func banp(spec string) string {
	return "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {" + spec + "}}"
}

func cnp(spec string) string {
	return "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {" + spec + "}}"
}

func cilium(spec string) string {
	return "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {namespace: one, name: p}, spec: {endpointSelector: {matchLabels: {app: a}}, " + spec + "}}"
}

func calico(kind, spec string) string {
	return "{apiVersion: projectcalico.org/v3, kind: " + kind + ", metadata: {namespace: one, name: p}, spec: {" + spec + "}}"
}

const everyPod = "subject: {namespaces: {}}, "

// where finds an endpoint: "a", "b" and so on are pods, a CIDR is outside, "some" is some pod, one/x=y a pod of these labels.
func where(t *testing.T, c *cluster, s string) network.Endpoint {
	t.Helper()
	if p, err := netip.ParsePrefix(s); err == nil {
		return network.Outside(network.AddressesOf(p))
	}
	if s == "some" {
		return network.SomePod()
	}
	if namespace, labels, ok := strings.Cut(s, "/"); ok {
		set := map[string]string{}
		if k, v, ok := strings.Cut(labels, "="); ok {
			set[k] = v
		}
		return network.PodWith(namespace, label.New(set))
	}
	for _, ns := range []string{"one", "two"} {
		for i := range c.workloads.Workloads {
			if w := &c.workloads.Workloads[i]; w.Namespace == ns && w.Name == s {
				return network.OfWorkload(i)
			}
		}
	}
	t.Fatalf("nobody is %s", s)
	return network.Endpoint{}
}

func TestConnections(t *testing.T) {
	for _, test := range []struct{ name, policies, flow, want string }{
		{"no policy", "", "b>a", "all"},
		{"deny all", policy("policyTypes: [Ingress]"), "b>a", "none"},
		{"deny all leaves others", policy("policyTypes: [Ingress]"), "a>b", "all"},
		{"types default to ingress", policy("egress: []"), "a>b", "all"},
		{"types default to ingress and egress", policy("egress: [{ports: [{port: 1}]}]"), "a>b", "TCP 1"},
		{"empty types are none", policy("policyTypes: [], egress: []"), "a>b", "all"},
		{"type without rules", policy("policyTypes: [Egress]"), "a>b", "none"},
		{"egress only leaves ingress", policy("policyTypes: [Egress]"), "b>a", "all"},
		{"rule without peers", policy("ingress: [{}]"), "b>a", "all"},
		{"empty from", policy("ingress: [{from: []}]"), "b>a", "all"},
		{"null from", policy("ingress: [{from: null}]"), "b>a", "all"},
		{"rule without peers, from outside", policy("ingress: [{}]"), "192.0.2.0/24>a", "all"},
		{"empty pod selector is the namespace", policy("ingress: [{from: [{podSelector: {}}]}]"), "b>a", "all"},
		{"empty pod selector is only the namespace", policy("ingress: [{from: [{podSelector: {}}]}]"), "c>a", "none"},
		{"empty namespace selector is everybody", policy("ingress: [{from: [{namespaceSelector: {}}]}]"), "c>a", "all"},
		{"empty namespace selector is nobody outside", policy("ingress: [{from: [{namespaceSelector: {}}]}]"), "192.0.2.0/24>a", "none"},
		{"both selectors", policy("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: b}}}]}]"), "b>a", "none"},
		{"two peers", policy("ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: b}}}]}]"), "b>a", "all"},
		{"two rules", policy("ingress: [{ports: [{port: 1}]}, {ports: [{port: 2, endPort: 9}]}]"), "b>a", "TCP 1-9"},
		{"protocol only", policy("ingress: [{ports: [{protocol: SCTP}]}]"), "b>a", "SCTP"},
		{"named port", policy("ingress: [{ports: [{port: http}]}]"), "b>a", "TCP 80"},
		{"named port of the other protocol", policy("ingress: [{ports: [{port: dns}]}]"), "b>a", "none"},
		{"named port of its protocol", policy("ingress: [{ports: [{port: dns, protocol: UDP}]}]"), "b>a", "UDP 53"},
		{"named port of the destination", policy("egress: [{ports: [{port: http}]}]"), "a>c", "TCP 8080"},
		{"named port that is missing", policy("egress: [{ports: [{port: http}]}]"), "a>b", "none"},
		{"named port of what is outside", policy("egress: [{ports: [{port: http}]}]"), "a>192.0.2.0/24", "none"},
		{"block", policy("ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.2.128/25]}}]}]"), "192.0.2.0/25>a", "all"},
		{"block less exception", policy("ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.2.128/25]}}]}]"), "192.0.2.128/25>a", "none"},
		{"block in part", policy("ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.2.128/25]}}]}]"), "192.0.2.0/24>a", "none (unknown: all)"},
		{"block is no pod", policy("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), "b>a", "none"},
		{"block is the pod whose address is known", policy("ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]"), "known>a", "all"},
		{"IPv6", policy("ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]"), "2001:db8:1::/48>a", "all"},
		{"IPv4 is no IPv6", policy("ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]"), "192.0.2.0/24>a", "none"},
		{"bits behind the prefix", policy("ingress: [{from: [{ipBlock: {cidr: 192.0.2.77/24}}]}]"), "192.0.2.1/32>a", "all"},
		{"policies of one pod add up", policy("ingress: [{ports: [{port: 1}]}]") + "\n---\n" + policy("ingress: [{ports: [{port: 2}]}]"), "b>a", "TCP 1-2"},
		{"old group", strings.ReplaceAll(policy("ingress: []"), "networking.k8s.io/v1", "extensions/v1beta1"), "b>a", "none"},

		{"a node reaches its pods", policy("ingress: []"), "host>a", "none (unknown: all)"},
		{"a node, if everybody may", policy("ingress: [{ports: [{port: 1}]}]"), "host>a", "TCP 1 (unknown: TCP 2-65535; UDP; SCTP)"},
		{"policies are not for the node's network", strings.ReplaceAll(strings.ReplaceAll(policy("ingress: []"), "app: a", "app: host"), "namespace: one", "namespace: two"), "a>host", "all"},
		{"a selector and the node's network", policy("egress: [{to: [{namespaceSelector: {}}]}]"), "a>host", "none (unknown: all)"},
		{"a selector that is not the node's pod", policy("egress: [{to: [{podSelector: {}}]}]"), "a>host", "none"},

		{"hypothetical pod", policy("ingress: [{from: [{podSelector: {matchLabels: {role: x}}}]}]"), "one/role=x>a", "all"},
		{"hypothetical pod elsewhere", policy("ingress: [{from: [{podSelector: {matchLabels: {role: x}}}]}]"), "two/role=x>a", "none"},
		{"hypothetical destination", policy("ingress: []"), "b>one/app=a", "none"},
		{"hypothetical destination's name of a port", policy("ingress: [{ports: [{port: http}]}]"), "b>one/app=a", "none (unknown: TCP)"},
		{"some pod", policy("ingress: [{from: [{podSelector: {}}], ports: [{port: 1}]}, {from: [{namespaceSelector: {}}], ports: [{port: 2}]}]"), "some>a", "TCP 2 (unknown: TCP 1)"},

		{"admin allows before", anp("priority: 1, "+everyPod+"ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {port: 1}}]}]") + "\n---\n" + policy("ingress: []"), "b>a", "TCP 1"},
		{"admin denies before", anp("priority: 1, "+everyPod+"ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: red}}}]}]") + "\n---\n" + policy("ingress: [{}]"), "b>a", "none"},
		{"admin passes", anp("priority: 1, " + everyPod + "ingress: [{action: Pass, from: [{namespaces: {}}]}, {action: Deny, from: [{namespaces: {}}]}]"), "b>a", "all"},
		{"the first rule", anp("priority: 1, " + everyPod + "ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portRange: {start: 5, end: 9}}]}, {action: Deny, from: [{namespaces: {}}]}]"), "b>a", "TCP 5-9"},
		{"the lower priority", anp("priority: 2, "+everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}]}]") + "\n---\n" + anp("priority: 1, "+everyPod+"ingress: [{action: Allow, from: [{namespaces: {}}]}]"), "b>a", "all"},
		{"equal priorities that differ", anp("priority: 1, "+everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 1}}]}]") + "\n---\n" + anp("priority: 1, "+everyPod+"ingress: [{action: Allow, from: [{namespaces: {}}]}]"), "b>a", "TCP 2-65535; UDP; SCTP (unknown: TCP 1)"},
		{"equal priorities that agree", anp("priority: 1, "+everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 1}}]}]") + "\n---\n" + anp("priority: 1, "+everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}]}]"), "b>a", "none"},
		{"a pass that is not certain and does not matter", anp("priority: 1, " + everyPod + "ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: x}}}]}]"), "some>a", "all"},
		{"a pass that is not certain and does", anp("priority: 1, "+everyPod+"ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: x}}}], ports: [{portRange: {start: 1, end: 9}}]}, {action: Allow, from: [{namespaces: {}}]}]") + "\n---\n" + policy("ingress: []"), "some>a", "TCP 10-65535; UDP; SCTP (unknown: TCP 1-9)"},
		{"a pass that is not certain, of what is denied", anp("priority: 1, "+everyPod+"ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: x}}}]}, {action: Deny, from: [{namespaces: {}}]}]") + "\n---\n" + policy("ingress: []"), "some>a", "none"},
		{"admin says nothing of outside", anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}]}]"), "192.0.2.0/24>a", "all"},
		{"admin's networks", anp("priority: 1, " + everyPod + "egress: [{action: Deny, to: [{networks: [192.0.2.0/24]}]}]"), "a>192.0.2.0/24", "none"},
		{"admin's networks that are everything", anp("priority: 1, " + everyPod + "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]"), "a>b", "none"},
		{"admin's domain names", anp("priority: 1, " + everyPod + "egress: [{action: Allow, to: [{domainNames: [example.org]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]"), "a>192.0.2.0/24", "none (unknown: all)"},
		{"admin's nodes", anp("priority: 1, " + everyPod + "egress: [{action: Deny, to: [{nodes: {}}]}]"), "a>b", "all"},
		{"admin's selectors are not the node's network", anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}]}]"), "host>a", "all"},
		{"admin's named port", anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{namedPort: dns}]}]"), "b>a", "TCP; UDP 1-52,54-65535; SCTP"},
		{"baseline", banp(everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}]}]"), "b>a", "none"},
		{"baseline comes after", banp(everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}]}]") + "\n---\n" + policy("ingress: [{ports: [{port: 1}]}]"), "b>a", "TCP 1"},
		{"pass to the baseline", banp(everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}]}]") + "\n---\n" + anp("priority: 1, "+everyPod+"ingress: [{action: Pass, from: [{namespaces: {}}]}]"), "b>a", "none"},
		{"cluster policy accepts", cnp("tier: Admin, priority: 1, "+everyPod+"ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 1}}}]}]") + "\n---\n" + policy("ingress: []"), "b>a", "TCP 1"},
		{"cluster policy's baseline", cnp("tier: Baseline, priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{udp: {destinationPort: {range: {start: 1, end: 9}}}}]}]"), "b>a", "TCP; UDP 10-65535; SCTP"},
		{"cluster policy's named port", cnp("tier: Baseline, priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: http}]}]"), "b>a", "TCP 1-79,81-65535; UDP; SCTP"},

		{"Cilium denies by default", cilium("ingress: [{fromEndpoints: [{matchLabels: {app: b}}]}]"), "c>a", "none"},
		{"Cilium allows", cilium("ingress: [{fromEndpoints: [{matchLabels: {app: b}}], toPorts: [{ports: [{port: '80'}]}]}]"), "b>a", "TCP 80; UDP 80; SCTP 80"},
		{"Cilium's empty rule allows nobody", cilium("ingress: [{}]"), "b>a", "none"},
		{"Cilium's empty list says nothing", cilium("ingress: []"), "b>a", "all"},
		{"Cilium's endpoints are of the namespace", cilium("ingress: [{fromEndpoints: [{}]}]"), "c>a", "none"},
		{"Cilium's endpoints of another namespace", cilium("ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': two}}]}]"), "c>a", "all"},
		{"Cilium's ports for all", cilium("ingress: [{toPorts: [{ports: [{port: '1', protocol: UDP, endPort: 3}]}]}]"), "c>a", "UDP 1-3"},
		{"Cilium's denial comes first", cilium("ingressDeny: [{fromEndpoints: [{}]}]") + "\n---\n" + policy("ingress: [{}]"), "b>a", "none"},
		{"Cilium without default deny", cilium("enableDefaultDeny: {ingress: false}, ingressDeny: [{toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]"), "b>a", "TCP 1-21,23-65535; UDP; SCTP"},
		{"Cilium's world", cilium("ingress: [{fromEntities: [world]}]"), "192.0.2.0/24>a", "all"},
		{"Cilium's world is no pod", cilium("ingress: [{fromEntities: [world]}]"), "b>a", "none"},
		{"Cilium looks into traffic", cilium("ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}]"), "b>a", "none (unknown: TCP 80)"},
		{"Cilium's names outside", cilium("egress: [{toFQDNs: [{matchName: example.org}]}]"), "a>192.0.2.0/24", "none (unknown: all)"},
		{"Cilium selects by what is not Kubernetes'", strings.ReplaceAll(cilium("ingress: [{}]"), "app: a", "'container:app': a"), "b>a", "none (unknown: all)"},
		{"Cilium's CIDR is no pod, known or not", cilium("ingress: [{fromCIDR: [10.0.0.0/8]}]"), "known>a", "none"},

		{"Calico denies by default", calico("NetworkPolicy", "selector: app == 'a', types: [Ingress]"), "b>a", "none"},
		{"Calico without types and rules", calico("NetworkPolicy", "selector: app == 'a'"), "b>a", "none"},
		{"Calico without types, with egress rules", calico("NetworkPolicy", "selector: app == 'a', egress: [{action: Allow}]"), "b>a", "all"},
		{"Calico's first rule", calico("NetworkPolicy", "selector: app == 'a', ingress: [{action: Deny, protocol: TCP, destination: {ports: ['20:22']}}, {action: Allow}]"), "b>a", "TCP 1-19,23-65535; UDP; SCTP"},
		{"Calico's lower order comes first", calico("NetworkPolicy", "order: 10, selector: app == 'a', ingress: [{action: Deny, source: {selector: app == 'b'}}]") + "\n---\n" + policy("ingress: [{}]"), "b>a", "none"},
		{"Calico's higher order comes after", calico("NetworkPolicy", "order: 2000, selector: app == 'a', ingress: [{action: Deny}]") + "\n---\n" + policy("ingress: [{ports: [{port: 1}]}]"), "b>a", "TCP 1"},
		{"Calico's selectors are of the namespace", calico("NetworkPolicy", "selector: app == 'a', ingress: [{action: Allow, source: {selector: has(app)}}]"), "c>a", "none"},
		{"Calico's namespace selector", calico("NetworkPolicy", "selector: all(), ingress: [{action: Allow, source: {namespaceSelector: team == 'blue'}}]"), "c>a", "all"},
		{"Calico's global policy", calico("GlobalNetworkPolicy", "namespaceSelector: \"team in {'red'}\", ingress: [{action: Allow, source: {selector: app != 'b'}}]"), "b>a", "none"},
		{"Calico's tier", calico("NetworkPolicy", "tier: security, selector: app == 'a'"), "b>a", "none (unknown: all)"},
		{"Calico's other conditions", calico("NetworkPolicy", "selector: app == 'a', ingress: [{action: Allow, source: {serviceAccounts: {names: [x]}}}]"), "b>a", "none (unknown: all)"},
		{"Calico's nets", calico("NetworkPolicy", "selector: app == 'a', ingress: [{action: Allow, source: {nets: [192.0.2.0/24]}}]"), "192.0.2.7/32>a", "all"},
	} {
		c := read(t, three+"---\n"+test.policies)
		from, to, _ := strings.Cut(test.flow, ">")
		if got := c.analysis().Connections(where(t, c, from), where(t, c, to)); got.String() != test.want {
			t.Errorf("%s: %s is %s, want %s; flaws %v", test.name, test.flow, got, test.want, c.set.Flaws)
		}
		if len(c.set.Flaws) > 0 {
			t.Errorf("%s: flaws %v", test.name, c.set.Flaws)
		}
	}
}

func TestReasons(t *testing.T) {
	for _, test := range []struct{ policies, flow, egress, ingress string }{
		{"", "b>a", "no policy selects it", "no policy selects it"},
		{policy("ingress: []"), "b>a", "no policy selects it", "default deny of NetworkPolicy one/p"},
		{policy("ingress: [{from: [{podSelector: {matchLabels: {app: x}}}, {podSelector: {}}]}]"), "b>a", "no policy selects it", "NetworkPolicy one/p, Allow rule at spec.ingress[0].from[1]"},
		{policy("ingress: [{ports: [{port: 80}]}]"), "b>a", "no policy selects it", "NetworkPolicy one/p, Allow rule at spec.ingress[0]"},
		{anp("priority: 1, " + everyPod + "egress: [{name: no, action: Deny, to: [{namespaces: {}}]}]"), "b>a", `AdminNetworkPolicy p, Deny rule "no" at spec.egress[0].to[0]`, "no policy selects it"},
		{policy("ingress: []"), "host>a", "policies do not apply to pods with hostNetwork", "it comes from a node, which may be the pod's own"},
		{policy("policyTypes: [ingress]"), "b>a", `NetworkPolicy one/p cannot be judged: the API server refuses it: spec.policyTypes[0] is "ingress"; the policy types are Ingress and Egress`, ""},
		{policy("ingress: []"), "a>a", "a pod always reaches itself", "a pod always reaches itself"},
		{banp(everyPod + "ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: x}}}}]}]"), "b>a", "no policy selects it", "no policy that selects it denies it"},
	} {
		c := read(t, three+"---\n"+test.policies)
		from, to, _ := strings.Cut(test.flow, ">")
		d := c.analysis().Flow(where(t, c, from), where(t, c, to), network.TCP, 80)
		if test.ingress == "" { // the egress column is the only reason, of the ingress
			d.Egress, d.Ingress = d.Ingress, network.Side{}
		}
		if d.Egress.Text != test.egress || d.Ingress.Text != test.ingress {
			t.Errorf("%s with %s:\n%q\n%q", test.flow, test.policies, d.Egress.Text, d.Ingress.Text)
		}
	}
}

func TestEgressRules(t *testing.T) {
	named := func(name, spec string) string {
		return strings.Replace(policy("policyTypes: [Egress], egress: "+spec), "name: p", "name: "+name, 1)
	}
	out := named("q", "[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}, {ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}]")
	for _, test := range []struct{ policies, want string }{
		{"", ""},
		{named("p", "[]"), ""},
		{out, "q spec.egress[2].to[0]"},
		{out + "\n---\n" + named("p", "[{}]"), "p spec.egress[0], q spec.egress[2].to[0]"},
		{named("p", "[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}]}]"), ""},
		{out + "\n---\n" + anp("priority: 1, "+everyPod+"egress: [{action: Allow, to: [{networks: [0.0.0.0/0]}]}]"), ""},
		{out + "\n---\n" + cilium("egressDeny: [{toCIDR: [198.51.100.0/24]}]"), ""},
	} {
		c := read(t, three+"---\n"+test.policies)
		var got []string
		for _, r := range c.analysis().EgressRules(where(t, c, "a"), where(t, c, "203.0.113.7/32"), network.TCP, 80) {
			name, _, _ := strings.Cut(strings.TrimPrefix(r.Text, "NetworkPolicy one/"), ",")
			got = append(got, name+" "+r.Path)
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("with %s: got %s, want %s", test.policies, text, test.want)
		}
	}
}

func TestPorts(t *testing.T) {
	a := network.PortsOf(network.TCP, 10, 20).Union(network.PortsOf(network.TCP, 30, 40))
	for _, test := range []struct {
		got  network.Ports
		want string
	}{
		{a, "TCP 10-20,30-40"},
		{a.Union(network.PortsOf(network.TCP, 21, 29)), "TCP 10-40"},
		{a.Union(network.PortsOf(network.UDP, 0, 70000)), "TCP 10-20,30-40; UDP"},
		{a.Minus(network.PortsOf(network.TCP, 15, 35)), "TCP 10-14,36-40"},
		{a.Minus(a), "none"},
		{a.Intersect(network.PortsOf(network.TCP, 20, 30)), "TCP 20,30"},
		{a.Intersect(network.AllPorts()), "TCP 10-20,30-40"},
		{network.AllPorts().Minus(a).Union(a), "all"},
		{network.PortsOf(network.SCTP, 5, 4), "none"},
	} {
		if test.got.String() != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func TestClasses(t *testing.T) {
	text := three
	for i := range 5 {
		text += fmt.Sprintf("\n---\n{apiVersion: v1, kind: Pod, metadata: {namespace: one, name: b%d, labels: {app: b}}, spec: {containers: [{name: c}]}}", i)
	}
	c := read(t, text)
	a := c.analysis()
	if n := len(a.Classes()); n != 5 {
		t.Errorf("%d classes", n)
	}
	b := a.Classes()[a.ClassOf(c.workload(t, "one", "b4"))]
	if !slices.Contains(b.Workloads, c.workload(t, "one", "b")) || len(b.Workloads) != 6 {
		t.Errorf("%+v", b)
	}
}
