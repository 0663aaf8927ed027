package cluster

import (
	"fmt"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// EtcdDataDirOwnership: etcd has an account of its own, and its data belongs to that.
var EtcdDataDirOwnership = control.Control{
	ID: "etcd-data-dir-ownership", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own the etcd data directory by the etcd user",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("etcd", node.RoleEtcdData),
	Require:  &control.Func{Check: checkEtcdOwner, Text: "the data directory of etcd must belong to etcd:etcd, or to the account that etcd runs as if that is not root"},
	Risk:     "An etcd that runs as root goes on; one that runs under another account than the owner does not start.",
	Fix:      control.Advice,
	NoFix:    "etcd has to run as the owner, and a scan changes no node; the message has the command.",
	NoPolicy: noPolicyForFacts,
	Remedy: `Run etcd under an account of its own (a static pod with securityContext.runAsUser, User=etcd in a unit, the feature RootlessControlPlane of kubeadm) and
run chown etcd:etcd on its data directory.`,
	Refs: control.Refs{
		CIS:    []string{"1.1.12"},
		NSA:    []string{nsaEtcd},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, "https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/control-plane-flags/"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0103"}, Trivy: []string{"KCV-0059"}, KubeBench: []string{"1.1.12"}},
	Why: `An etcd that is root can do anything on the node, and needs nothing but its own data for its work. With an account of its own, a hole in etcd is not a hole
in the node, and nobody but etcd and root reads what all Secrets are stored in.`,
	Bad: []control.Change{
		{Path: "spec.files", Name: "root", Value: []any{etcdData("root", "root", 0)}},
		{Path: "spec.files", Name: "group", Value: []any{etcdData("etcd", "staff", 52)}},
		{Path: "spec.files", Name: "somebody", Value: []any{etcdData("jane", "jane", 1000)}},
	},
	Good: []control.Change{{Path: "spec.files", Name: "etcd", Value: []any{etcdData("etcd", "etcd", 52)}}},
}

func etcdData(owner, group string, uid int) mapping {
	return mapping{
		"path": "/var/lib/etcd", "roles": []any{node.RoleEtcdData}, "component": "etcd", "type": "directory", "mode": "0700",
		"owner": owner, "group": group, "uid": uid, "gid": uid,
	}
}

func checkEtcdOwner(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	accounts := map[int64]bool{}
	for _, p := range at.Get("spec").Get("processes").Items() {
		if uid, ok := p.Get("uid").Int(); ok && uid > 0 && p.Get("component").StrIs("etcd") {
			accounts[uid] = true
		}
	}
	for _, file := range at.Get("spec").Get("files").Items() {
		if !file.Get("component").StrIs("etcd") || !slices.Contains(texts(file.Get("roles")), node.RoleEtcdData) {
			continue
		}
		owner, group, name := file.Get("owner").Text(), file.Get("group").Text(), file.Get("path").Text()
		uid, ok := file.Get("uid").Int()
		if owner == "etcd" && group == "etcd" || ok && accounts[uid] {
			continue
		}
		where := file.Get("owner")
		if owner == "etcd" {
			where = file.Get("group")
		}
		if !fail(control.Violation{At: where, Problem: fmt.Sprintf("is %s: %s belongs to %s:%s: chown etcd:etcd %s", where.Text(), name, owner, group, name)}) {
			return
		}
	}
	control.NodeUnknown(at, []string{node.RoleEtcdData}, fail)
}

// texts are the items of a list.
func texts(list tree.Node) []string {
	var out []string
	for _, item := range list.Items() {
		out = append(out, item.Text())
	}
	return out
}
