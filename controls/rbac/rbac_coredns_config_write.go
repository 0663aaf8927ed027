package rbac

import "github.com/kubeharden/kubeharden/control"

// CoreDNSConfigWrite: nobody changes how names resolve.
var CoreDNSConfigWrite = control.Control{
	ID: "rbac-coredns-config-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Let nobody but the add-on manager edit the ConfigMap of the cluster DNS",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"configmaps"}, verbs: write, names: dnsConfigs, namespace: "kube-system"}),
	Risk:    "Whoever keeps DNS entries up to date through the role, such as an add-on manager, needs one of its own.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the rule, or in kube-system list the ConfigMaps that are meant in resourceNames; leave the one of the DNS to the add-on manager.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1557", "T1565"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/", rbacDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0037"},
		Other:     []string{"kube-hunter:KHV030"},
	},
	Why: `The ConfigMap of the DNS decides where every name in the cluster leads. One line in it sends what was meant for the database, or for the
vault, to the attacker. Rules that name it are reported, and rules of Roles in kube-system for all ConfigMaps; a ClusterRole for all of them
is a finding of rbac-configmaps-write.`,
}

// dnsConfigs are the ConfigMaps of kube-system that DNS servers read: of CoreDNS, of its extension on managed clusters, of kube-dns
// and of NodeLocal DNSCache.
var dnsConfigs = []string{"coredns", "coredns-custom", "kube-dns", "node-local-dns"}
