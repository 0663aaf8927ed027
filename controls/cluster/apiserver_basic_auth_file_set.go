package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverBasicAuthFileSet: passwords in a file, sent with every request.
var ApiserverBasicAuthFileSet = control.Control{
	ID: "apiserver-basic-auth-file-set", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Remove the static password file from the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(goneFlag("basic-auth-file", "/etc/kubernetes/passwords.csv")),
	Risk:     "Whoever logs in with a password of the file gets 401.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --basic-auth-file.",
	Refs: control.Refs{
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1552.001"},
		Source: []string{"https://github.com/kubernetes/kubernetes/pull/89069"},
	},
	Peers: control.Peers{
		Checkov: []string{"CKV_K8S_69"},
		Other:   []string{"kics:basic_auth_file_is_set"},
	},
	Why: `The file holds passwords in plain text that are sent with every request and never expire. From Kubernetes 1.19 on the flag is gone,
and an API server that is given it does not start.`,
}
