package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuditLogMaxageTooLow: an intrusion is found after weeks.
var ApiserverAuditLogMaxageTooLow = control.Control{
	ID: "apiserver-audit-log-maxage-too-low", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title: "Keep the files of the audit log for at least 30 days",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   logsToNoFile,
		Given:    []string{"--audit-log-path=/var/log/kubernetes/audit/audit.log"},
		Settings: []control.Setting{rotation("audit-log-maxage", 30, "which keeps them until the disk is full unless another bound takes them away")},
	},
	Risk:     "The log takes more space on the node.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --audit-log-maxage=30 or more.",
	Refs: control.Refs{
		CIS:    []string{"1.2.17"},
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1070"},
		Source: []string{auditDocs, apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0131"},
		Trivy:     []string{"KCV-0020"},
		Checkov:   []string{"CKV_K8S_92"},
		KubeBench: []string{"1.2.17"},
	},
	Why: "An intrusion is often found weeks later. What the API server has deleted by then cannot tell how it began.",
}
