package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionProviderWeak: what is written is encrypted, by a provider that holds.
var EncryptionProviderWeak = control.Control{
	ID: "encryption-provider-weak", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:   "Encrypt Secrets with kms, secretbox or aescbc, never with identity",
	Scope:   control.Objects,
	Kinds:   encryptionKinds,
	Require: &control.Func{Check: checkProviders, Text: "the first provider for the resources of the settings must be one of the settings"},
	Params: []control.Param{encrypted, {
		Name: "providers", Doc: "providers that may encrypt: kms, secretbox, aescbc, aesgcm",
		Default: []string{"kms", "secretbox", "aescbc"}, Example: []string{"kms", "secretbox", "aescbc"},
		Valid: func(v string) bool { return slices.Contains([]string{"kms", "secretbox", "aescbc", "aesgcm"}, v) },
	}},
	Risk:     "Without the key, or its plugin, the API server can no longer read what is stored.",
	Fix:      control.Generate,
	NoFix:    "A key has to come from a random source, or a plugin has to run; 'kubeharden generate encryption-config' writes the file.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Put kms with apiVersion v2, or else secretbox with a random key, in front; leave the old provider behind it until everything has been written again.",
	Refs: control.Refs{
		CIS:    []string{"1.2.28"},
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#providers"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0142"}, KubeBench: []string{"1.2.28"}, Other: []string{"kics:encryption_provider_not_properly_configured"},
	},
	Why: `Only the first provider writes. With identity Secrets lie in etcd, on its disks and in its backups as they are. aesgcm must get a new key every
200,000 writes, or the encryption can be undone; allow it in the settings where something rotates it.`,
	Bad: []control.Change{
		{Path: "resources", Name: "identity alone", Value: provided(identity())},
		{Path: "resources", Name: "identity first", Value: provided(identity(), plugin("v2"))},
		{Path: "resources", Name: "aesgcm", Value: provided(local("aesgcm", strongKey), identity())},
		{Path: "resources", Name: "for all", Value: []any{mapping{"resources": []any{"*.*"}, "providers": []any{identity()}}}},
	},
	Good: []control.Change{
		{Path: "resources", Name: "aescbc", Value: provided(local("aescbc", strongKey), identity())},
		{Path: "resources", Name: "secretbox", Value: provided(local("secretbox", strongKey))},
		{Path: "resources", Name: "events as they are", Value: []any{
			mapping{"resources": []any{"events"}, "providers": []any{identity()}}, mapping{"resources": []any{"*.*"}, "providers": []any{plugin("v2")}},
		}},
	},
}

func checkProviders(s *control.Subject, at tree.Node, fail control.FailFunc) {
	config, _ := encryption.Read(at)
	decisive(s, config, func(resource string, d encryption.Decision) bool {
		w := d.Writer()
		switch {
		case w == nil:
			return true // encryption-resources-incomplete, or encryption-config-invalid if there is no provider
		case w.Sort == encryption.Unknown:
			return true // encryption-config-invalid
		case w.Sort == encryption.Identity:
			return fail(control.Violation{At: w.At, Problem: "is identity and comes first, so " + resource + " are stored as they are"})
		case slices.Contains(s.Params["providers"], w.Field):
			return true
		case w.Sort == encryption.AESGCM:
			return fail(control.Violation{At: w.At, Problem: "is aesgcm, which is safe only with a new key every 200,000 writes"})
		}
		return fail(control.Violation{At: w.At, Problem: fmt.Sprintf("is %s and none of %s", w.Field, strings.Join(s.Params["providers"], ", "))})
	})
}
