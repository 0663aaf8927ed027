package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuthorizationAlwaysAllow: every request may do everything.
var ApiserverAuthorizationAlwaysAllow = control.Control{
	ID: "apiserver-authorization-always-allow", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title: "Take AlwaysAllow from the authorization modes of the API server",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   authorizersInFile,
		Settings: []control.Setting{noAlwaysAllow()},
	},
	Suppresses: []string{"apiserver-authorization-rbac-missing"},
	Risk:       "Whoever has no role gets 403. Look at the audit log, or bind roles first.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	NoPolicy:   noPolicyForComponents,
	Remedy:     "Start the API server with --authorization-mode=Node,RBAC.",
	Refs: control.Refs{
		CIS:    []string{"1.2.6"},
		NSA:    []string{nsaRBAC},
		MITRE:  []string{"T1190"},
		Source: []string{authzDocs, "https://kubernetes.io/docs/reference/access-authn-authz/authorization/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0118"},
		Trivy:     []string{"KCV-0007"},
		Checkov:   []string{"CKV_K8S_74"},
		KubeBench: []string{"1.2.6"},
	},
	Why: `AlwaysAllow lets every request that has authenticated do everything, and no other mode can take that back: one that has no opinion is
enough. Without --authorization-mode and --authorization-config it is the default.`,
}
