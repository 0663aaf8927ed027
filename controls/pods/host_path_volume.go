package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
)

// HostPathVolume: a hostPath volume is a door into the file system of the node.
var HostPathVolume = control.Control{
	ID: "host-path-volume", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:  "Do not mount hostPath volumes",
	Scope:  control.PodSpecs,
	Unless: staticpods.ControlPlane,
	Require: control.Each("volumes", map[string]any{"name": "scratch"},
		control.Absent("hostPath")),
	Suppresses: []string{"volume-type-not-allowed"},
	Fix:        control.Advice,
	NoFix:      "Whether the data must last, and which storage class then holds it, only a person can say.",
	Risk:       "The program no longer sees the files of the node, nor data that outlived its pods there.",
	Remedy:     "Use a persistentVolumeClaim for data that has to last, an emptyDir for scratch space, a CSI driver or a configMap for the rest.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.11"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0048"},
		Trivy:     []string{"KSV-0023"},
		Polaris:   []string{"hostPathSet"},
		Kyverno:   []string{"pod-security/disallow-host-path", "other/remove-hostpath-volumes", "other/limit-hostpath-vols"},
		KubeBench: []string{"5.2.11"},
		Other:     []string{"psa:hostPathVolumes", "gatekeeper:host-filesystem", "terrascan:AC-K8-IA-PO-H-0138", "kubehound:EXPLOIT_HOST_READ", "kubehound:EXPLOIT_HOST_WRITE", "kubehound:EXPLOIT_HOST_TRAVERSE", "kubehound:VOLUME_ACCESS", "kubehound:VOLUME_DISCOVER"},
	},
	Why: `A hostPath volume mounts a folder of the node. Depending on the folder, a pod can read the credentials of the kubelet and of
other pods, or change what the node executes; a harmless one still ties the pod to its node and fills its disk. Volumes that no
container mounts count too: a container can be added.`,
}
