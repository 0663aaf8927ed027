package cluster

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
)

// KubernetesKnownCVE: published holes of Kubernetes itself.
var KubernetesKnownCVE = control.Control{
	ID: "kubernetes-known-cve", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Run no API server and no kubelet with a known hole",
	Scope:    control.Everything,
	Kinds:    []control.Kind{factsKind, nodeKind},
	Require:  &control.Together{Check: checkKubernetesCVEs, Text: "the versions of the API server and of the kubelets must not be ones that a serious advisory is about"},
	Risk:     "A patch release changes nothing but what is mended; nodes are drained while they are upgraded.",
	Fix:      control.Advice,
	NoFix:    "A cluster is upgraded step by step, with what runs in it.",
	NoPolicy: noPolicyForStatus,
	Remedy:   "Upgrade to the version that the finding names or to a newer one, the control plane before the nodes.",
	Refs: control.Refs{
		NSA:    []string{"Upgrading and application security practices"},
		MITRE:  []string{"T1068", "T1190"},
		Source: append([]string{"https://kubernetes.io/docs/reference/issues-security/official-cve-feed/"}, kubernetesSources()...),
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0058", "C-0089"},
		Other: []string{
			"terrascan:AC-K8-DS-PO-M-0143", "kube-hunter:KHV022", "kube-hunter:KHV023", "kube-hunter:KHV024", "kube-hunter:KHV025", "kube-hunter:KHV027", "kube-hunter:KHV028",
		},
	},
	Why: `The holes of Kubernetes are published with the request that uses them. Those that are looked up let somebody out of a container or give rights that
nobody gave; what only stops a component for a while is left out. A build of a vendor may have the repair under another version.`,
	Examples: []control.Example{
		{
			Name:      "an API server that upgrades connections to everybody",
			Manifests: clusterDocument("serverVersion: {gitVersion: v1.12.2}"), Want: []string{"ClusterFacts/prod spec.serverVersion.gitVersion"},
		},
		{
			Name:      "kubelets that run hooks of git repositories",
			Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + nodeDocument("a", "kubeletVersion: v1.30.2"), Want: []string{"Node/a status.nodeInfo.kubeletVersion"},
		},
		{
			Name:      "on Windows only",
			Manifests: nodeDocument("w", "kubeletVersion: v1.28.3", "operatingSystem: windows") + nodeDocument("l", "kubeletVersion: v1.30.3", "operatingSystem: linux"),
			Want:      []string{"Node/w status.nodeInfo.kubeletVersion"},
		},
		{
			Name:      "a build of a vendor",
			Manifests: nodeDocument("a", "kubeletVersion: v1.30.2-eks-1552ad0"), Want: []string{"Node/a status.nodeInfo.kubeletVersion"},
		},
		{Name: "good", Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + nodeDocument("a", "kubeletVersion: v1.30.3+k3s1")},
	},
}

// kubernetesCVEs are the components of Kubernetes with their advisories, read in November 2026 from the issues that they name.
var kubernetesCVEs = []addon{
	{
		name: "kube-apiserver",
		advisories: []advisory{
			{
				id: "CVE-2018-1002105", effect: "a request that asks for another protocol goes on with the API server's own rights",
				ranges: []affected{{"1.0.0", "1.10.11"}, {"1.11.0", "1.11.5"}, {"1.12.0", "1.12.3"}},
				source: "https://github.com/kubernetes/kubernetes/issues/71411",
			},
			{
				id: "CVE-2022-3294", effect: "who may change nodes reaches the network of the control plane by their proxy",
				ranges: []affected{{"", "1.22.16"}, {"1.23.0", "1.23.14"}, {"1.24.0", "1.24.8"}, {"1.25.0", "1.25.4"}},
				source: "https://github.com/kubernetes/kubernetes/issues/113757",
			},
			{
				id: "CVE-2020-8559", effect: "a node that was taken over sends clients on to other nodes with their credentials",
				ranges: []affected{{"1.6.0", "1.16.13"}, {"1.17.0", "1.17.9"}, {"1.18.0", "1.18.6"}},
				source: "https://github.com/kubernetes/kubernetes/issues/92914",
			},
			{
				id: "CVE-2023-2727", effect: "ephemeral containers get around the image policy, and around which Secrets an account may mount (CVE-2023-2728)",
				ranges: []affected{{"", "1.24.15"}, {"1.25.0", "1.25.11"}, {"1.26.0", "1.26.6"}, {"1.27.0", "1.27.3"}},
				source: "https://github.com/kubernetes/kubernetes/issues/118640",
			},
			{
				id: "CVE-2025-5187", effect: "a node that was taken over deletes itself, and comes back without its taints",
				ranges: []affected{{"", "1.31.12"}, {"1.32.0", "1.32.8"}, {"1.33.0", "1.33.4"}},
				source: "https://github.com/kubernetes/kubernetes/issues/133471",
			},
		},
	},
	{
		name: "kubelet",
		advisories: []advisory{
			{
				id: "CVE-2024-10220", effect: "who may create pods runs commands on the node, by a gitRepo volume",
				ranges: []affected{{"", "1.28.12"}, {"1.29.0", "1.29.7"}, {"1.30.0", "1.30.3"}},
				source: "https://github.com/kubernetes/kubernetes/issues/128885",
			},
			{
				id: "CVE-2021-25741", effect: "a container reads and writes files of the node, by a subPath that is exchanged",
				ranges: []affected{{"", "1.19.15"}, {"1.20.0", "1.20.11"}, {"1.21.0", "1.21.5"}, {"1.22.0", "1.22.2"}},
				source: "https://github.com/kubernetes/kubernetes/issues/104980",
			},
		},
	},
	{
		name: "kubelet on Windows",
		advisories: []advisory{
			{
				id: "CVE-2023-5528", effect: "who may create pods and volumes is admin of the node",
				ranges: []affected{{"1.8.0", "1.25.16"}, {"1.26.0", "1.26.11"}, {"1.27.0", "1.27.8"}, {"1.28.0", "1.28.4"}},
				source: "https://github.com/kubernetes/kubernetes/issues/121879",
			},
			{
				id: "CVE-2023-3676", effect: "who may create pods is admin of the node (CVE-2023-3955 too)",
				ranges: []affected{{"", "1.24.17"}, {"1.25.0", "1.25.13"}, {"1.26.0", "1.26.8"}, {"1.27.0", "1.27.5"}, {"1.28.0", "1.28.1"}},
				source: "https://github.com/kubernetes/kubernetes/issues/119339",
			},
		},
	},
}

func kubernetesSources() []string {
	var out []string
	for i := range kubernetesCVEs {
		for j := range kubernetesCVEs[i].advisories {
			out = append(out, kubernetesCVEs[i].advisories[j].source)
		}
	}
	return out
}

func checkKubernetesCVEs(v *control.Verdicts) {
	all := runs(v)
	for i := range all {
		r := &all[i]
		b, ok := readBuild(r.text)
		if !ok {
			unknown := r.breach(", which is no version of a release")
			unknown.Unknown = true
			v.Fail(unknown)
			continue
		}
		programs := kubernetesCVEs[1:2]
		switch {
		case r.api:
			programs = kubernetesCVEs[:1]
		case r.windows:
			programs = kubernetesCVEs[1:]
		}
		var found []*advisory
		safe := b.version
		for k := range programs {
			holes, next := programs[k].open(b.version)
			found = append(found, holes...)
			if next.GreaterThan(safe) {
				safe = next
			}
		}
		switch {
		case len(found) == 0:
			v.Pass(r.count)
		case b.mends():
			unknown := r.breach(", and whether it has the repair of " + found[0].id + " only those who built it can say")
			unknown.Unknown = true
			v.Fail(unknown)
		default:
			v.Fail(r.breach(", open to " + openToSome(found) + "; repaired in " + safe.String()))
		}
	}
}

// openToSome is openTo for as many as a line holds.
func openToSome(found []*advisory) string {
	const most = 3
	text := openTo(found[:min(len(found), most)])
	if len(found) > most {
		text += " and " + strconv.Itoa(len(found)-most) + " more"
	}
	return text
}
