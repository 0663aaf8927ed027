package network_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

func TestFlaws(t *testing.T) {
	for _, test := range []struct {
		policy, path, message string
		refused               bool // by the API server
	}{
		{policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]"), "spec.ingress[0].from[0].ipBlock.cidr", "is no CIDR", true},
		{policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]"), "spec.ingress[0].from[0].ipBlock.cidr", "is no CIDR", true},
		{policy("ingress: [{from: [{ipBlock: {}}]}]"), "spec.ingress[0].from[0].ipBlock", "has no cidr", true},
		{policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]"), "spec.ingress[0].from[0].ipBlock.except[0]", "has to be within 10.0.0.0/8, and smaller", true},
		{policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]"), "spec.ingress[0].from[0].ipBlock.except[0]", "has to be within", true},
		{policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]"), "spec.ingress[0].from[0]", "may not have both", true},
		{policy("ingress: [{from: [{}]}]"), "spec.ingress[0].from[0]", "has to name a peer", true},
		{policy("egress: [{to: [{podSelector: {matchExpressions: [{key: a, operator: Is}]}}]}]"), "spec.egress[0].to[0].podSelector.matchExpressions[0].operator", "operator is", true},
		{policy("ingress: [{ports: [{endPort: 5}]}]"), "spec.ingress[0].ports[0].endPort", "needs a port", true},
		{policy("ingress: [{ports: [{port: http, endPort: 5}]}]"), "spec.ingress[0].ports[0].endPort", "may not stand with the name", true},
		{policy("ingress: [{ports: [{port: 9, endPort: 5}]}]"), "spec.ingress[0].ports[0].endPort", "has to be at least as high as port", true},
		{policy("ingress: [{ports: [{port: 65536}]}]"), "spec.ingress[0].ports[0].port", "has to be a port number", true},
		{policy("ingress: [{ports: [{port: 0}]}]"), "spec.ingress[0].ports[0].port", "has to be a port number", true},
		{policy("ingress: [{ports: [{port: '80'}]}]"), "spec.ingress[0].ports[0].port", "a port number is written without quotes", true},
		{policy("ingress: [{ports: [{port: a-name-that-is-too-long}]}]"), "spec.ingress[0].ports[0].port", "longer than the 15 characters", true},
		{policy("ingress: [{ports: [{port: a--b}]}]"), "spec.ingress[0].ports[0].port", "hyphens", true},
		{policy("ingress: [{ports: [{port: Http}]}]"), "spec.ingress[0].ports[0].port", "lower-case", true},
		{policy("ingress: [{ports: [{protocol: tcp}]}]"), "spec.ingress[0].ports[0].protocol", "in capital letters", true},
		{policy("ingress: [{ports: [{protocol: ICMP}]}]"), "spec.ingress[0].ports[0].protocol", "the protocols are", true},
		{policy("policyTypes: [ingress]"), "spec.policyTypes[0]", "the policy types are Ingress and Egress", true},
		{policy("policyTypes: [Ingress, Egress, Ingress]"), "spec.policyTypes[2]", "one policy type too many", true},
		{policy("ingress: {from: []}"), "spec.ingress", "is a mapping, not a list", true},
		{policy("ingress: [{from: [{podSelector: {}, ports: [{port: 80}]}]}]"), "spec.ingress[0].from[0].ports", "is no field of a peer", false},
		{policy("ingress: [{port: 80}]"), "spec.ingress[0].port", "is no field of a rule", false},
		{policy("Ingress: []"), "spec.Ingress", "is no field of a NetworkPolicy's spec", false},
		{policy("policyTypes: [Egress], ingress: [{}]"), "spec.ingress", "has no effect", false},

		{anp("priority: 1001, " + everyPod), "spec.priority", "needs a priority between 0 and 1000", true},
		{anp(everyPod), "spec", "needs a priority", true},
		{anp("priority: 1, subject: {}"), "spec.subject", "exactly one of namespaces and pods", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Accept, from: [{namespaces: {}}]}]"), "spec.ingress[0].action", "Allow, Deny or Pass", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny}]"), "spec.ingress[0]", "needs at least one peer", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}]}]"), "spec.ingress[0].from[0]", "exactly one of", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]"), "spec.ingress[0].from[0].networks", "is no field", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}}}]}]"), "spec.ingress[0].from[0].pods", "has no podSelector", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], ports: []}]"), "spec.ingress[0].ports", "needs at least one entry", true},
		{anp("priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 5, end: 5}}]}]"), "spec.ingress[0].ports[0].portRange", "less than its end", true},
		{anp("priority: 1, " + everyPod + "egress: [{action: Deny, to: [{domainNames: [a.b]}]}]"), "spec.egress[0].to[0].domainNames", "a rule that allows", true},
		{anp("priority: 1, " + everyPod + "egress: [{action: Deny, to: [{networks: [10.0.0.0/8]}], ports: [{namedPort: http}]}]"), "spec.egress[0]", "may not have a named port", true},
		{banp(everyPod + "ingress: [{action: Pass, from: [{namespaces: {}}]}]"), "spec.ingress[0].action", "Allow or Deny", true},
		{strings.ReplaceAll(banp(everyPod), "name: default", "name: other"), "metadata.name", "has to be default", true},
		{cnp("priority: 1, " + everyPod), "spec", "needs a tier", true},
		{cnp("tier: Admin, priority: 1, " + everyPod + "ingress: [{action: Allow, from: [{namespaces: {}}]}]"), "spec.ingress[0].action", "Accept, Deny or Pass", true},
		{cnp("tier: Admin, priority: 1, " + everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {}, udp: {}}]}]"), "spec.ingress[0].protocols[0]", "exactly one of", true},

		{calico("NetworkPolicy", "selector: app ="), "spec.selector", "is no selector", true},
		{calico("NetworkPolicy", "ingress: [{action: allow}]"), "spec.ingress[0].action", "needs an action", true},
		{"{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p}, spec: {ingress: []}}", "spec", "has neither endpointSelector", true},
	} {
		c := read(t, test.policy)
		found := false
		for _, f := range c.set.Flaws {
			found = found || f.Path == test.path && strings.Contains(f.Message, test.message)
		}
		if !found {
			t.Errorf("%s: want %s %s, got %v", test.policy, test.path, test.message, c.set.Flaws)
		}
		if len(c.set.Policies) != 1 || (c.set.Policies[0].Opaque != "") != test.refused {
			t.Errorf("%s: refused should be %t: %+v", test.policy, test.refused, c.set.Policies)
		}
	}
}

func TestMerge(t *testing.T) {
	a, b := read(t, policy("ingress: []")), read(t, three+"---\n"+policy("policyTypes: [x]"))
	n := len(a.names)
	a.set.Merge(&b.set, n)
	a.workloads.Merge(&b.workloads, n)
	last := n + len(b.names) - 1
	if p := a.set.Policies; len(p) != 2 || p[0].Object != 0 || p[1].Object != last || a.set.Flaws[0].Object != last {
		t.Errorf("%+v %+v", p, a.set.Flaws)
	}
	if got := a.analysis().Classes()[a.analysis().ClassOf(a.workload(t, "two", "known"))].Addresses; len(got) != 1 {
		t.Errorf("addresses %v", got)
	}
}

// FuzzAdd wants no panic from anything, and answers about everything that was read.
func FuzzAdd(f *testing.F) {
	for _, s := range []string{
		policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: http}, {port: 1, endPort: 2}]}]"),
		anp("priority: 1, " + everyPod + "egress: [{action: Pass, to: [{networks: ['::/0']}]}, {action: Deny, to: [{nodes: {}}]}]"),
		cnp("tier: Baseline, priority: 1, " + everyPod + "ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{sctp: {destinationPort: {range: {start: 1, end: 2}}}}]}]"),
		cilium("ingressDeny: [{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}], egress: [{toEntities: [all]}]"),
		calico("GlobalNetworkPolicy", "selector: (a == 'b' || !has(c)) && d in {'e'}, order: 5, ingress: [{action: Pass, protocol: 6, destination: {ports: [80, '1:2', n]}}]"),
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: one}, spec: {rules: [{host: h, http: {paths: [{backend: {service: {name: s, port: {number: 80}}}}]}}]}}",
		"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v}, spec: {gateways: [g], http: [{route: [{destination: {host: s.one.svc.cluster.local}}]}]}}",
		"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: one}, spec: {type: NodePort, selector: {app: a}, ports: [{port: 80, targetPort: http}]}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		all := []byte(three + "---\n" + text)
		var set network.Set
		var workloads workload.Set
		n := 0
		for doc := range tree.Split(all) {
			parser := tree.NewParser()
			parsed, err := parser.Parse(all, doc)
			if err != nil {
				continue
			}
			for o := range object.Each(parsed.Root()) {
				set.Add(o, n)
				workloads.Add(o, n)
				n++
			}
		}
		a := network.New(&set, &workloads)
		rows := 0
		for range a.Matrix(network.MatrixOptions{}) {
			if rows++; rows > 10000 {
				t.Fatal("too many rows")
			}
		}
		a.Dangling()
		a.Exposed()
		for i := range workloads.Workloads {
			a.Covered(i)
			a.DefaultDeny(workloads.Workloads[i].Namespace)
		}
		for range network.Diff(a, a) {
			t.Fatal("a cluster differs from itself")
		}
		if _, _, err := network.GeneratePolicies(&set, &workloads, network.GenerateOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}
