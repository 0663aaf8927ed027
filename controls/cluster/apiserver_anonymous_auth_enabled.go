package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAnonymousAuthEnabled: who says nothing of himself gets nothing.
var ApiserverAnonymousAuthEnabled = control.Control{
	ID: "apiserver-anonymous-auth-enabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:   "Turn anonymous requests to the API server off, but for its health",
	Scope:   control.Everything,
	Kinds:   componentKinds(),
	Require: apiServer(anonymousAuth()),
	Risk: `With --anonymous-auth=false the probes of a static pod get 401 and the kubelet restarts the API server for ever. Joining with a token
reads the ConfigMap cluster-info without credentials and fails either way.`,
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy: `Write an AuthenticationConfiguration with anonymous.enabled: true and anonymous.conditions of /livez, /readyz and /healthz, mount it,
and start the API server with --authentication-config and without --anonymous-auth (Kubernetes 1.32 and newer; 1.31 with the feature gate
AnonymousAuthConfigurableEndpoints). Set --anonymous-auth=false only if nothing asks for health without credentials.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.1"},
		NSA:    []string{nsaAuth, nsaControlPlane},
		MITRE:  []string{"T1190", "T1078.001"},
		Source: []string{authnDocs + "#anonymous-requests", authnDocs + "#anonymous-authenticator-configuration"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0113"},
		Trivy:     []string{"KCV-0001"},
		Checkov:   []string{"CKV_K8S_68"},
		KubeBench: []string{"1.2.1"},
		Other:     []string{"kics:anonymous_auth_is_not_set_to_false", "kube-hunter:KHV005"},
	},
	Why: `A request without credentials is let in as system:anonymous, and from then on only RBAC stands in the way: one binding too many, for
system:unauthenticated or for everybody, and whoever reaches the port reads Secrets. It is on by default.`,
	Examples: anonymousExamples,
}
