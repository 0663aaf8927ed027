package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
)

// RollingUpdateMissing: an update replaces pods one after the other.
var RollingUpdateMissing = control.Control{
	ID: "rolling-update-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Use the update strategy RollingUpdate",
	Scope: control.Objects,
	Kinds: slices.Concat(deployments, in("apps", "StatefulSet", "DaemonSet"), in("apps.openshift.io", "DeploymentConfig")),
	Require: control.All(
		control.FixTo(control.Allow("spec.strategy.type", "RollingUpdate", "Rolling"), "spec.strategy.type", "RollingUpdate"),
		control.FixTo(control.Allow("spec.updateStrategy.type", "RollingUpdate"), "spec.updateStrategy.type", "RollingUpdate")),
	Fix:    control.Auto,
	Risk:   "Old and new pods run beside each other for a while: a volume that only one pod can mount, or a schema that only one version knows, stands in the way.",
	Remedy: "Set the type of strategy (of updateStrategy in a StatefulSet or DaemonSet) to RollingUpdate, or leave it out.",
	Bad: []control.Change{
		{Path: "spec.strategy", Value: map[string]any{"type": "Recreate"}},
		{Path: "spec.updateStrategy", Value: map[string]any{"type": "OnDelete"}},
	},
	Refs: control.Refs{Source: []string{deploymentDocs, "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/"}},
	Peers: control.Peers{
		KubeLinter: []string{"no-rolling-update-strategy"},
		Kubescape:  []string{"C-0305"},
		KubeScore:  []string{"deployment-strategy"},
	},
	Why: `Recreate stops all pods before it starts new ones, so every update is an outage. OnDelete waits until somebody deletes the pods, so a fix
for a hole in the image does not arrive. RollingUpdate is what the API server sets if nothing is said.`,
}
