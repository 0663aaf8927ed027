package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeMACDisabled: profiles of pods do something only where the kernel enforces them.
var NodeMACDisabled = control.Control{
	ID: "node-mac-disabled", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep AppArmor or SELinux enforcing on every node",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkMAC, Text: "AppArmor or SELinux must be enforcing on the node"},
	Risk:     "Programs that were never tried under a policy may be refused something; look at the log of the kernel before enforcing.",
	Fix:      control.Advice,
	NoFix:    "The kernel has to be started with other parameters, or the policy has to be loaded.",
	NoPolicy: noPolicyForNodes,
	Remedy: `Start the kernel with apparmor=1 security=apparmor and install the package apparmor, or set SELINUX=enforcing in /etc/selinux/config and turn SELinux on in the
container runtime (enable_selinux = true in containerd, selinux = true in CRI-O).`,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments", nsaNodes},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/", "https://kubernetes.io/docs/tutorials/security/apparmor/"},
	},
	Why: `Mandatory access control is what still holds when a process in a container is root: it keeps it from the host's files, from mounts and from other processes.
Without it appArmorProfile and seLinuxOptions of pods are words, and a pod that asks for a profile of AppArmor does not start.`,
	Bad: []control.Change{
		{Path: "spec.kernel.appArmor", Value: "disabled"},
		{Path: "spec.kernel", Name: "permissive", Value: mapping{"sysctls": []any{}, "lsm": []any{"selinux"}, "appArmor": "disabled", "seLinux": "permissive"}},
	},
	Good: []control.Change{{Path: "spec.kernel", Name: "SELinux", Value: mapping{"sysctls": sysctlFacts("kernel.kptr_restrict", "1"), "lsm": []any{"selinux"}, "appArmor": "disabled", "seLinux": "enforcing"}}},
}

func checkMAC(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	kernel := at.Get("spec").Get("kernel")
	appArmor, seLinux := kernel.Get("appArmor").Text(), kernel.Get("seLinux").Text()
	switch {
	case appArmor == "enforcing", seLinux == "enforcing":
	case appArmor == "" || seLinux == "":
		if !control.NodeUnknown(at, []string{node.PartKernel, node.PartSecurityModules}, fail) {
			return
		}
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"kernel", "appArmor"}, Problem: "is not known, and SELinux is not enforcing as far as was seen", Unknown: true})
	default:
		where := kernel.Get("appArmor")
		if seLinux == "permissive" {
			where = kernel.Get("seLinux")
		}
		fail(control.Violation{At: where, Problem: "is " + where.Text() + ": neither AppArmor (" + appArmor + ") nor SELinux (" + seLinux + ") holds anything back on this node"})
	}
}
