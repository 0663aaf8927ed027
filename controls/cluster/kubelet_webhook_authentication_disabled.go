package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletWebhookAuthenticationDisabled: the kubelet takes tokens of service accounts.
var KubeletWebhookAuthenticationDisabled = control.Control{
	ID: "kubelet-webhook-authentication-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep token webhook authentication on",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("authentication-token-webhook", true)}},
	Risk:     "None: requests with tokens are accepted that were refused before, as far as RBAC allows.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set authentication.webhook.enabled: true in the kubelet's configuration file.",
	Refs: control.Refs{
		NSA:    []string{"Authentication", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAuthDocs, kubeletAPI},
	},
	Why: `Without it the kubelet knows certificates only. Monitoring that has a token cannot log in, which is why people then open the read-only port or
anonymous access.`,
	Examples: []control.Example{
		fails("off", kubeletFile("authentication: {webhook: {enabled: false}}"), "authentication.webhook.enabled"),
		passes("the default of a file", kubeletFile("authentication: {webhook: {cacheTTL: 0s}}")),
	},
}
