package cluster

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// SuperAdminKubeconfigPresent: the key that nothing can stop is not where it is not needed.
var SuperAdminKubeconfigPresent = control.Control{
	ID: "super-admin-kubeconfig-present", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Move super-admin.conf (system:masters) off the node",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkSuperAdmin, Text: "there must be no super-admin.conf on the node"},
	Risk:     "If RBAC is broken nobody can mend it from the node; keep the file where you keep the keys of authorities.",
	Fix:      control.Advice,
	NoFix:    "A person has to keep the file somewhere else first.",
	NoPolicy: noPolicyForFacts,
	Remedy:   "Copy super-admin.conf to a safe place off the node and delete it there; 'kubeadm init phase kubeconfig super-admin' makes a new one while the authority's key is there.",
	Refs: control.Refs{
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1078"},
		Source: []string{kubeadmDetails + "#generate-kubeconfig-files-for-control-plane-components"},
	},
	Why: `The certificate in it is of the group system:masters. The API server asks neither RBAC nor webhooks what that group may do, and no binding takes it away:
until it expires it cannot be revoked short of replacing the authority of the cluster. Nothing needs it day by day.`,
	Bad: []control.Change{{Path: "spec.files", Name: "there", Value: []any{mapping{
		"path": "/etc/kubernetes/super-admin.conf", "roles": []any{node.RoleSuperAdmin}, "type": "file", "owner": "root", "group": "root", "uid": 0, "gid": 0, "mode": "0600",
	}}}},
}

func checkSuperAdmin(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	files := at.Get("spec").Get("files")
	for _, file := range files.Items() {
		if slices.Contains(texts(file.Get("roles")), node.RoleSuperAdmin) &&
			!fail(control.Violation{At: file.Get("path"), Problem: "is " + file.Get("path").Text() + ", which is cluster-admin for ever and needed by nothing that runs"}) {
			return
		}
	}
	if files.Kind() != tree.Sequence {
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"files"}, Problem: "is missing, so nothing is known of files", Unknown: true})
		return
	}
	control.NodeUnknown(at, []string{node.RoleSuperAdmin}, fail)
}
