package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionExistingSecretsNotRewritten: what was there before is as secret as what came after.
var EncryptionExistingSecretsNotRewritten = control.Control{
	ID: "encryption-existing-secrets-not-rewritten", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Re-write Secrets stored before encryption was turned on",
	Scope:    control.Objects,
	Kinds:    []control.Kind{factsKind},
	Unless:   &control.Func{Check: checkAnyEncrypted, Text: "spec.storedSecrets is not there, or says that no Secret is encrypted"},
	Require:  &control.Func{Check: checkRewritten, Text: "every stored Secret must be encrypted, with the key that writes now"},
	Risk:     "Every Secret is written once, which watchers of Secrets notice.",
	Fix:      control.Advice,
	NoFix:    "The Secrets have to be written again through the API server; no file says it.",
	NoPolicy: "What etcd has stored never passes admission.",
	Remedy: "Write every Secret again, unchanged: kubectl get secrets --all-namespaces -o json | kubectl replace -f -, or a StorageVersionMigration for secrets. Then take old keys and " +
		"identity out of the EncryptionConfiguration, and run 'kubeharden prove encryption-at-rest' again.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#ensure-all-secrets-are-encrypted", "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/"},
	},
	Why: `The API server encrypts what it writes, and leaves what it has written. Secrets from before lie in etcd and in its backups as they are, and those under an old key can be read
with that key, for as long as nobody writes them again.`,
	Bad: []control.Change{
		{Path: "spec.storedSecrets", Name: "older ones", Value: mapping{"total": 12, "plaintext": 1, "names": []any{"shop/db"}}},
		{Path: "spec.storedSecrets", Name: "another key", Value: mapping{"total": 12, "plaintext": 0, "otherKey": 3, "names": []any{"shop/db"}}},
	},
	Good: []control.Change{
		{Path: "spec.storedSecrets", Name: "nothing is encrypted", Value: mapping{"total": 12, "plaintext": 12}},
		{Path: "spec.storedSecrets", Name: "none at all", Value: mapping{"total": 0, "plaintext": 0}},
		{Path: "spec.storedSecrets"},
	},
}

// storedCount is a number of spec.storedSecrets.
func storedCount(at tree.Node, name string) (count int64, n tree.Node) {
	n = at.Get("spec").Get("storedSecrets").Get(name)
	count, _ = n.Int()
	return count, n
}

func checkAnyEncrypted(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	total, n := storedCount(at, "total")
	if plain, _ := storedCount(at, "plaintext"); n.Exists() && plain < total {
		fail(control.Violation{At: n, Problem: "is more than are stored in plain text"})
	}
}

func checkRewritten(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if plain, n := storedCount(at, "plaintext"); plain > 0 && !fail(control.Violation{At: n, Problem: "counts Secrets that were stored before encryption was turned on"}) {
		return
	}
	if other, n := storedCount(at, "otherKey"); other > 0 {
		fail(control.Violation{At: n, Problem: "counts Secrets that are encrypted with another key than the one that writes now"})
	}
}
