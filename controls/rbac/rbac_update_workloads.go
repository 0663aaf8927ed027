package rbac

import "github.com/kubeharden/kubeharden/control"

// UpdateWorkloads: nobody changes the pods of others.
var UpdateWorkloads = control.Control{
	ID: "rbac-update-workloads", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict update/patch of pods and workload controllers",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbidVerbs(workloads("update", "patch")...),
	Risk:    "Programs that change workloads, such as kubectl rollout restart, autoscalers and pipelines, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop update and patch on workloads, or limit the rule by resourceNames; grant the subresource scale where only replicas change.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1610"},
		Source: []string{goodPractices},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0048"},
		Other: []string{"rbac-police:modify_pods", "kubehound:POD_PATCH", "kubiscan:risky-update-deployments"},
	},
	Why: `Whoever may patch a Deployment can give it another image, command or service account and so runs code with the rights of that program and
its Secrets; on a bare pod the image can be changed. No new object appears that anybody would notice.`,
}
