package cluster

import (
	"path"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAuditLogPathMissing: what nobody writes down did not happen.
var ApiserverAuditLogPathMissing = control.Control{
	ID: "apiserver-audit-log-path-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:      "Write an audit log of the API server, to a file or to a webhook",
	Scope:      control.Everything,
	Kinds:      componentKinds(),
	Require:    apiServer(auditBackend()),
	Suppresses: []string{"apiserver-audit-log-maxage-too-low", "apiserver-audit-log-maxbackup-too-low", "apiserver-audit-log-maxsize-too-low"},
	Risk:       "The log takes space on the node: up to --audit-log-maxsize times --audit-log-maxbackup megabytes.",
	Fix:        control.Auto,
	NoPolicy:   noPolicyForComponents,
	Remedy: `Start the API server with --audit-log-path=/var/log/kubernetes/audit/audit.log, with a volume of the host at that folder, and with
--audit-policy-file, without which nothing is logged.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.16"},
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1562.008"},
		Source: []string{auditDocs, apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0067", "C-0130"},
		Trivy:     []string{"KCV-0019"},
		Checkov:   []string{"CKV_K8S_91"},
		KubeBench: []string{"1.2.16"},
	},
	Why: `Without a log nobody can say afterwards who read which Secret, who opened a shell in which pod, and how somebody came to his rights.
A log of standard output (-) counts, as does a webhook: where it goes is a choice.`,
	Examples: auditLogExamples,
}

// The default folder of the log, as in the documentation.
const (
	auditFolder = "/var/log/kubernetes/audit"
	auditLog    = auditFolder + "/audit.log"
)

// auditBackend requires a place that events go to. A file in the file system of the container itself goes with it.
func auditBackend() control.Setting {
	const flag, webhook = "audit-log-path", "audit-webhook-config-file"
	s := control.Setting{Name: "--" + flag, Wanted: "or --" + webhook + " must be given, and the folder of the log must be a volume"}
	s.Value = func(i *component.Instance) component.Value {
		log, hook := i.Flag(flag), i.Flag(webhook)
		switch {
		case log.Known && log.Text != "":
			return log
		case hook.Known && hook.Text != "":
			return hook
		case !log.Known:
			return log
		case !hook.Known:
			return hook
		}
		return log
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		r, ok := i.Reference(flag)
		switch {
		case v.Empty():
			return "and --" + webhook + " are not given"
		case ok && r.Path != "-" && v.Text == r.Path && i.Contained() && i.Volumes() && !r.Covered:
			return "is " + r.Path + ", where no volume is: the log goes with the container"
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		at := i.Flag(flag).Text
		folder := path.Dir(at)
		if at == "" {
			at, folder = auditLog, auditFolder
		}
		if !path.IsAbs(folder) || folder == "/" {
			return nil
		}
		mounts, ok := i.Mount(component.Volume{Name: "audit-log", Path: folder, Type: "DirectoryOrCreate"})
		if !ok {
			return nil
		}
		if i.Flag(flag).Text != "" {
			return mounts
		}
		flags := set(i, flag, at)
		if flags == nil {
			return nil
		}
		return append(flags, mounts...)
	}
	s.Bad = [][]string{{}}
	s.Good = [][]string{{"--" + flag + "=" + auditLog}, {"--" + flag + "=-"}, {"--" + webhook + "=/etc/kubernetes/audit-webhook.yaml"}}
	return s
}
