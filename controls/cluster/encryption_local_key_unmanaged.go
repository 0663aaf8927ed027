package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionLocalKeyUnmanaged: the key is not where the lock is.
var EncryptionLocalKeyUnmanaged = control.Control{
	ID: "encryption-local-key-unmanaged", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep the key in a KMS and not in a file of the control plane",
	Scope:    control.Objects,
	Kinds:    encryptionKinds,
	Require:  &control.Func{Check: checkLocalKeys, Text: "the first provider for the resources of the settings must not be one with keys in the file"},
	Params:   []control.Param{encrypted},
	Risk:     "The API server can no longer read Secrets while the plugin or the KMS behind it does not answer.",
	Fix:      control.Advice,
	NoFix:    "A KMS and its plugin have to be there first.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Run a KMS v2 plugin and put kms with apiVersion v2 in front. As long as the key is in the file: mode 0600, owner root, a new key from time to time.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#providers", kmsDocs},
	},
	Why: `Whoever copies the disk or the backup of a control plane node has etcd and the key to it. Nobody notices when the key is used, and it is replaced by
hand or never. With KMS v2 the key stays in a service that checks, logs and rotates.`,
	Bad: []control.Change{
		{Path: "resources", Name: "aescbc", Value: provided(local("aescbc", strongKey), identity())},
		{Path: "resources", Name: "secretbox", Value: provided(local("secretbox", strongKey))},
		{Path: "resources", Name: "aesgcm", Value: provided(local("aesgcm", strongKey))},
	},
	Good: []control.Change{
		{Path: "resources", Name: "only to read", Value: provided(plugin("v2"), local("secretbox", strongKey), identity())},
		{Path: "resources", Name: "other resources", Value: []any{
			mapping{"resources": []any{"configmaps"}, "providers": []any{local("secretbox", strongKey)}}, mapping{"resources": []any{"secrets"}, "providers": []any{plugin("v2")}},
		}},
	},
}

func checkLocalKeys(s *control.Subject, at tree.Node, fail control.FailFunc) {
	config, _ := encryption.Read(at)
	decisive(s, config, func(_ string, d encryption.Decision) bool {
		w := d.Writer()
		if w == nil || !w.Sort.Local() {
			return true
		}
		problem := "is " + w.Field + " with its key in the file"
		switch w.Sort {
		case encryption.AESCBC:
			problem += "; secretbox would resist padding oracles too"
		case encryption.AESGCM:
			problem += ", which has to be replaced every 200,000 writes"
		case encryption.Unknown, encryption.Identity, encryption.KMSv1, encryption.Secretbox, encryption.KMSv2:
		}
		return fail(control.Violation{At: w.At, Problem: problem})
	})
}
