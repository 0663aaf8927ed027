package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverKubeletHttpsDisabled: the connection to kubelets carries shells and logs.
var ApiserverKubeletHttpsDisabled = control.Control{
	ID: "apiserver-kubelet-https-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Use HTTPS towards kubelets",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(kubeletHTTPS()),
	Risk:     "Kubelets that serve plain HTTP cannot be reached any more.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --kubelet-https.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1557", "T1040"},
		Source: []string{"https://github.com/kubernetes/kubernetes/pull/91630"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KCV-0004"},
		Checkov: []string{"CKV_K8S_71"},
	},
	Why: `Logs, the input and output of exec and the credentials of the API server go to the kubelet in plain text. Kubernetes 1.22 was the
last release with the flag; a newer API server that is given it does not start.`,
}

// kubeletHTTPS requires --kubelet-https not to be false. What releases have it does not matter: those without it do not start with it.
func kubeletHTTPS() control.Setting {
	s := control.FlagIs("kubelet-https", true)
	s.Value = func(i *component.Instance) component.Value { return orElse(i.Flag("kubelet-https"), "true") }
	s.Edits = func(i *component.Instance) []component.Edit { return dropped(i, "kubelet-https") }
	return alsoGood(s, []string{})
}
