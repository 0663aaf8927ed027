package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// HostPathPersistentVolume: the node is not reached by way of a claim.
var HostPathPersistentVolume = control.Control{
	ID: "host-path-persistent-volume", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Make no PersistentVolume of a hostPath, nor of a local path that is sensitive",
	Scope: control.Objects,
	Kinds: []control.Kind{{Kind: "PersistentVolume"}},
	Require: &control.Func{
		Check: checkVolumePath, Text: "a PersistentVolume must not have a hostPath, and no local path that belongs to the system of the node",
		Expr: func(c control.CEL) string {
			local := c.At + ".?spec.?local.?path"
			return "(!" + c.At + ".?spec.?hostPath.hasValue() && !(" + c.At + ".?spec.?volumeMode.orValue('') != 'Block' && " + local + ".hasValue() && " + local + ".value().matches(" + control.Quote(sensitivePaths.text) + ")))"
		},
	},
	Risk:   "Data on the node has to be moved.",
	Fix:    control.Advice,
	NoFix:  "The data has to be moved to a volume of another sort.",
	Remedy: "Use a CSI driver; for disks of the node a local volume below /mnt/disks with nodeAffinity.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/#types-of-persistent-volumes", "https://kubernetes.io/docs/concepts/storage/volumes/#local", volumeDocs},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/limit-hostpath-type-pv"},
	},
	Why: `The Pod Security Standards refuse hostPath in pods and let claims pass. A PersistentVolume of a hostPath brings the node's files into any pod that
claims it, past every policy on pods; on a cluster of several nodes its data is on one of them by chance only.`,
	Bad: []control.Change{
		{Path: "spec.hostPath", Value: map[string]any{"path": "/data"}},
		{Path: "spec.local", Value: map[string]any{"path": "/etc/kubernetes"}},
		{Path: "spec.local", Value: map[string]any{"path": "/"}, Name: "root"},
	},
	Good: []control.Change{
		{Path: "spec.local", Value: map[string]any{"path": "/mnt/disks/ssd1"}},
		{Path: "spec", Name: "raw block", Value: map[string]any{"volumeMode": "Block", "local": map[string]any{"path": "/dev/nvme1n1"}}},
		{Path: "spec.nfs", Value: map[string]any{"path": "/", "server": "nfs.example.com"}},
	},
}

func checkVolumePath(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	if source := spec.Get("hostPath"); source.Exists() {
		problem := "brings files of the node into every pod that claims the volume"
		if n := source.Get("path"); n.Exists() {
			problem = "brings " + control.Show(n) + " of the node into every pod that claims the volume"
		}
		fail(control.Violation{At: source, Problem: problem})
	}
	// A disk as a whole, /dev/nvme1n1, is what raw block volumes are for.
	if n := spec.Get("local").Get("path"); n.Exists() && !spec.Get("volumeMode").StrIs("Block") && sensitivePaths.matches(n.Text()) {
		fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", which belongs to the system of the node"})
	}
}
