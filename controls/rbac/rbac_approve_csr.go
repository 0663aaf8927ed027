package rbac

import "github.com/kubeharden/kubeharden/control"

// ApproveCSR: nobody signs certificates.
var ApproveCSR = control.Control{
	ID: "rbac-approve-csr", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Restrict approval and signing of certificates (approve and sign on signers)",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: forbid(
		right{group: certificates, resources: []string{"signers"}, verbs: []string{"approve", "sign"}, cluster: true, names: clientSigners},
		right{group: certificates, resources: []string{"certificatesigningrequests/approval"}, verbs: edit, cluster: true, anyName: true},
	),
	Risk:    "Controllers that approve or sign certificates, such as those for the serving certificates of kubelets, stop.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the rules on signers and certificatesigningrequests/approval; an approver of its own signer names that one in resourceNames.",
	Refs: control.Refs{
		CIS:    []string{"5.1.11"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1078"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0280"},
		Checkov:   []string{"CKV_K8S_156"},
		Kyverno:   []string{"other/restrict-clusterrole-csr", "other/inspect-csr"},
		KubeBench: []string{"5.1.11"},
		Other:     []string{"rbac-police:approve_csrs"},
	},
	Why: `A client certificate of the signer kubernetes.io/kube-apiserver-client is a login for whatever user it says, node and administrator
included, for which there is no revocation. Approving takes the subresource approval and the verb approve on the signer, which two rules may
grant.`,
}

const certificates = "certificates.k8s.io"

// clientSigners are the signers whose certificates the API server takes for a login.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
var clientSigners = []string{
	"kubernetes.io/*", "kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/legacy-unknown",
}
