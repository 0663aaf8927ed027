package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionNodeRestrictionMissing: a kubelet changes itself and its pods only.
var ApiserverAdmissionNodeRestrictionMissing = control.Control{
	ID: "apiserver-admission-node-restriction-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Enable the admission plugin NodeRestriction",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(addedPlugin("NodeRestriction")),
	Risk:     "Kubelets cannot set labels below node-restriction.kubernetes.io/ nor change what is not theirs.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Add NodeRestriction to --enable-admission-plugins.",
	Refs: control.Refs{
		CIS:    []string{"1.2.14"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1078", "T1611"},
		Source: []string{admissionDocs + "#noderestriction", "https://kubernetes.io/docs/reference/access-authn-authz/node/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0127"},
		Trivy:     []string{"KCV-0016"},
		Checkov:   []string{"CKV_K8S_85"},
		KubeBench: []string{"1.2.14"},
	},
	Why: `Without it a kubelet may change every Node and every pod. Whoever takes one node over gives his own node the labels that sensitive
pods are placed by, or takes the taints from others, and the pods come to him.`,
}
