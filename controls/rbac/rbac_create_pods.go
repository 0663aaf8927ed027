package rbac

import "github.com/kubeharden/kubeharden/control"

// CreatePods: nobody starts pods at will.
var CreatePods = control.Control{
	ID: "rbac-create-pods", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict creation of pods and workload controllers",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: byHand(forbid(workloads("create")...)),
	Risk:    "Operators and pipelines that start the workloads of others lose what they are for.",
	Fix:     control.Advice,
	NoFix:   "Whether it is an operator that exists to create workloads, only a person can say.",
	Remedy:  "Let a pipeline or a GitOps controller create workloads; where somebody has to, enforce the Pod Security Standard restricted and keep privileged service accounts out of that namespace.",
	Refs: control.Refs{
		CIS:    []string{"5.1.4"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1610"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"access-to-create-pods"},
		Kubescape:  []string{"C-0188"},
		Trivy:      []string{"KSV-0048"},
		Kyverno:    []string{"other/check-sa"},
		KubeBench:  []string{"5.1.4"},
		Other:      []string{"rbac-police:assign_sa", "kubehound:POD_CREATE", "kubiscan:risky-create-deployments"},
	},
	Why: `A pod can run as any service account of its namespace and mount every Secret and volume claim there, so the right to create one is the right
to all of those. Without Pod Security it is the node as well, by a privileged container. A Deployment, a Job or any other controller makes
the pod just the same.`,
}
