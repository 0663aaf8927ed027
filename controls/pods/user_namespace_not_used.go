package pods

import "github.com/kubeharden/kubeharden/control"

// UserNamespaceNotUsed: WHY-ONE-LINE.
var UserNamespaceNotUsed = control.Control{
	ID: "user-namespace-not-used", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Run pods in a user namespace (hostUsers: false)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: hostUsers: false where no host namespaces/volumes conflict
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubesec: []string{"HostUsers"},
	},
	Why: ``,
}
