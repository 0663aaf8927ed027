package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

// NetworkPolicyDnsEgressMissing: what may call nobody by name calls nobody.
var NetworkPolicyDnsEgressMissing = control.Control{
	ID: "network-policy-dns-egress-missing", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Allow DNS where egress is denied by default",
	Scope:    control.Everything,
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkDNS, Text: "pods whose egress is restricted must reach the cluster DNS on port 53, UDP and TCP"},
	Risk:     "DNS can carry data out: let the cluster DNS answer for the cluster only where that matters.",
	Fix:      control.Generate,
	NoFix:    "A policy for DNS has to be added: kubeharden generate network-policies makes it.",
	Remedy:   "Allow UDP and TCP port 53 to the pods with k8s-app: kube-dns in kube-system.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		Source: []string{policyDocs, "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"best-practices/add-networkpolicy-dns"},
	},
	Why: `Without DNS no pod finds a service by its name, and programs fail with errors that nobody connects with a policy. The usual emergency remedy is to
allow all egress, which opens what the policy was there to close.`,
	Examples: []control.Example{
		{
			Name: "all egress denied",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
			Want: []string{"NetworkPolicy/shop/default-deny"},
		},
		{
			Name: "DNS allowed",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
		{
			Name: "only by name of the port",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: dns, protocol: UDP}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}}
`,
		},
	},
}

// nameServers are the pods and addresses that answer DNS in the usual clusters: CoreDNS, its cache on the node, OpenShift.
func nameServers() []network.Endpoint {
	ports := []workload.Port{{Name: "dns", Number: 53, Protocol: "UDP"}, {Name: "dns-tcp", Number: 53, Protocol: "TCP"}}
	node, err := network.ParseCIDR("169.254.20.10/32") // https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
	servers := []network.Endpoint{
		network.PodWith("kube-system", label.Set{{Key: "k8s-app", Value: "kube-dns"}}, ports...),
		network.PodWith("openshift-dns", label.Set{{Key: "dns.operator.openshift.io/daemonset-dns", Value: "default"}}, ports...),
	}
	if err == nil {
		servers = append(servers, network.Outside(network.AddressesOf(node)))
	}
	return servers
}

// checkDNS tells each policy once that denies DNS to some workload.
func checkDNS(v *control.Verdicts) {
	a := v.Connectivity()
	told := map[int]bool{}
	for _, class := range a.Classes() {
		src := network.OfWorkload(class.Workloads[0])
		isolation := a.Covered(class.Workloads[0]).Egress
		if isolation.Verdict != network.Denied || class.HostNetwork {
			v.NotApplicable(len(class.Workloads))
			continue
		}
		best := network.Denied
		for _, server := range nameServers() {
			for _, port := range [...]int{53, 5353} {
				best = max(best, a.Flow(src, server, network.UDP, port).Egress.Verdict)
			}
		}
		if best != network.Denied {
			v.Pass(len(class.Workloads))
			continue
		}
		by := isolation.By[0]
		if told[by] {
			continue
		}
		told[by] = true
		v.Fail(control.Breach{
			Object: by, Message: "denies egress, and nothing allows DNS", Related: []control.Decider{{
				Object: a.Workload(class.Workloads[0]).Object, Text: "cannot ask for names",
			}},
		})
	}
}
