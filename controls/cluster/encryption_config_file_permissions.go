package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// EncryptionConfigFilePermissions: the key that Secrets are encrypted with is as secret as they are.
var EncryptionConfigFilePermissions = control.Control{
	ID: "encryption-config-file-permissions", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Restrict the encryption config and key file to 600 root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleEncryptionConfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleEncryptionConfig}, Types: []string{"file"}, Mode: 0o600, Root: true},
	Risk:     "An API server that does not run as root needs to own the file.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 and chown root:root on the file; then rotate the keys, since others may have read them.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs},
	},
	Why: `The file holds the keys that every Secret in etcd is encrypted with, or leads to the service that has them. With the file and a backup of etcd all of
them are plain text, without asking the API server.`,
}
