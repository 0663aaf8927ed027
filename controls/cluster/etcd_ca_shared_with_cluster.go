package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdCASharedWithCluster: a certificate of the cluster is none for etcd.
var EtcdCASharedWithCluster = control.Control{
	ID: "etcd-ca-shared-with-cluster", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Give etcd its own certificate authority",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.Together{Check: sharedAuthority, Text: "--trusted-ca-file of etcd must be another file than --client-ca-file of the API server on the same node"},
	Risk:     "Clients of etcd whose certificates come from the cluster's authority are refused, the API server first.",
	Fix:      control.Advice,
	NoFix:    "A second authority has to be made, and the certificates of etcd and its clients issued by it.",
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Make an authority for etcd, issue the certificates of etcd, its peers and the API server's client by it, and give it with --trusted-ca-file.",
	Refs: control.Refs{
		CIS:    []string{"2.7"},
		NSA:    []string{"Network separation: etcd", nsaEncryption},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{certificateDocs, etcdSecurityDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0159"}, KubeBench: []string{"2.7"}},
	Why: `etcd lets in whoever has a certificate of the authority that it trusts, and asks for no more. If that is the cluster's own, every kubelet and every
user with a certificate reads and writes all of etcd.`,
	Examples: []control.Example{
		{
			Name:      "the same file",
			Manifests: staticPod("kube-apiserver", "--client-ca-file=/etc/kubernetes/pki/ca.crt") + "---\n" + staticPod("etcd", "--trusted-ca-file=/etc/kubernetes/pki/ca.crt"),
			Want:      []string{"Pod/kube-system/etcd spec.containers[0].command[1]"},
		},
		{
			Name:      "the same file by another path",
			Manifests: staticPod("kube-apiserver", "--client-ca-file=/etc/kubernetes/pki/../pki/ca.crt") + "---\n" + staticPod("etcd", "--trusted-ca-file=/etc/kubernetes/pki/ca.crt"),
			Want:      []string{"Pod/kube-system/etcd spec.containers[0].command[1]"},
		},
		{
			Name:      "good: another file",
			Manifests: staticPod("kube-apiserver", "--client-ca-file=/etc/kubernetes/pki/ca.crt") + "---\n" + staticPod("etcd", "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt"),
		},
	},
}

// sharedAuthority compares the paths of the files as the host has them. etcd on a node without an API server is not asked: who runs the API
// server that it belongs to is not known.
func sharedAuthority(v *control.Verdicts) {
	clients := map[string][]control.Decider{} // by node and path
	nodes := map[string]bool{}
	for _, i := range v.Instances() {
		if r, ok := i.Reference("client-ca-file"); ok && i.Kind == component.APIServer {
			nodes[i.Node] = true
			d := control.Decider{Object: i.Object, Path: i.Path, Text: "takes certificates of the same authority"}
			if p := r.Value.Place; p.Exists() {
				d.Object, d.Path, d.Start, d.End = p.Object, p.Path, p.Start, p.End
			}
			clients[i.Node+"\x00"+r.HostPath] = append(clients[i.Node+"\x00"+r.HostPath], d)
		}
	}
	for _, i := range v.Instances() {
		if i.Kind != component.Etcd || anotherEtcd(i) {
			continue
		}
		r, ok := i.Reference("trusted-ca-file")
		shared := clients[i.Node+"\x00"+r.HostPath]
		switch {
		case !ok || !nodes[i.Node]:
			v.NotApplicable(1)
		case len(shared) == 0:
			v.Pass(1)
		default:
			b := control.Breach{Object: i.Object, Path: i.Path, Message: "--trusted-ca-file is the authority of the cluster, " + r.Path, Related: shared[:1]}
			if p := r.Value.Place; p.Exists() {
				b.Object, b.Path, b.Start, b.End = p.Object, p.Path, p.Start, p.End
			}
			v.Fail(b)
		}
	}
}
