package network_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 8080, name: http}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-canary, namespace: shop}
spec: {template: {metadata: {labels: {app: web, track: canary}}, spec: {containers: [{name: c, ports: [{containerPort: 9090, name: http}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443, targetPort: 8443}], loadBalancerSourceRanges: [198.51.100.0/24]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress-nginx}
spec: {template: {metadata: {labels: {app: nginx}}, spec: {containers: [{name: c}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec: {template: {metadata: {labels: {k8s-app: kube-dns}}, spec: {containers: [{name: c}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: [{name: c}]}}}
`

func generate(t *testing.T, c *cluster, o network.GenerateOptions) (*network.Analysis, *network.GenerateReport, string) {
	t.Helper()
	policies, report, err := network.GeneratePolicies(&c.set, &c.workloads, o)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, p := range policies {
		text.WriteString("---\n" + p.Text)
	}
	c.read(t, []byte(text.String()))
	if len(c.set.Flaws) > 0 {
		t.Errorf("flaws %v", c.set.Flaws)
	}
	return c.analysis(), report, text.String()
}

func TestGenerate(t *testing.T) {
	c := read(t, shop)
	at := func(ns, name string) network.Endpoint { return network.OfWorkload(c.workload(t, ns, name)) }
	calls := []network.Call{{From: c.workload(t, "shop", "web"), To: workload.Name{Namespace: "shop", Name: "db"}}}
	needs := []network.Need{{From: c.workload(t, "shop", "db"), Network: netip.MustParsePrefix("203.0.113.0/24"), Protocol: network.TCP, Port: 443}}
	a, report, text := generate(t, c, network.GenerateOptions{Calls: calls, Needs: needs})
	outside := func(cidr string) network.Endpoint {
		return network.Outside(network.AddressesOf(netip.MustParsePrefix(cidr)))
	}
	for _, test := range []struct {
		from, to network.Endpoint
		want     string
	}{
		{at("shop", "web"), at("shop", "db"), "TCP 5432"},
		{at("shop", "web-canary"), at("shop", "db"), "none"},   // has the labels of web and one more, but does not call
		{at("shop", "db"), at("shop", "web"), "TCP 8080,8443"}, // no caller of web is known
		{at("shop", "db"), at("shop", "web-canary"), "TCP 8443,9090"},
		{at("ingress-nginx", "controller"), at("shop", "web"), "TCP 8080"},
		{at("ingress-nginx", "controller"), at("shop", "db"), "none"},
		{at("shop", "web"), at("ingress-nginx", "controller"), "none"},
		{at("shop", "db"), at("kube-system", "coredns"), "TCP 53; UDP 53"},
		{outside("198.51.100.7/32"), at("shop", "web"), "TCP 8443"},
		{outside("198.51.101.7/32"), at("shop", "web"), "none"},
		{at("shop", "db"), outside("203.0.113.9/32"), "TCP 443"},
		{at("shop", "web"), outside("203.0.113.9/32"), "none"},
	} {
		if got := a.Connections(test.from, test.to); got.String() != test.want {
			t.Errorf("got %s, want %s: %+v => %+v", got, test.want, test.from, test.to)
		}
	}
	if report.Proved == 0 || len(report.Paths) == 0 {
		t.Errorf("%+v", report)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "DaemonSet/shop/agent has hostNetwork") {
		t.Errorf("notes %q", notes)
	}
	if !strings.Contains(text, "# Ingress shop/web leads to it\n") {
		t.Errorf("no reasons in\n%s", text)
	}
	for _, ns := range []string{"shop", "kube-system", "ingress-nginx"} {
		if d := a.DefaultDeny(ns); d.Ingress.Verdict != network.Denied || d.Egress.Verdict != network.Denied {
			t.Errorf("%s: %+v", ns, d)
		}
	}
	if deny := "name: default-deny\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress\n---"; !strings.Contains(text, deny) {
		t.Errorf("no default deny of both directions in\n%s", text)
	}
	again := read(t, shop)
	if _, _, second := generate(t, again, network.GenerateOptions{Calls: calls, Needs: needs}); second != text {
		t.Error("two runs differ")
	}
}

func TestGenerateOneNamespace(t *testing.T) {
	c := read(t, shop)
	_, _, text := generate(t, c, network.GenerateOptions{Namespaces: []string{"shop"}})
	if strings.Contains(text, "namespace: kube-system\n") {
		t.Errorf("policies of other namespaces:\n%s", text)
	}
}

// Where labels cannot tell callers apart, what one of them calls is declared for all.
func TestGenerateSharedLabels(t *testing.T) {
	c := read(t, shop+`
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {hostNetwork: false, containers: [{name: c, ports: [{containerPort: 1, name: other}]}]}}}
`)
	calls := []network.Call{{From: c.workload(t, "shop", "web"), To: workload.Name{Namespace: "shop", Name: "db"}}}
	a, _, _ := generate(t, c, network.GenerateOptions{Calls: calls})
	// They share a selector, so both are declared.
	if got := a.Connections(network.OfWorkload(c.workload(t, "shop", "cache")), network.OfWorkload(c.workload(t, "shop", "db"))); got.String() != "TCP 5432" {
		t.Errorf("got %s", got)
	}
}
