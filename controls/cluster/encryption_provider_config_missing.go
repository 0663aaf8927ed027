package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// EncryptionProviderConfigMissing: Secrets lie in etcd as they are.
var EncryptionProviderConfigMissing = control.Control{
	ID: "encryption-provider-config-missing", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Encrypt Secrets at rest with an EncryptionConfiguration",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(control.FlagGiven("encryption-provider-config", "/etc/kubernetes/enc/enc.yaml")),
	Risk:     "If one API server has not the key it cannot read what the others write; if the key is lost the Secrets are lost.",
	Fix:      control.Generate,
	NoFix:    "The key has to be made and to be on every API server before the first one is started with it.",
	NoPolicy: noPolicyForComponents,
	Remedy:   "Write a configuration with `kubeharden generate encryption-config`, mount it into every API server, start them with --encryption-provider-config, then write all Secrets again.",
	Refs: control.Refs{
		CIS:    []string{"1.2.27"},
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0066", "C-0141", "C-0244"},
		Trivy:     []string{"KCV-0030"},
		Checkov:   []string{"CKV_K8S_104"},
		Kyverno:   []string{"openshift/enforce-etcd-encryption"},
		KubeBench: []string{"1.2.27"},
		Other:     []string{"kics:encryption_provider_config_is_not_defined"},
	},
	Why: `Without the file every Secret lies in etcd in plain text, on the disk of each member and in every backup. Whoever gets one of them
has all passwords and tokens of the cluster.`,
}
