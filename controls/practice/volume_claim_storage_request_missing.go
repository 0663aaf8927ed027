package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// VolumeClaimStorageRequestMissing: a claim says how much storage it needs.
var VolumeClaimStorageRequestMissing = control.Control{
	ID: "volume-claim-storage-request-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Set storage requests in volumeClaimTemplates",
	Scope: control.Objects,
	Kinds: statefulSets,
	Require: control.Each("spec.volumeClaimTemplates", claim, control.FixWith(
		control.Present("spec.resources.requests.storage", nil), fixStorage)),
	Params: []control.Param{{Name: "value", Doc: "the size that a fix sets", Default: []string{"1Gi"}}},
	Fix:    control.Auto,
	Risk:   "None: the API server refuses a claim without a size.",
	Remedy: "Set spec.resources.requests.storage in the claim template.",
	Refs:   control.Refs{Source: []string{volumeDocs}},
	Peers: control.Peers{
		Kubesec: []string{"VolumeClaimRequestsStorage"},
	},
	Why: `A claim without a size is refused when the StatefulSet makes its first pod, long after the StatefulSet itself was accepted. The size
is also what storage quotas count.`,
}

var storageRequest = control.NewField("spec.resources.requests.storage")

func fixStorage(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	return append(out, storageRequest.Set(at, param(s.Params, "value")))
}
