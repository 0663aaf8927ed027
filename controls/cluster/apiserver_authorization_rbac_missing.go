package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuthorizationRbacMissing: roles decide.
var ApiserverAuthorizationRbacMissing = control.Control{
	ID: "apiserver-authorization-rbac-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title: "Enable the authorization mode RBAC",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   authorizersInFile,
		Settings: []control.Setting{hasMode("RBAC", "Node")},
	},
	Risk:     "Roles and bindings that nobody looked at have an effect from then on.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --authorization-mode=Node,RBAC.",
	Refs: control.Refs{
		CIS:    []string{"1.2.8"},
		NSA:    []string{nsaRBAC},
		MITRE:  []string{"T1078"},
		Source: []string{authzDocs, "https://kubernetes.io/docs/reference/access-authn-authz/authorization/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0088", "C-0120"},
		Trivy:     []string{"KCV-0009"},
		Checkov:   []string{"CKV_K8S_77"},
		KubeBench: []string{"1.2.8"},
	},
	Why: `Without RBAC no Role and no binding has an effect, and something else decides: AlwaysAllow, a file of ABAC that only a restart
changes, or a webhook alone.`,
}
