package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
)

// HostPathSensitive: some folders of a node are the keys to it.
var HostPathSensitive = control.Control{
	ID: "host-path-sensitive", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Never mount sensitive host paths (/, /etc, /proc, /sys, /var/lib/kubelet, ...)",
	Scope:      control.PodSpecs,
	Unless:     staticpods.ControlPlane,
	Require:    hostPathNot(sensitivePaths, "no volume may have a hostPath that opens the whole node", "which opens the node"),
	Suppresses: []string{"host-path-volume"},
	Fix:        control.Advice,
	NoFix:      "What the program needs from that folder, and where else it is to be had, only a person can say.",
	Risk:       "Agents that manage or observe the node no longer see its files.",
	Remedy:     "Mount nothing of the node, or only the one file or subfolder that the program needs, read-only.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611", "T1552.001"},
		Source: []string{volumeDocs, podSecurityStandards},
	},
	Peers: control.Peers{
		KubeLinter: []string{"sensitive-host-mounts"},
		Trivy:      []string{"KSV-0121"},
		Kubeaudit:  []string{"mounts/SensitivePathsMounted"},
		Kubesec:    []string{"ProcMount"},
		Other:      []string{"gatekeeper:host-filesystem", "falco:Launch Sensitive Mount Container", "kubehound:EXPLOIT_HOST_READ"},
	},
	Why: `Whoever can read the kubelet's folder has the service account tokens and Secrets of every pod of the node; /etc/kubernetes has the keys of the
control plane, /root and the home folders those of people. Whoever can write to /, /etc or /usr decides what the node executes, and /proc and
/sys change its kernel. A read-only mount stops only the second half of that.`,
	Bad: []control.Change{
		{Path: "volumes", Name: `/`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/`}}}},
		{Path: "volumes", Name: `/etc`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc`}}}},
		{Path: "volumes", Name: `//etc/./`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `//etc/./`}}}},
		{Path: "volumes", Name: `/etc/kubernetes/pki`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc/kubernetes/pki`}}}},
		{Path: "volumes", Name: `/var/lib/kubelet/pods`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/lib/kubelet/pods`}}}},
		{Path: "volumes", Name: `/root/.ssh`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/root/.ssh`}}}},
		{Path: "volumes", Name: `/home/ubuntu/.kube/config`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/home/ubuntu/.kube/config`}}}},
		{Path: "volumes", Name: `/proc`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/proc`}}}},
		{Path: "volumes", Name: `/dev/nvme0n1`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/dev/nvme0n1`}}}},
		{Path: "volumes", Name: `C:\Windows`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `C:\Windows`}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: `/data`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/data`}}}},
		{Path: "volumes", Name: `/etc/localtime`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc/localtime`}}}},
		{Path: "volumes", Name: `/etcetera`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etcetera`}}}},
		{Path: "volumes", Name: `/var/lib/kubelet/device-plugins`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/lib/kubelet/device-plugins`}}}},
		{Path: "volumes", Name: `/var/lib/docker/containers`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/lib/docker/containers`}}}},
		{Path: "volumes", Name: `/var/log`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/log`}}}},
		{Path: "volumes", Name: `/lib/modules`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/lib/modules`}}}},
		{Path: "volumes", Name: `/dev/kvm`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/dev/kvm`}}}},
	},
}

// sensitivePaths are folders with credentials, with what the node executes, and with its kernel's switches and disks. What programs
// commonly need and what is little use to an attacker is not among them: time zones, kernel modules, logs, sockets of plugins.
var sensitivePaths = pathPattern([]string{
	"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/run", "/sbin", "/sys", "/sys/fs/cgroup", "/sys/kernel",
	"/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin",
	"/var", "/var/lib", "/var/lib/containers", "/var/lib/docker", "/var/lib/kubelet", "/var/run",
}, []string{
	"/dev/disk", "/dev/dm-*", "/dev/kmem", "/dev/mapper", "/dev/mem", "/dev/nvme*", "/dev/sd*", "/dev/vd*", "/dev/xvd*",
	"/etc/cron.d", "/etc/cron.daily", "/etc/cron.hourly", "/etc/crontab", "/etc/kubernetes", "/etc/ld.so.preload", "/etc/pam.d",
	"/etc/profile.d", "/etc/rancher", "/etc/shadow", "/etc/ssh", "/etc/ssl/private", "/etc/sudoers", "/etc/sudoers.d", "/etc/systemd",
	"/home/*/.aws", "/home/*/.azure", "/home/*/.config/gcloud", "/home/*/.docker", "/home/*/.kube", "/home/*/.ssh",
	"/proc/1", "/proc/kcore", "/proc/sys/kernel", "/proc/sysrq-trigger", "/root", "/usr/lib/systemd",
	"/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/docker/overlay2", "/var/lib/docker/volumes", "/var/lib/etcd",
	"/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeconfig", "/var/lib/kubelet/pki", "/var/lib/kubelet/pods",
	"/var/lib/rancher", "/var/spool/cron",
}).or(`^(?i:[a-z]:[\\/]*((windows|programdata|users)[\\/]*)?)$`)
