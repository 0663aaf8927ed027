package network_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

func all(spec string) string {
	return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: one, name: all}, spec: {podSelector: {}, " + spec + "}}"
}

func TestDefaultDeny(t *testing.T) {
	for _, test := range []struct{ name, policies, want string }{ // verdicts of ingress and egress for namespace one, and for pod a
		{"nothing", "", "allowed allowed, allowed allowed"},
		{"deny all", all("policyTypes: [Ingress, Egress]"), "denied denied, denied denied"},
		{"ingress only", all("ingress: []"), "denied allowed, denied allowed"},
		{"one pod", policy("policyTypes: [Ingress]"), "allowed allowed, denied allowed"},
		{"with rules", all("ingress: [{from: [{podSelector: {}}]}]"), "denied allowed, denied allowed"},
		{"opened again", all("ingress: []") + "\n---\n" + all("ingress: [{}]"), "allowed allowed, allowed allowed"},
		{"opened for one pod", all("ingress: []") + "\n---\n" + policy("ingress: [{}]"), "denied allowed, allowed allowed"},
		{"opened for all pods", all("ingress: [{from: [{namespaceSelector: {}}]}]"), "allowed allowed, allowed allowed"},
		{"opened on one port", all("ingress: [{ports: [{port: 80}]}]"), "denied allowed, denied allowed"},
		{"outside is open", all("egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}], policyTypes: [Egress]"), "allowed denied, allowed denied"},
		{"baseline", banp(everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}]}], egress: [{action: Deny, to: [{namespaces: {}}, {networks: [0.0.0.0/0]}]}]"), "denied denied, denied denied"},
		{"baseline on some ports", banp(everyPod + "ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 22}}]}]"), "allowed allowed, allowed allowed"},
		{"baseline after a rule that allows", banp(everyPod + "ingress: [{action: Allow, from: [{namespaces: {}}]}, {action: Deny, from: [{namespaces: {}}]}]"), "allowed allowed, allowed allowed"},
		{"refused", all("policyTypes: [ingress]"), "unknown unknown, unknown unknown"},
		{"refused beside one that denies", all("policyTypes: [ingress]") + "\n---\n" + all("ingress: []"), "unknown unknown, unknown unknown"},
		{"Cilium", "{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: p}, spec: {endpointSelector: {}, ingress: [{}], egress: [{}]}}", "denied denied, denied denied"},
		{"Calico", calico("GlobalNetworkPolicy", "types: [Ingress, Egress]"), "denied denied, denied denied"},
		{"Calico's tier", calico("GlobalNetworkPolicy", "tier: t, types: [Ingress]"), "unknown allowed, unknown allowed"},
	} {
		c := read(t, three+"---\n"+test.policies)
		a := c.analysis()
		d, w := a.DefaultDeny("one"), a.Covered(c.workload(t, "one", "a"))
		got := fmt.Sprintf("%s %s, %s %s", d.Ingress.Verdict, d.Egress.Verdict, w.Ingress.Verdict, w.Egress.Verdict)
		if got != test.want {
			t.Errorf("%s: got %s, want %s\n%+v", test.name, got, test.want, d)
		}
	}
}

func TestWitnesses(t *testing.T) {
	c := read(t, three+"---\n"+all("ingress: [{from: [{podSelector: {}}]}]")+"\n---\n"+all("ingress: []")+"\n---\n"+policy("ingress: [{}]"))
	n := len(c.names)
	a := c.analysis()
	if d := a.DefaultDeny("one").Ingress; !slices.Equal(d.By, []int{n - 2, n - 3}) || d.OpenedBy != -1 {
		t.Errorf("%+v", d)
	}
	if d := a.Covered(c.workload(t, "one", "a")).Ingress; d.OpenedBy != n-1 || len(d.By) != 3 {
		t.Errorf("%+v", d)
	}
	if d := a.Covered(c.workload(t, "two", "host")); !d.Ingress.HostNetwork || len(d.Ingress.By) != 0 {
		t.Errorf("%+v", d)
	}
	b := read(t, three+"---\n"+banp(everyPod+"ingress: [{action: Deny, from: [{namespaces: {}}]}]")).analysis()
	if d := b.DefaultDeny("one").Ingress; !d.PodsOnly {
		t.Errorf("%+v", d)
	}
}

func TestDangling(t *testing.T) {
	for _, test := range []struct{ policies, want string }{
		{policy("ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]"), ""},
		{strings.ReplaceAll(policy("ingress: []"), "app: a", "app: x"), "0 spec.podSelector false"},
		{strings.ReplaceAll(policy("ingress: []"), "namespace: one", "namespace: nowhere"), "0 spec.podSelector true"},
		{policy("ingress: [{from: [{podSelector: {}}, {podSelector: {matchLabels: {app: x}}}]}]"), "1 spec.ingress[0].from[1] false"},
		{policy("ingress: [{from: [{namespaceSelector: {matchLabels: {team: green}}}]}]"), "1 spec.ingress[0].from[0] true"},
		{policy("ingress: [{ports: [{port: 80}, {port: 81}, {port: 1, endPort: 99}, {port: http}, {port: grpc}, {port: 53}]}]"), "2 spec.ingress[0].ports[1] false; 2 spec.ingress[0].ports[4] false; 2 spec.ingress[0].ports[5] false"},
		{policy("egress: [{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 7}, {port: http}]}]"), "2 spec.egress[0].ports[1] false"}, // b declares no ports
		{policy("egress: [{to: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: c}}}], ports: [{port: 8080}, {port: 7}]}]"), "2 spec.egress[0].ports[1] false"},
		{policy("egress: [{ports: [{port: 7}]}]"), ""},
		{anp("priority: 1, subject: {namespaces: {matchLabels: {x: y}}}"), "0 spec.subject true"},
	} {
		c := read(t, three+"---\n"+test.policies)
		var got []string
		for _, d := range c.analysis().Dangling() {
			got = append(got, fmt.Sprintf("%d %s %t", d.Kind, d.Path, d.Elsewhere))
		}
		if s := strings.Join(got, "; "); s != test.want {
			t.Errorf("%s\ngot  %q\nwant %q", test.policies, s, test.want)
		}
	}
}

const service = "{apiVersion: v1, kind: Service, metadata: {namespace: one, name: s}, spec: {selector: {app: a}, ports: [{port: 8000, targetPort: http, name: web}], "

func TestExposed(t *testing.T) {
	for _, test := range []struct{ objects, want string }{
		{service + "type: ClusterIP}}", ""},
		{service + "type: LoadBalancer}}", "a LoadBalancer TCP 80 allowed"},
		{service + "type: NodePort}}\n---\n" + policy("ingress: []"), "a NodePort TCP 80 denied"},
		{service + "type: NodePort}}\n---\n" + policy("ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]"), "a NodePort TCP 80 allowed"},
		{service + "type: NodePort}}\n---\n" + policy("ingress: [{from: [{podSelector: {}}]}]"), "a NodePort TCP 80 denied"},
		{service + "externalIPs: [192.0.2.1]}}", "a externalIPs TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: one, name: i}, spec: {defaultBackend: {service: {name: s, port: {name: web}}}}}", "a Ingress TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: one, name: i}, spec: {defaultBackend: {service: {name: s, port: {number: 1}}}}}", ""},
		{service + "type: ClusterIP}}\n---\n" + policy("ingress: [{from: [{namespaceSelector: {matchLabels: {x: y}}}]}]") + "\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: one, name: i}, spec: {defaultBackend: {service: {name: s, port: {number: 8000}}}}}", "a Ingress TCP 80 unknown"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, metadata: {namespace: one, name: i}, spec: {backend: {serviceName: s, servicePort: 8000}}}", "a Ingress TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {namespace: two, name: g}, spec: {listeners: [{name: l, port: 80, protocol: HTTP}]}}\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {namespace: one, name: r}, spec: {parentRefs: [{name: g, namespace: two}], rules: [{backendRefs: [{name: s, port: 8000}]}]}}", "a HTTPRoute TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: route.openshift.io/v1, kind: Route, metadata: {namespace: one, name: r}, spec: {to: {kind: Service, name: s}, port: {targetPort: http}}}", "a Route TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {namespace: one, name: v}, spec: {gateways: [two/g], http: [{route: [{destination: {host: s, port: {number: 8000}}}]}]}}", "a VirtualService TCP 80 allowed"},
		{service + "type: ClusterIP}}\n---\n{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {namespace: one, name: v}, spec: {http: [{route: [{destination: {host: s}}]}]}}", ""},
		{"{apiVersion: v1, kind: Pod, metadata: {namespace: one, name: hp}, spec: {containers: [{name: c, ports: [{containerPort: 5, hostPort: 6}, {containerPort: 7}]}]}}", "hp hostPort TCP 5 allowed"},
	} {
		c := read(t, three+"---\n"+test.objects)
		a := c.analysis()
		var got []string
		for _, e := range a.Exposed() {
			w := a.Workload(e.Workload)
			if e.How != "hostNetwork" {
				got = append(got, fmt.Sprintf("%s %s %s %s", w.Name, e.How, e.Ports, e.Verdict()))
				if e.Chain[len(e.Chain)-1] != w.Object || e.How == "HTTPRoute" && len(e.Chain) != 4 {
					t.Errorf("chain %v", e.Chain)
				}
			}
		}
		if s := strings.Join(got, "; "); s != test.want {
			t.Errorf("%s\ngot  %q\nwant %q", test.objects, s, test.want)
		}
	}
}

func TestDiff(t *testing.T) {
	before := read(t, three+"---\n"+policy("ingress: [{ports: [{port: 80}]}]"))
	after := read(t, strings.ReplaceAll(three, "name: b,", "name: d,")+"---\n"+policy("ingress: [{from: [{podSelector: {}}], ports: [{port: 81}]}]"))
	var got []string
	for c := range network.Diff(before.analysis(), after.analysis()) {
		if len(c.To.Workloads) > 0 && strings.HasSuffix(c.To.Workloads[0], "/a") {
			from := strings.Join(c.From.Workloads, " ")
			if c.From.Addresses.Valid() {
				from = c.From.Addresses.String()
			}
			got = append(got, fmt.Sprintf("%s %s: %s > %s", c.Kind(), from, c.Old, c.New))
		}
	}
	want := []string{
		"closed Pod/one/b: TCP 80 > none",
		"opened Pod/one/d: none > TCP 81",
		"closed Pod/two/c: TCP 80 > none",
		"changed Pod/two/host: TCP 80 (unknown: TCP 1-79,81-65535; UDP; SCTP) > none (unknown: all)",
		"closed Pod/two/known: TCP 80 > none",
		"closed 0.0.0.0/0: TCP 80 > none",
		"closed ::/0: TCP 80 > none",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
