package rbac

import "github.com/kubeharden/kubeharden/control"

// CloudAuthConfigMapWrite: nobody makes administrators of cloud identities.
var CloudAuthConfigMapWrite = control.Control{
	ID: "rbac-cloud-auth-configmap-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:   "Restrict writing the ConfigMap that maps cloud identities (aws-auth)",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"configmaps"}, verbs: write, names: []string{"aws-auth"}, namespace: "kube-system"}),
	Risk:    "Tools that add nodes or people to the cluster through aws-auth, such as eksctl with this role, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the rule; use access entries of EKS, which need no ConfigMap.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098", "T1078.004"},
		Source: []string{"https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html", rbacDocs},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0115"},
		Other: []string{"rbac-police:eks_modify_aws_auth"},
	},
	Why: `On EKS the ConfigMap aws-auth says which identity of AWS is which user and in which groups. Whoever writes it puts any role of AWS into
system:masters and is an administrator from outside of the cluster. A ClusterRole for all ConfigMaps is a finding of rbac-configmaps-write.`,
}
