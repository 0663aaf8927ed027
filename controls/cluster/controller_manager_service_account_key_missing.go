package cluster

import (
	"slices"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerServiceAccountKeyMissing: tokens are signed with a key that you know.
var ControllerManagerServiceAccountKeyMissing = control.Control{
	ID: "controller-manager-service-account-key-missing", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Sign service-account tokens with a private key file",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Given: kubeadmManager, Settings: []control.Setting{kubeadmFile("service-account-private-key-file", "sa.key")}, Covered: externalSigner},
	Risk:     "None, if it is the key that the API server verifies with.",
	Fix:      control.Auto,
	FixRisk:  control.Review,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the controller manager with --service-account-private-key-file, on kubeadm /etc/kubernetes/pki/sa.key, and the API server with the public key in --service-account-key-file.",
	Refs: control.Refs{
		CIS:    []string{"1.3.4"},
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller", managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0147"},
		Trivy:     []string{"KCV-0036"},
		Checkov:   []string{"CKV_K8S_110"},
		KubeBench: []string{"1.3.4"},
	},
	Why: `Without its own key file the controller manager signs no tokens for Secrets of service accounts. Where the API server has the tokens signed by another
program (--service-account-signing-endpoint) there is no such key.`,
	Examples: []control.Example{
		{Name: "good: signed elsewhere", Manifests: staticPod("kube-controller-manager", "--profiling=false") + "---\n" + staticPod("kube-apiserver", "--service-account-signing-endpoint=/run/signer.sock")},
	},
}

// externalSigner exempts where an API server beside it has its tokens signed elsewhere; then there is no key.
func externalSigner(i *component.Instance, all []*component.Instance) bool {
	return slices.ContainsFunc(all, func(other *component.Instance) bool {
		return other.Kind == component.APIServer && other.Node == i.Node && other.Flag("service-account-signing-endpoint").Set
	})
}
