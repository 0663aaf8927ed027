package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletSeccompDefaultDisabled: pods that ask for nothing have a filter.
var KubeletSeccompDefaultDisabled = control.Control{
	ID: "kubelet-seccomp-default-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Apply RuntimeDefault seccomp to all pods by default",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{seccompDefault()}},
	Risk:     "Programs that make system calls which the runtime's profile refuses fail, unless their pod names another profile.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set seccompDefault: true in the kubelet's configuration file.",
	Refs: control.Refs{
		CIS:    []string{"4.2.14"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tutorials/security/seccomp/#enable-the-use-of-runtimedefault-as-the-default-seccomp-profile-for-all-workloads", kubeletAPI},
	},
	Peers: control.Peers{
		KubeBench: []string{"4.2.14"},
	},
	Why: `A container without a profile may make every system call of the kernel, those that escapes from containers begin with too. The setting gives the
runtime's profile to all that do not name one.`,
	Examples: []control.Example{
		fails("off", kubeletFile("seccompDefault: false"), "seccompDefault"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		passes("on", kubeletFile("seccompDefault: true")),
	},
}

// seccompDefault requires the flag or the field: the kubelet applies the profile if one of them is true.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubelet/app/server.go (RunKubelet)
func seccompDefault() control.Setting {
	s := control.FlagIs("seccomp-default", true)
	s.Value = func(i *component.Instance) component.Value {
		flag, field := i.Flag("seccomp-default"), i.Field("seccompDefault")
		if flag.IsTrue() || field.Absent || flag.Set && !field.Set {
			return flag
		}
		return field
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		e, ok := i.EditOfField("seccompDefault", true)
		if !ok {
			e, ok = i.EditOf("seccomp-default", "true")
		}
		if !ok {
			return nil
		}
		return []component.Edit{e}
	}
	return s
}
