package cluster

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionConfigInvalid: the API server starts with it, and its keys are keys.
var EncryptionConfigInvalid = control.Control{
	ID: "encryption-config-invalid", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Write an EncryptionConfiguration that the API server accepts, with random keys",
	Scope: control.Objects,
	Kinds: encryptionKinds,
	Require: &control.Func{
		Check: checkEncryptionConfig, Text: "the API server must accept the file, and every key must be random bytes",
	},
	Risk:     "With another key what was written under the old one cannot be read, unless the old key stays in the list behind it.",
	Fix:      control.Generate,
	NoFix:    "A key has to come from a random source; 'kubeharden generate encryption-config' writes a file with one.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Correct the field that the finding names. Make a key with 'kubeharden generate encryption-config', or with 'head -c 32 /dev/urandom | base64'.",
	Refs: control.Refs{
		CIS:    []string{"1.2.28"},
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs, encryptionAPI, "https://github.com/kubernetes/apiserver/blob/master/pkg/apis/apiserver/validation/validation_encryption.go"},
	},
	Why: `The API server does not start with a file that it refuses, and where it reloads a changed one it goes on with the old keys. A key that was copied
from a page of documentation, or typed, is known or guessed: everything is encrypted and everybody can read it.`,
	Bad: []control.Change{
		{Path: "resources", Name: "placeholder", Value: provided(local("aescbc", "<base64-encoded-key>"))},
		{Path: "resources", Name: "of the documentation", Value: provided(local("aesgcm", "c2VjcmV0IGlzIHNlY3VyZQ=="))},
		{Path: "resources", Name: "zeros", Value: provided(local("secretbox", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))},
		{Path: "resources", Name: "short", Value: provided(local("secretbox", "A/j5CnrWGB83ylcPkuUhmw=="))},
		{Path: "resources", Name: "two providers", Value: provided(mapping{"identity": mapping{}, "kms": plugin("v2")["kms"]})},
		{Path: "resources", Name: "masked", Value: []any{
			mapping{"resources": []any{"*."}, "providers": []any{plugin("v2")}}, mapping{"resources": []any{"secrets"}, "providers": []any{local("secretbox", strongKey)}},
		}},
		{Path: "resources", Name: "null", Value: provided(mapping{"identity": nil})},
		{Path: "metadata", Value: mapping{"name": "x"}},
	},
	Good: []control.Change{
		{Path: "resources", Name: "aescbc", Value: provided(local("aescbc", strongKey), identity())},
	},
}

func checkEncryptionConfig(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	config, flaws := encryption.Read(at)
	if sops := at.Get("sops"); sops.Kind() == tree.Mapping {
		fail(control.Violation{At: sops, Problem: "says that SOPS has encrypted the file, so it cannot be judged", Unknown: true})
		return
	}
	elsewhere := map[string]bool{}
	for k := range keysOf(config) {
		elsewhere[k.Path+".secret"] = k.Elsewhere
		if k.Weak != "" && !fail(control.Violation{At: k.At.Get("secret"), Problem: k.Weak, Secret: true}) {
			return
		}
	}
	for _, f := range flaws {
		v := violation(f)
		switch {
		case elsewhere[f.Path]:
			v.Unknown, v.Problem = true, "is put in by another tool, so the key cannot be judged"
		case f.ReloadOnly:
			v.Unknown = true
			v.Problem += ", which is refused with --encryption-provider-config-automatic-reload"
		}
		if !fail(v) {
			return
		}
	}
}

// keysOf yields the keys of a file.
func keysOf(config *encryption.Config) iter.Seq[encryption.Key] {
	return func(yield func(encryption.Key) bool) {
		for i := range config.Entries {
			for j := range config.Entries[i].Providers {
				for _, k := range config.Entries[i].Providers[j].Keys {
					if !yield(k) {
						return
					}
				}
			}
		}
	}
}
