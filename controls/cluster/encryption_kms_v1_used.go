package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionKMSV1Used: the plugin speaks the protocol that is kept up.
var EncryptionKMSV1Used = control.Control{
	ID: "encryption-kms-v1-used", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title: "Move from KMS v1 to KMS v2",
	Scope: control.Objects,
	Kinds: encryptionKinds,
	// KMS v2 is stable since 1.29 and on by default since 1.27.
	From:     27,
	Require:  &control.Func{Check: checkKMSVersion, Text: "kms must have apiVersion v2"},
	Risk:     "What was written with KMS v1 can only be read as long as its provider stays in the list.",
	Fix:      control.Advice,
	NoFix:    "KMS v2 needs a plugin that speaks it, and KMS v1 has to stay behind it until everything has been written again.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Install a plugin for KMS v2, put it in front with apiVersion: v2, restart every API server, write all Secrets again, then remove KMS v1.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{kmsDocs + "#kms-v1", kmsDocs + "#kms-v2"},
	},
	Why: `KMS v1 asks the plugin for every object, so it is slow, cannot tell whether the key behind it was rotated, and does not check its plugin's health
well. It is deprecated since Kubernetes 1.28 and off since 1.29: an API server that is upgraded does not start without the feature gate KMSv1, and cannot
read its Secrets.`,
	Bad: []control.Change{
		{Path: "resources", Name: "v1", Value: provided(plugin("v1"))},
		{Path: "resources", Name: "the default", Value: provided(mapping{"kms": mapping{"name": "vault", "endpoint": "unix:///run/kms/vault.sock"}})},
		{Path: "resources", Name: "still to read", Value: provided(local("secretbox", strongKey), plugin("v1"))},
	},
	Good: []control.Change{{Path: "resources", Name: "no plugin", Value: provided(local("secretbox", strongKey))}},
}

func checkKMSVersion(s *control.Subject, at tree.Node, fail control.FailFunc) {
	config, _ := encryption.Read(at)
	for i := range config.Entries {
		for j := range config.Entries[i].Providers {
			p := &config.Entries[i].Providers[j]
			if p.Sort != encryption.KMSv1 || p.KMS == nil || p.KMS.Version != "v1" {
				continue
			}
			problem := "is deprecated since Kubernetes 1.28"
			if s.Version >= 29 {
				problem = "needs the feature gate KMSv1, or the API server does not start"
			}
			v := control.Violation{At: p.Body, Missing: []string{"apiVersion"}, Problem: "is missing, which means v1: that " + problem}
			if n := p.Body.Get("apiVersion"); n.StrIs("v1") {
				v = control.Violation{At: n, Problem: "is v1, which " + problem}
			}
			if !fail(v) {
				return
			}
		}
	}
}
