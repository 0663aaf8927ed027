package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
)

// HostPathWritable: what must be read from the node need not be written.
var HostPathWritable = control.Control{
	ID: "host-path-writable", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Mount unavoidable host paths read-only",
	Scope:   control.Containers,
	Unless:  staticpods.ControlPlane,
	Require: readOnlyHostPath(nil, "every mount of a hostPath volume must have readOnly: true"),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "A program that writes to the folder of the node fails; the data it left there so far stays.",
	Remedy:  "Set readOnly: true on the mount, and recursiveReadOnly: IfPossible (Kubernetes 1.33) if other file systems are mounted below it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611", "T1543"},
		Source: []string{volumeDocs, "https://kubernetes.io/docs/concepts/storage/volumes/#read-only-mounts"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"writable-host-mount"},
		Kubescape:  []string{"C-0045"},
		Kyverno:    []string{"other/ensure-readonly-hostpath"},
		Other:      []string{"kics:Volume Mount with OS Directory Write Permissions", "kubehound:EXPLOIT_HOST_WRITE"},
	},
	Why: `A container that can write to the disk of its node can replace programs and configuration that the node runs, plant files that outlive the
pod, or fill the disk. Most programs only read there: logs, certificates, the time zone.`,
	Bad: []control.Change{
		{Base: control.OnPodSpec, Path: "volumes", Name: "mounted", Value: []any{map[string]any{"name": "tmp", "hostPath": map[string]any{"path": "/data"}}}},
	},
	Good: []control.Change{
		{Base: control.OnPodSpec, Path: "volumes", Name: "not mounted", Value: []any{map[string]any{"name": "other", "hostPath": map[string]any{"path": "/data"}}}},
		{Path: "volumeMounts", Name: "of nothing", Value: []any{map[string]any{"name": "nothing", "mountPath": "/x"}}},
	},
}
