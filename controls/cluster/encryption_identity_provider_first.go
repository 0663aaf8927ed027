package cluster

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionIdentityProviderFirst: the provider that encrypts is the one that writes.
var EncryptionIdentityProviderFirst = control.Control{
	ID: "encryption-identity-provider-first", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title: "Put identity behind the provider that encrypts",
	Scope: control.Objects,
	Kinds: encryptionKinds,
	Require: &control.Func{
		Check: checkIdentityFirst, Text: "in no entry of resources may identity come before a provider that encrypts", Fix: moveIdentity,
	},
	Suppresses: []string{"encryption-provider-weak"},
	Risk:       "If the API servers do not all have the key yet, those without it cannot read what the others write.",
	Fix:        control.Auto,
	NoPolicy:   noPolicyForFiles,
	Remedy:     "Move identity to the end of providers, restart every API server, then write all Secrets again.",
	Refs: control.Refs{
		CIS:    []string{"1.2.28"},
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#understanding-the-encryption-at-rest-configuration", encryptionDocs + "#decrypting-all-data"},
	},
	Peers: control.Peers{KubeBench: []string{"1.2.28"}},
	Why: `All providers are tried when something is read, but only the first one writes. The file has a key and looks like encryption, and every Secret is
stored as it is. The order is meant for the moment when encryption is taken away.`,
	Bad: []control.Change{
		{Path: "resources", Name: "first", Value: provided(identity(), plugin("v2"))},
		{Path: "resources", Name: "first and last", Value: provided(identity(), plugin("v2"), identity())},
		{Path: "resources", Name: "in the second entry", Value: []any{
			mapping{"resources": []any{"configmaps"}, "providers": []any{plugin("v2")}},
			mapping{"resources": []any{"secrets"}, "providers": []any{identity(), mapping{"kms": mapping{"apiVersion": "v2", "name": "other", "endpoint": "unix:///run/kms/other.sock"}}}},
		}},
	},
	Good: []control.Change{
		{Path: "resources", Name: "last", Value: provided(plugin("v2"), identity())},
		{Path: "resources", Name: "events as they are", Value: []any{
			mapping{"resources": []any{"events"}, "providers": []any{identity()}}, mapping{"resources": []any{"*.*"}, "providers": []any{plugin("v2")}},
		}},
	},
}

// identityFirst calls do for the entries in which identity writes though another provider could.
func identityFirst(at tree.Node, do func(e *encryption.Entry) bool) {
	config, _ := encryption.Read(at)
	for i := range config.Entries {
		e := &config.Entries[i]
		if len(e.Providers) == 0 || e.Providers[0].Sort != encryption.Identity {
			continue
		}
		if slices.ContainsFunc(e.Providers, func(p encryption.Provider) bool { return p.Sort.Encrypts() }) && !do(e) {
			return
		}
	}
}

func checkIdentityFirst(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	identityFirst(at, func(e *encryption.Entry) bool {
		return fail(control.Violation{At: e.Providers[0].At, Problem: "is identity and comes first, so nothing is encrypted"})
	})
}

// moveIdentity takes identity away where it is in front of a provider, and adds it at the end where it is not there yet.
func moveIdentity(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	identityFirst(at, func(e *encryption.Entry) bool {
		last := len(e.Providers) - 1
		for i := range e.Providers {
			if i < last && e.Providers[i].Sort == encryption.Identity {
				out = append(out, control.Edit{Op: control.Remove, At: e.Providers[i].At})
			}
		}
		if e.Providers[last].Sort != encryption.Identity {
			out = append(out, control.Edit{Op: control.Append, At: e.At, Path: []string{"providers"}, Value: identity()})
		}
		return true
	})
	return out
}
