package rbac

import "github.com/kubeharden/kubeharden/control"

// ServiceStatusWrite: nobody invents addresses of load balancers.
var ServiceStatusWrite = control.Control{
	ID: "rbac-service-status-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:   "Restrict services/status: it takes over addresses (CVE-2020-8554)",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbidVerbs(right{resources: []string{"services/status"}, verbs: edit}),
	Risk:    "Controllers of load balancers, such as MetalLB and those of the clouds, cannot report addresses.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop services/status unless the program is the load balancer controller.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://github.com/kubernetes/kubernetes/issues/97076", rbacDocs},
	},
	Peers: control.Peers{
		Checkov: []string{"CKV2_K8S_4"},
		Other:   []string{"rbac-police:modify_service_status_cve_2020_8554"},
	},
	Why: `The address that a Service has in its status is one that every node takes traffic for: whoever patches status.loadBalancer.ingress to the
address of another machine reads what the pods of the cluster send there (CVE-2020-8554). Admission rules on externalIPs do not see it.`,
}
