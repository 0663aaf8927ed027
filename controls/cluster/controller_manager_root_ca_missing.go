package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerRootCAMissing: pods can verify the API server.
var ControllerManagerRootCAMissing = control.Control{
	ID: "controller-manager-root-ca-missing", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Publish the root CA to pods",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Given: kubeadmManager, Settings: []control.Setting{kubeadmFile("root-ca-file", "ca.crt")}},
	Risk:     "None, if it is the authority of the API server's certificate.",
	Fix:      control.Auto,
	FixRisk:  control.Review,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the controller manager with --root-ca-file, on kubeadm /etc/kubernetes/pki/ca.crt.",
	Refs: control.Refs{
		CIS:    []string{"1.3.5"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0148"},
		Trivy:     []string{"KCV-0037"},
		Checkov:   []string{"CKV_K8S_111"},
		KubeBench: []string{"1.3.5"},
	},
	Why: `The file goes into every namespace as kube-root-ca.crt and into the tokens' Secrets. Without it pods get what the controller manager's own kubeconfig
trusts, or nothing, and programs that cannot verify the API server skip verification.`,
}
