package rbac

import "github.com/kubeharden/kubeharden/control"

// PodsExecAttach: nobody runs commands in the pods of others.
var PodsExecAttach = control.Control{
	ID: "rbac-pods-exec-attach", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict pods/exec and pods/attach (create and get)",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"pods/exec", "pods/attach"}, verbs: []string{"create", "get"}}),
	Risk:    "kubectl exec, kubectl attach and tools that copy files into pods (kubectl cp) are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop pods/exec and pods/attach; give them for the moment of an incident, in a Role of one namespace.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1609"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/reference/access-authn-authz/authorization/", goodPractices},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0002"},
		Trivy:     []string{"KSV-0053", "KSV-0054"},
		Checkov:   []string{"CKV2_K8S_2"},
		Polaris:   []string{"clusterrolePodExecAttach", "rolePodExecAttach", "clusterrolebindingPodExecAttach", "rolebindingClusterRolePodExecAttach", "rolebindingRolePodExecAttach"},
		Other:     []string{"rbac-police:pods_exec", "kubehound:POD_EXEC", "kubehound:POD_ATTACH"},
	},
	Why: `A shell in a running container has its service account, its Secrets and its network, and leaves no trace in any manifest. get counts as well
as create: before Kubernetes 1.35 an exec over WebSocket asked for no more.`,
}
