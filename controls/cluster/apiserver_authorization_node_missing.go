package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuthorizationNodeMissing: kubelets see what is on their node and nothing else.
var ApiserverAuthorizationNodeMissing = control.Control{
	ID: "apiserver-authorization-node-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Enable the authorization mode Node",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   authorizersInFile,
		Settings: []control.Setting{hasMode("Node", "RBAC")},
	},
	Risk:     "Kubelets that do not authenticate as system:node:NAME in the group system:nodes need another role.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --authorization-mode=Node,RBAC.",
	Refs: control.Refs{
		CIS:    []string{"1.2.7"},
		NSA:    []string{nsaRBAC},
		MITRE:  []string{"T1078"},
		Source: []string{authzDocs, "https://kubernetes.io/docs/reference/access-authn-authz/authorization/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0119"},
		Trivy:     []string{"KCV-0008"},
		Checkov:   []string{"CKV_K8S_75"},
		KubeBench: []string{"1.2.7"},
	},
	Why: `The mode Node gives a kubelet the Secrets, ConfigMaps and volumes of the pods on its own node. Without it kubelets have to get those
rights from RBAC, on everything, and one node that is taken over reads the Secrets of all.`,
}
