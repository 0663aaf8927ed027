package monitoring

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// AuditLogFilePermissions: the log that shows an attack cannot be changed by who attacks.
var AuditLogFilePermissions = control.Control{
	ID: "audit-log-file-permissions", Section: "audit-policy", Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title:    "Restrict audit log files and policy to root 600",
	Scope:    control.Objects,
	Kinds:    []control.Kind{{Group: node.Group, Kind: node.Kind}},
	Unless:   control.NodeLacks("", node.RoleAuditLog, node.RoleAuditPolicy),
	Require:  &control.NodeFiles{Roles: []string{node.RoleAuditLog, node.RoleAuditPolicy}, Types: []string{"file"}, Mode: 0o600, Root: true},
	Risk:     "Shippers of logs that run as another user than root no longer read the file; let them run with the group of the log.",
	Fix:      control.Advice,
	NoFix:    "The finding is about a node, and a scan changes none; the message has the command.",
	NoPolicy: "What is on the disk of a node never passes admission.",
	Remedy:   "Run chmod 600 and chown root:root on log and policy. The API server creates new log files with 0600.",
	Refs: control.Refs{
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"},
	},
	Why: `The log says who did what, and may hold the bodies of requests. Who can write it removes his traces, and who can write the policy switches the log off
with the next start; who can read them knows what is not watched.`,
}
