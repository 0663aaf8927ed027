package practice

import "github.com/kubeharden/kubeharden/control"

// VolumeClaimAccessMode: the volume of a replica is its own.
var VolumeClaimAccessMode = control.Control{
	ID: "volume-claim-access-mode", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Use ReadWriteOnce or ReadWriteOncePod in volumeClaimTemplates",
	Scope: control.Objects,
	Kinds: statefulSets,
	Require: control.Each("spec.volumeClaimTemplates", claim, control.All(
		control.Present("spec.accessModes", nil),
		control.Only("spec.accessModes", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"))),
	Fix:    control.Advice,
	NoFix:  "Changing the access mode of a claim means making a new volume, and drivers differ in the modes that they have.",
	Risk:   "A second pod that reads the volume of a replica, such as a backup, must run on its node, or finds it locked.",
	Remedy: "Use ReadWriteOncePod where the CSI driver has it (Kubernetes 1.29), else ReadWriteOnce.",
	Refs:   control.Refs{Source: []string{volumeDocs}},
	Peers: control.Peers{
		Kubesec: []string{"VolumeClaimAccessModeReadWriteOnce"},
		Kyverno: []string{"other/readwriteonce-pod"},
	},
	Why: `A StatefulSet makes a claim of its own for every replica. With ReadWriteMany any pod on any node can mount that volume too and write to the
data of the replica; it also limits the choice of storage to network file systems. A claim needs at least one mode.`,
}
