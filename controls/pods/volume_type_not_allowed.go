package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
	"github.com/kubeharden/kubeharden/tree"
)

// VolumeTypeNotAllowed: the volume types of old give a pod credentials and mounts that an administrator should hand out.
var VolumeTypeNotAllowed = control.Control{
	ID: "volume-type-not-allowed", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Use only the volume types of the restricted profile",
	Scope:   control.PodSpecs,
	Unless:  staticpods.ControlPlane,
	Require: control.Each("volumes", map[string]any{"name": "scratch"}, allowedVolume),
	Fix:     control.Advice,
	NoFix:   "The PersistentVolume and its storage class must come from the administrator of the storage.",
	Risk:    "Data on the old volume must be moved to one that a persistentVolumeClaim can reach.",
	Remedy:  "Put the storage behind a PersistentVolume and mount it by a persistentVolumeClaim.",
	Bad: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "data", "nfs": map[string]any{"server": "nfs", "path": "/"}}}, Name: "nfs"},
		{Path: "volumes", Value: []any{map[string]any{"name": "data", "hostPath": map[string]any{"path": "/"}}}, Name: "hostPath"},
	},
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0028"},
		Kyverno: []string{"pod-security/restrict-volume-types"},
		Other:   []string{"psa:restrictedVolumes", "gatekeeper:volumes", "gatekeeper:flexvolume-drivers", "terrascan:AC-K8-IA-PO-M-0143"},
	},
	Why: `Inline volumes such as nfs, iscsi, rbd or flexVolume let the author of a pod choose the server, the export and the driver that
the node mounts with root's rights. Behind a persistentVolumeClaim an administrator decides that. Types that are
not known are refused; a volume without any type is an emptyDir.`,
}

var restrictedVolumes = []string{
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}

// allowedVolume holds for a volume with an allowed type. The API server makes an emptyDir of a volume that has nothing
// but a name before it judges the pod.
var allowedVolume = &control.Func{
	Text: "the type must be one of " + strings.Join(restrictedVolumes, ", "),
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, t := range restrictedVolumes {
			if n := at.Get(t); n.Exists() && !n.IsNull() {
				return
			}
		}
		for key, n := range at.Pairs() {
			if !key.StrIs("name") && !n.IsNull() && !fail(control.Violation{At: n, Problem: "is not an allowed type of volume"}) {
				return
			}
		}
	},
	Expr: func(c control.CEL) string {
		parts := make([]string, len(restrictedVolumes))
		for i, t := range restrictedVolumes {
			parts[i] = c.At + ".?" + t + ".hasValue()"
		}
		return "(" + strings.Join(parts, " || ") + ")"
	},
}
