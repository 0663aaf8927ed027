package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionDefaultPluginsDisabled: what is on by itself is needed.
var ApiserverAdmissionDefaultPluginsDisabled = control.Control{
	ID: "apiserver-admission-default-plugins-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Leave the admission plugins on that keep rights and policies",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(control.FlagLacks("disable-admission-plugins", "DefaultIngressClass", keptPlugins...)),
	Risk:     "Policies, quotas and limits that have had no effect have one from then on.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take them from --disable-admission-plugins.",
	Refs: control.Refs{
		NSA:    []string{nsaPods},
		MITRE:  []string{"T1562.001"},
		Source: []string{admissionDocs + "#which-plugins-are-enabled-by-default"},
	},
	Why: `Without the plugins of webhooks and of policies in CEL no admission policy has an effect, and nothing says so. Without ResourceQuota
and LimitRanger one namespace takes the whole cluster. The plugins of certificates keep those who may approve one signer from minting a
certificate of system:masters with another.`,
}

// keptPlugins are plugins that are on by themselves and without which a right, a quota or a policy is void. PodSecurity, ServiceAccount and
// NamespaceLifecycle have controls of their own.
var keptPlugins = []string{
	"MutatingAdmissionWebhook", "ValidatingAdmissionWebhook", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy", "ResourceQuota", "LimitRanger",
	"CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction", "ClusterTrustBundleAttest", "TaintNodesByCondition", "Priority",
	"RuntimeClass",
}
