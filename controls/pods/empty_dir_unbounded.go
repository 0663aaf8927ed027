package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// EmptyDirUnbounded: an emptyDir volume cannot grow without end.
var EmptyDirUnbounded = control.Control{
	ID: "empty-dir-unbounded", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Bound emptyDir volumes (sizeLimit), above all those in memory",
	Scope: control.PodSpecs,
	Require: control.Each("volumes", map[string]any{"name": "cache", "emptyDir": map[string]any{"sizeLimit": "1Gi"}}, &control.Func{
		Check: checkEmptyDir, Expr: emptyDirCEL,
		Text: "emptyDir.sizeLimit must be set, unless the volume is on disk and a container limits ephemeral-storage",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			value := param(s.Params, "value")
			if value == "" {
				return out
			}
			return append(out, sizeLimit.Set(at, value))
		},
	}),
	Params: amountParam("1Gi"),
	Risk:   "A pod that writes more than the limit to the volume is evicted.",
	Fix:    control.Auto,
	Remedy: "Set emptyDir.sizeLimit, for example 64Mi.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{"https://kubernetes.io/docs/concepts/storage/volumes/#emptydir", ephemeralDocs},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/require-emptydir-requests-and-limits", "other/add-emptydir-sizelimit"},
	},
	Why: `What is written to an emptyDir lies on the node's disk, or in its memory with medium: Memory. Without a limit one pod fills either and takes its neighbours down.
A limit of a container on ephemeral-storage bounds the volumes on disk too, but never those in memory.`,
	Bad: []control.Change{
		{Path: "volumes", Name: "in memory", Value: []any{map[string]any{"name": "shm", "emptyDir": map[string]any{"medium": "Memory"}}}},
		{Path: "volumes", Name: "in memory, limit 0", Value: []any{map[string]any{"name": "shm", "emptyDir": map[string]any{"medium": "Memory", "sizeLimit": "0"}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: "bounded by containers", Value: []any{map[string]any{"name": "tmp", "emptyDir": map[string]any{}}}},
		{Path: "volumes", Name: "huge pages", Value: []any{map[string]any{"name": "huge", "emptyDir": map[string]any{"medium": "HugePages"}}}},
		{Path: "volumes", Name: "no emptyDir", Value: []any{map[string]any{"name": "cfg", "configMap": map[string]any{"name": "cfg"}}}},
	},
}
