package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// UnsafeSysctls: a sysctl outside of the safe set changes the node, not only the pod.
var UnsafeSysctls = control.Control{
	ID: "unsafe-sysctls", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Use only safe sysctls, and no + or = in their values",
	Scope: control.PodSpecs,
	Require: control.ByVersion(
		control.Step{From: 0, Rule: sysctlsIn(sysctls0)},
		control.Step{From: 27, Rule: sysctlsIn(sysctls0, sysctls27)},
		control.Step{From: 29, Rule: sysctlsIn(sysctls0, sysctls27, sysctls29)},
		control.Step{From: 32, Rule: sysctlsIn(sysctls0, sysctls27, sysctls29, sysctls32)},
		control.Step{From: 37, Rule: sysctlsIn(sysctls0, sysctls27, sysctls29, sysctls32, sysctls37)},
	),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "The kernel setting goes back to the default of the node, which may cost performance or limit connections.",
	Remedy:  "Remove the sysctl from the pod; what all pods need is set on the node.",
	Bad: []control.Change{{Path: "securityContext.sysctls", Name: "cr8escape", Value: []any{
		map[string]any{"name": "kernel.shm_rmid_forced", "value": "1+kernel.core_pattern=|/tmp/x"},
	}}},
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/", "https://nvd.nist.gov/vuln/detail/CVE-2022-0811"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unsafe-sysctls"},
		Trivy:      []string{"KSV-0026"},
		Kyverno:    []string{"pod-security/restrict-sysctls", "other/prevent-cr8escape"},
		Other:      []string{"psa:sysctls", "gatekeeper:forbidden-sysctls", "terrascan:AC-K8-IA-PO-H-0137", "kics:cluster_allows_unsafe_sysctls"},
	},
	Why: `Sysctls outside of the safe set are not confined to the pod: kernel.core_pattern, for one, runs a program as root on
the node. Names are compared as they stand, so net/ipv4/… with slashes is refused like an unknown name. A + or = in a value is
refused too: CRI-O before 1.23.2 took what follows for one more sysctl (CVE-2022-0811, "cr8escape").`,
}

// The sysctls that became safe with each version.
var (
	sysctls0 = []any{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.ping_group_range", "net.ipv4.tcp_syncookies",
	}
	sysctls27 = []any{"net.ipv4.ip_local_reserved_ports"}
	sysctls29 = []any{
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
	}
	sysctls32 = []any{"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
	sysctls37 = []any{"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"}
)

func sysctlsIn(names ...[]any) control.Rule {
	return control.Each("securityContext.sysctls", map[string]any{"name": "kernel.shm_rmid_forced", "value": "1"},
		control.Mend(control.All(control.In("name", slices.Concat(names...)...), singleValue),
			func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
				return append(out, control.Edit{Op: control.Remove, At: at})
			}))
}

var singleValue = &control.Func{
	Text: "value must not contain + or =",
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		if n := at.Get("value"); strings.ContainsAny(n.Text(), "+=") {
			fail(control.Violation{At: n, Problem: "contains + or ="})
		}
	},
	Expr: func(c control.CEL) string {
		return "(!" + c.At + ".?value.hasValue() || !" + c.At + `.value.matches("[+=]"))`
	},
}
