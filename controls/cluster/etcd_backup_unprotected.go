package cluster

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// EtcdBackupUnprotected: a snapshot is the whole cluster in one file.
var EtcdBackupUnprotected = control.Control{
	ID: "etcd-backup-unprotected", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Encrypt etcd snapshots and keep them off the node",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleEtcdSnapshot),
	Require:  &control.Func{Check: checkSnapshots, Text: "copies of etcd on the node must be encrypted and have mode 0600 or less"},
	Risk:     "Restoring an encrypted snapshot needs the key: keep it where it outlives the cluster, and try to restore once.",
	Fix:      control.Advice,
	NoFix:    "Somebody has to decide whether a snapshot is still needed and where it goes.",
	NoPolicy: noPolicyForFacts,
	Remedy: `Encrypt snapshots as they are made (etcdctl snapshot save, then age or gpg), send them to a store off the node with access of its own, such as etcd-s3 of k3s and
RKE2 with encryption by the bucket, and remove what lies on the node. Leftovers of 'kubeadm upgrade' in /etc/kubernetes/tmp can go when the upgrade is done. Until
then run chmod 600 on them.`,
	Refs: control.Refs{
		NSA:   []string{nsaEtcd, nsaEncryption},
		MITRE: []string{"T1552.001", "T1485"},
		Source: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#backing-up-an-etcd-cluster", "https://etcd.io/docs/v3.6/op-guide/recovery/",
			"https://docs.k3s.io/cli/etcd-snapshot",
		},
	},
	Why: `A snapshot holds all objects of the cluster, Secrets among them, in plain text unless they are encrypted at rest. Whoever can read it needs neither the API
server nor etcd, and leaves no trace in an audit log; what is lost with the node is no backup. Files are told by their first bytes: a database, an archive, or
something encrypted. Whether an archive is encrypted by itself they do not say.`,
	Bad: []control.Change{
		{Path: "spec.files", Name: "left by kubeadm", Value: []any{snapshotFact("/etc/kubernetes/tmp/kubeadm-backup-etcd-2025-10-01-10-00-00/etcd/member/snap/db", node.FormatBbolt, "0600")}},
		{Path: "spec.files", Name: "for everybody", Value: []any{snapshotFact("/var/backups/etcd-snapshot.db", node.FormatBbolt, "0644")}},
		{Path: "spec.files", Name: "an archive for everybody", Value: []any{snapshotFact("/var/lib/rancher/k3s/server/db/snapshots/etcd-snapshot-a-1.zip", node.FormatZip, "0604")}},
		{Path: "spec.files", Name: "something for the group", Value: []any{snapshotFact("/var/lib/etcd-backup/snapshot.db.enc", node.FormatOther, "0640")}},
	},
	Good: []control.Change{
		{Path: "spec.files", Name: "age", Value: []any{snapshotFact("/var/backups/etcd-snapshot.db.age", node.FormatAge, "0600")}},
		{Path: "spec.files", Name: "OpenPGP", Value: []any{snapshotFact("/var/backups/etcd-snapshot.db.asc", node.FormatOpenPGP, "0400")}},
	},
}

func snapshotFact(path, format, mode string) mapping {
	return mapping{
		"path": path, "roles": []any{node.RoleEtcdSnapshot}, "component": "etcd", "type": "file", "owner": "root", "group": "root", "uid": 0, "gid": 0,
		"mode": mode, "format": format,
	}
}

func checkSnapshots(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, file := range at.Get("spec").Get("files").Items() {
		if !slices.Contains(texts(file.Get("roles")), node.RoleEtcdSnapshot) {
			continue
		}
		if v, bad := snapshotProblem(file); bad && !fail(v) {
			return
		}
	}
	knownFiles(at, node.RoleEtcdSnapshot, fail)
}

// snapshotProblem is what is worst about a copy of etcd.
func snapshotProblem(file tree.Node) (v control.Violation, bad bool) {
	name, format := file.Get("path").Text(), file.Get("format")
	mode, err := strconv.ParseUint(file.Get("mode").Text(), 8, 16)
	open := ""
	switch {
	case err != nil:
	case mode&0o007 != 0:
		open = fmt.Sprintf("everybody on the node may use it (mode %04o)", mode)
	case mode&0o070 != 0:
		open = fmt.Sprintf("its group may use it (mode %04o)", mode)
	}
	switch {
	case format.StrIs(node.FormatBbolt):
		v.At = format
		v.Problem = "is bbolt: " + name + " is a copy of etcd as it is, with every Secret that is not encrypted at rest"
		if open != "" {
			v.Problem += ", and " + open
		}
	case open != "":
		v.At = file.Get("mode")
		v.Problem = fmt.Sprintf("is too open: %s is a backup of etcd, and %s", name, open)
	case err != nil:
		v.At, v.Missing = file, []string{"mode"}
		v.Problem, v.Unknown = "of "+name+" is not known", true
	case format.StrIs(node.FormatAge), format.StrIs(node.FormatOpenPGP), format.StrIs(node.FormatOpenSSL):
		return v, false
	case !format.Exists():
		v.At, v.Missing = file, []string{"format"}
		v.Problem, v.Unknown = "is not known of "+name+", so it cannot be told whether this backup of etcd is encrypted", true
	default:
		v.At = format
		v.Problem, v.Unknown = "is "+format.Text()+", which does not tell whether "+name+", a backup of etcd, is encrypted", true
	}
	return v, true
}
