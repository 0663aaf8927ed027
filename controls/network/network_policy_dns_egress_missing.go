package network

import (
	"slices"

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
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.PolicyKinds(), control.Core("Namespace", "Service")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkDNS, Text: "pods whose egress is restricted must reach the cluster DNS, unless others of the namespace do and these call no pods"},
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
			Name:      "a database that calls nobody, beside others that have DNS",
			Manifests: besideDNS(""),
		},
		{
			Name:      "addresses only, beside others that have DNS",
			Manifests: besideDNS("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"),
		},
		{
			Name:      "calls pods, and others have DNS",
			Manifests: besideDNS("egress: [{to: [{podSelector: {}}]}]"),
			Want:      []string{"NetworkPolicy/shop/deny"},
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

// besideDNS are the manifests of a web server that has DNS and a database whose egress is denied but for what is given.
func besideDNS(egress string) string {
	if egress != "" {
		egress = ", " + egress
	}
	return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{ports: [{port: 53, protocol: UDP}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]` + egress + `}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{name: a}]}}
`
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

// checkDNS tells each policy once that denies DNS to a workload that needs it.
func checkDNS(v *control.Verdicts) {
	a := v.Connectivity()
	allowed := make([]bool, len(a.Classes()))
	thought := map[string]bool{} // namespaces in which somebody thought of DNS
	for i, class := range a.Classes() {
		if a.Covered(class.Workloads[0]).Egress.Verdict == network.Denied && !class.HostNetwork {
			allowed[i] = reachesDNS(a, class.Workloads[0])
			thought[class.Namespace] = thought[class.Namespace] || allowed[i]
		}
	}
	told := map[int]bool{}
	for i, class := range a.Classes() {
		first := class.Workloads[0]
		isolation := a.Covered(first).Egress
		switch {
		case isolation.Verdict != network.Denied || class.HostNetwork:
			v.NotApplicable(len(class.Workloads))
		case allowed[i] || thought[class.Namespace] && !callsPods(v, &class):
			v.Pass(len(class.Workloads))
		case told[isolation.By[0]]:
		default:
			told[isolation.By[0]] = true
			v.Fail(control.Breach{
				Object: isolation.By[0], Message: "denies egress, and nothing allows DNS",
				Related: []control.Decider{{Object: a.Workload(first).Object, Text: "cannot ask for names"}},
			})
		}
	}
}

// reachesDNS reports whether a workload reaches some name server, or that cannot be told.
func reachesDNS(a *network.Analysis, workload int) bool {
	for _, server := range nameServers() {
		for _, port := range [...]int{53, 5353} {
			if a.Flow(network.OfWorkload(workload), server, network.UDP, port).Egress.Verdict != network.Denied {
				return true
			}
		}
	}
	return false
}

// callsPods reports whether a policy lets a class of workloads call pods. Those are called by the names of services; a workload that
// calls nobody, or addresses only, does well without names, as DNS can carry data out.
func callsPods(v *control.Verdicts, class *network.Class) bool {
	labels := v.Index().NamespaceLabels(class.Namespace)
	for _, p := range v.Connectivity().Policies() {
		if !p.Egress.Applies || !p.Subject.Selects(class.Namespace, labels, class.Labels) {
			continue
		}
		for _, r := range p.Egress.List {
			if r.Action == network.Allow && (r.AnyPeer || slices.ContainsFunc(r.Peers, func(p network.Peer) bool { return p.Kind == network.Pods })) {
				return true
			}
		}
	}
	return false
}
