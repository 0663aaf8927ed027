package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverTokenAuthFileSet: tokens in a file never expire.
var ApiserverTokenAuthFileSet = control.Control{
	ID: "apiserver-token-auth-file-set", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Remove the static token file from the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(control.FlagNotGiven("token-auth-file", "/etc/kubernetes/tokens.csv")),
	Risk:     "Whoever logs in with a token of the file gets 401.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Give those who use the tokens service accounts or OIDC, then start the API server without --token-auth-file.",
	Refs: control.Refs{
		CIS:    []string{"1.2.2"},
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1552.001"},
		Source: []string{authnDocs + "#static-token-file"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0114"},
		Trivy:     []string{"KCV-0002"},
		Checkov:   []string{"CKV_K8S_70"},
		KubeBench: []string{"1.2.2"},
	},
	Why: `The file holds passwords in plain text for users and groups, system:masters if it says so. They are valid until somebody changes the
file and restarts the API server, and everybody who reads the file, or a backup of it, is those users.`,
}
