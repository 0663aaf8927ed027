package rbac

import "github.com/kubeharden/kubeharden/control"

// SecretsRead: nobody reads all Secrets.
var SecretsRead = control.Control{
	ID: "rbac-secrets-read", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict get, list and watch of Secrets; list reads all values",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: byHand(forbid(right{resources: []string{"secrets"}, verbs: read})),
	Risk:    "Programs that look Secrets up by label or in any namespace find none; those that know the names go on.",
	Fix:     control.Advice,
	NoFix:   "Which Secrets the program needs, only its author can say.",
	Remedy:  "List the names in resourceNames with the verb get, in a Role of the one namespace, or mount the Secret; keep all other values in an external store.",
	Refs: control.Refs{
		CIS:    []string{"5.1.2"},
		NSA:    []string{"Authorization: RBAC", "Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"access-to-secrets"},
		Kubescape:  []string{"C-0015", "C-0186"},
		Trivy:      []string{"KSV-0041", "KSV-0113"},
		Checkov:    []string{"CKV2_K8S_5"},
		Kyverno:    []string{"other/restrict-secret-role-verbs"},
		KubeBench:  []string{"5.1.2"},
		Other:      []string{"rbac-police:list_secrets", "rbac-police:retrieve_token_secrets", "kubiscan:risky-list-secrets", "kubehound:TOKEN_LIST", "kubehound:TOKEN_BRUTEFORCE"},
	},
	Why: `Whoever may list or watch Secrets gets the values with the list: of a whole namespace, or by a ClusterRoleBinding of the whole cluster,
tokens of privileged service accounts included. One program with this right that is broken into gives away every password there is. A rule
that names its Secrets in resourceNames is not reported.`,
}
