package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionResourcesIncomplete: the file speaks of what is secret.
var EncryptionResourcesIncomplete = control.Control{
	ID: "encryption-resources-incomplete", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Name Secrets, and what else is secret, in the EncryptionConfiguration",
	Scope:    control.Objects,
	Kinds:    encryptionKinds,
	Require:  &control.Func{Check: checkResources, Text: "an entry must be for each of the resources of the settings", Fix: addResources},
	Params:   []control.Param{encrypted},
	Risk:     "Without the key, or its plugin, the API server can no longer read the resource.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForFiles,
	Remedy:   "Add the resource to an entry whose first provider encrypts, restart every API server, then write the objects again.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#understanding-the-encryption-at-rest-configuration"},
	},
	Why: `What no entry names is stored as it is, without a word. A misspelled resource (secret instead of secrets) is accepted and has no effect. ConfigMaps and
custom resources often hold credentials too: name them in the settings where they do.`,
	Bad: []control.Change{
		{Path: "resources", Name: "misspelled", Value: []any{mapping{"resources": []any{"secret"}, "providers": []any{plugin("v2")}}}},
		{Path: "resources", Name: "other group", Value: []any{mapping{"resources": []any{"*.apps", "secrets.apps"}, "providers": []any{plugin("v2")}}}},
	},
	Good: []control.Change{
		{Path: "resources", Name: "core group", Value: []any{mapping{"resources": []any{"*."}, "providers": []any{plugin("v2")}}}},
		{Path: "resources", Name: "all", Value: []any{mapping{"resources": []any{"*.*"}, "providers": []any{plugin("v2")}}}},
		{Path: "resources", Name: "with a dot", Value: []any{mapping{"resources": []any{"secrets."}, "providers": []any{plugin("v2")}}}},
	},
}

func checkResources(s *control.Subject, at tree.Node, fail control.FailFunc) {
	config, _ := encryption.Read(at)
	if len(config.Entries) == 0 {
		return // encryption-config-invalid
	}
	decisive(s, config, func(resource string, d encryption.Decision) bool {
		if d.Entry != nil {
			return true
		}
		v := control.Violation{At: at.Get("resources"), Problem: "has no entry for " + resource + ", which are stored as they are"}
		for i := range config.Entries {
			for _, r := range config.Entries[i].Resources {
				if strings.HasPrefix(r.At.Text(), "ENC[") {
					return fail(control.Violation{At: r.At, Problem: "is encrypted by SOPS, so it cannot be judged", Unknown: true})
				}
				if r.Name != "" && strings.TrimSuffix(resource, "s") == r.String() {
					v = control.Violation{At: r.At, Problem: "is no resource, so " + resource + " are stored as they are"}
				}
			}
		}
		return fail(v)
	})
}

// addResources adds what is missing to the first entry that encrypts; there is nothing that such an entry could be masked by.
func addResources(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	config, _ := encryption.Read(at)
	var to *encryption.Entry
	for i := range config.Entries {
		if e := &config.Entries[i]; len(e.Providers) > 0 && e.Providers[0].Sort.Encrypts() {
			to = e
			break
		}
	}
	if to == nil {
		return out
	}
	decisive(s, config, func(resource string, d encryption.Decision) bool {
		if d.Entry == nil {
			out = append(out, control.Edit{Op: control.Append, At: to.At, Path: []string{"resources"}, Value: resource})
		}
		return true
	})
	return out
}
