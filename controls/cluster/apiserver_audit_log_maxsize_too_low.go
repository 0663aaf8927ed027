package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuditLogMaxsizeTooLow: small files are soon rotated away.
var ApiserverAuditLogMaxsizeTooLow = control.Control{
	ID: "apiserver-audit-log-maxsize-too-low", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title: "Rotate the audit log at 100 megabytes or more",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   logsToNoFile,
		Given:    []string{"--audit-log-path=/var/log/kubernetes/audit/audit.log"},
		Settings: []control.Setting{maxSize()},
	},
	Risk:     "The log takes more space on the node.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --audit-log-maxsize=100 or more.",
	Refs: control.Refs{
		CIS:    []string{"1.2.19"},
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1070"},
		Source: []string{auditDocs, apiServerDocs, "https://github.com/natefinch/lumberjack/blob/v2.2.1/lumberjack.go"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0133"},
		Trivy:     []string{"KCV-0022"},
		Checkov:   []string{"CKV_K8S_94"},
		KubeBench: []string{"1.2.19"},
	},
	Why: "The number of files that are kept is bounded. If they are small they hold a short time, and many requests push what matters out.",
}

// maxSize takes 0 as what it is: the library that rotates the files reads it as its own default, 100 megabytes.
func maxSize() control.Setting {
	s := rotation("audit-log-maxsize", 100, "")
	problem := s.Problem
	s.Problem = func(v *component.Value, i *component.Instance) string {
		if n, ok := v.Int(); ok && n == 0 {
			return ""
		}
		return problem(v, i)
	}
	return alsoGood(s, []string{}, []string{"--audit-log-maxsize=0"})
}
