package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletAuthorizationAlwaysAllow: the kubelet asks the API server who may.
var KubeletAuthorizationAlwaysAllow = control.Control{
	ID: "kubelet-authorization-always-allow", Section: "kubelet", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Use Webhook authorization on the kubelet",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagOneOf("authorization-mode", "AlwaysAllow", "Webhook")}},
	Risk:     "Users and programs without rights on nodes/proxy, nodes/metrics and so on get 403.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set authorization.mode: Webhook in the kubelet's configuration file.",
	Refs: control.Refs{
		CIS:    []string{"4.2.2"},
		NSA:    []string{"Authorization: RBAC", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAuthDocs, kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0173"},
		Trivy:     []string{"KCV-0080"},
		Checkov:   []string{"CKV_K8S_139"},
		KubeBench: []string{"4.2.2"},
	},
	Why: `With AlwaysAllow every request that is authenticated may do everything, run commands in all pods of the node too; RBAC is not asked.`,
	Examples: []control.Example{
		fails("AlwaysAllow", kubeletFile("authorization: {mode: AlwaysAllow}"), "authorization.mode"),
		passes("Webhook", kubeletFile("authorization: {mode: Webhook}")),
		passes("the default of a file", kubeletFile("authorization: {webhook: {cacheAuthorizedTTL: 0s}}")),
	},
}
