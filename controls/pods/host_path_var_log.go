package pods

import "github.com/kubeharden/kubeharden/control"

// HostPathVarLog: whoever can write to the logs of the node can read all of its files.
var HostPathVarLog = control.Control{
	ID: "host-path-var-log", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not mount /var/log of the host writable (symlinks read any file)",
	Scope:      control.Containers,
	Require:    readOnlyHostPath(varLog, "every mount of the host's /var/log must have readOnly: true"),
	Suppresses: []string{"host-path-writable"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "A log collector that keeps its position files in /var/log needs another place for them, such as an emptyDir.",
	Remedy:     "Set readOnly: true on the mount, and mount only the subfolder that is read.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{volumeDocs, "https://www.aquasec.com/blog/kubernetes-security-pod-escape-log-mounts/"},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV047", "kubehound:CE_VAR_LOG_SYMLINK"},
	},
	Why: `The kubelet serves /var/log to everybody who may read logs, and follows symbolic links as root. A container that can write there
makes a link to /etc/shadow or to the kubelet's keys and asks for its own logs: the answer is the file. A read-only mount is enough for a log collector.`,
	Bad: []control.Change{
		{Base: control.OnPodSpec, Path: "volumes", Name: "/var/log", Value: []any{map[string]any{"name": "tmp", "hostPath": map[string]any{"path": "/var/log"}}}},
		{Base: control.OnPodSpec, Path: "volumes", Name: "/var/log/pods/", Value: []any{map[string]any{"name": "tmp", "hostPath": map[string]any{"path": "/var/log/pods/"}}}},
	},
	Good: []control.Change{
		{Base: control.OnPodSpec, Path: "volumes", Name: "elsewhere", Value: []any{map[string]any{"name": "tmp", "hostPath": map[string]any{"path": "/var/logs"}}}},
	},
}

var varLog = pathPattern(nil, []string{"/var/log"})
