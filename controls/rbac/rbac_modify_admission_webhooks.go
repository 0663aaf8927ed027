package rbac

import "github.com/kubeharden/kubeharden/control"

// ModifyAdmissionWebhooks: nobody changes admission control.
var ModifyAdmissionWebhooks = control.Control{
	ID: "rbac-modify-admission-webhooks", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Restrict write access to admission webhook configurations",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{group: admissionGroup, resources: []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}, verbs: write, cluster: true},
		right{group: admissionGroup, resources: []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}, verbs: edit, cluster: true, anyName: true},
	),
	Risk:    "Operators that register their own webhooks or write their CA into them cannot; their manifests have to bring both.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop all writing verbs; deploy webhook configurations with the manifests, and let cert-manager inject the CA.",
	Refs: control.Refs{
		CIS:    []string{"5.1.12"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1562.001", "T1556"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0281"},
		Trivy:     []string{"KSV-0114"},
		Checkov:   []string{"CKV_K8S_155"},
		Kyverno:   []string{"other/restrict-clusterrole-mutating-validating-admission-webhooks"},
		KubeBench: []string{"5.1.12"},
		Other:     []string{"rbac-police:control_webhooks"},
	},
	Why: `A mutating webhook sees every object that anybody writes, Secrets included, and can change it: whoever configures one owns the cluster. A
validating one that is deleted or narrowed takes the guard with it. resourceNames do not help against update and patch, since the named
configuration can be pointed at everything.`,
}

const admissionGroup = "admissionregistration.k8s.io"
