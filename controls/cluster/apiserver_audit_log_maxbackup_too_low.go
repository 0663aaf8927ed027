package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuditLogMaxbackupTooLow: the number of files bounds the log too.
var ApiserverAuditLogMaxbackupTooLow = control.Control{
	ID: "apiserver-audit-log-maxbackup-too-low", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title: "Keep at least 10 rotated files of the audit log",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   logsToNoFile,
		Given:    []string{"--audit-log-path=/var/log/kubernetes/audit/audit.log"},
		Settings: []control.Setting{rotation("audit-log-maxbackup", 10, "which keeps every file until the disk is full")},
	},
	Risk:     "The log takes more space on the node.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --audit-log-maxbackup=10 or more.",
	Refs: control.Refs{
		CIS:    []string{"1.2.18"},
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1070"},
		Source: []string{auditDocs, apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0132"},
		Trivy:     []string{"KCV-0021"},
		Checkov:   []string{"CKV_K8S_93"},
		KubeBench: []string{"1.2.18"},
	},
	Why: `Whoever wants to hide what he did makes so many requests that the file with it is rotated away. The more files are kept, the longer
that takes.`,
}
