package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeKernelHardeningMissing: all containers of a node share one kernel, so it gives nothing away.
var NodeKernelHardeningMissing = control.Control{
	ID: "node-kernel-hardening-missing", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Set kernel hardening sysctls on nodes",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkSysctls, Text: "the kernel must hide its addresses, keep bpf and ptrace to those who may, and protect links: " + wantedSysctls()},
	Risk:     "Debuggers and tracers of users who are not root stop working.",
	Fix:      control.Advice,
	NoFix:    "A scan changes no node; the message has the lines for sysctl.d.",
	NoPolicy: noPolicyForNodes,
	Remedy:   "Write the lines of the message to /etc/sysctl.d/90-kubeharden.conf on each node, or into the image of the nodes, and run sysctl --system.",
	Refs: control.Refs{
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1611", "T1068"},
		Source: []string{"https://docs.kernel.org/admin-guide/sysctl/kernel.html", "https://docs.kernel.org/admin-guide/sysctl/fs.html", "https://docs.kernel.org/admin-guide/LSM/Yama.html"},
	},
	Why: `A hole in the kernel leads out of every container. These settings cost nothing and take away what most exploits need first: the addresses of the kernel, bpf
for everybody, ptrace on neighbours, links and pipes that others planted in /tmp.`,
	Bad: []control.Change{
		{Path: "spec.kernel.sysctls", Name: "kptr_restrict", Value: sysctlFacts("kernel.kptr_restrict", "0")},
		{Path: "spec.kernel.sysctls", Name: "bpf", Value: sysctlFacts("kernel.unprivileged_bpf_disabled", "0")},
		{Path: "spec.kernel.sysctls", Name: "yama", Value: sysctlFacts("kernel.yama.ptrace_scope", "0")},
		{Path: "spec.kernel.sysctls", Name: "symlinks", Value: sysctlFacts("fs.protected_symlinks", "0")},
		{Path: "spec.kernel.sysctls", Name: "hardlinks", Value: sysctlFacts("fs.protected_hardlinks", "0")},
	},
	Good: []control.Change{{Path: "spec.kernel.sysctls", Name: "a kernel without yama", Value: sysctlFacts("kernel.kptr_restrict", "1")}},
}

// hardened are the settings, what they must be at least, and what stands in sysctl.d for that.
var hardened = []struct {
	name  string
	least int
}{
	{"fs.protected_fifos", 1},
	{"fs.protected_hardlinks", 1},
	{"fs.protected_regular", 1},
	{"fs.protected_symlinks", 1},
	{"kernel.dmesg_restrict", 1},
	{"kernel.kptr_restrict", 1},
	{"kernel.randomize_va_space", 2},
	{"kernel.unprivileged_bpf_disabled", 1},
	{"kernel.yama.ptrace_scope", 1},
}

func wantedSysctls() string {
	var all []string
	for _, h := range hardened {
		all = append(all, fmt.Sprintf("%s >= %d", h.name, h.least))
	}
	return strings.Join(all, ", ")
}

func sysctlFacts(name, value string) []any {
	return []any{mapping{"name": name, "value": value}}
}

func checkSysctls(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	list := at.Get("spec").Get("kernel").Get("sysctls")
	if list.Len() == 0 {
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"kernel", "sysctls"}, Problem: "is missing, so nothing is known of the kernel's settings", Unknown: true})
		return
	}
	values := map[string]string{}
	for _, s := range list.Items() {
		values[s.Get("name").Text()] = s.Get("value").Text()
	}
	var lines []string
	for _, h := range hardened {
		// What a kernel does not have cannot be set.
		if value, ok := values[h.name]; ok {
			if n, err := strconv.Atoi(value); err != nil || n < h.least {
				lines = append(lines, fmt.Sprintf("%s = %d (is %s)", h.name, h.least, value))
			}
		}
	}
	if len(lines) > 0 {
		fail(control.Violation{At: list, Problem: "leave the kernel softer than it could be; set " + strings.Join(lines, ", ")})
		return
	}
	control.NodeUnknown(at, []string{node.PartKernel}, fail)
}
