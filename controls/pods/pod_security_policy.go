package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// pspProblem says what has become of a PodSecurityPolicy and what replaces it.
func pspProblem(version control.Minor, at tree.Node) string {
	state := "is PodSecurityPolicy, which Kubernetes 1.25 removed"
	if version < 25 {
		state = "is PodSecurityPolicy, which Kubernetes " + version.String() + " still serves and 1.25 removes"
	}
	level, reason := pspLevel(at)
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return state + "; the label pod-security.kubernetes.io/enforce: " + level + " replaces it" + reason
}

// pspLevel returns the strictest level of the Pod Security Standards that takes all pods that a policy allows, and what
// keeps it from a stricter one. It follows the mapping in the Kubernetes documentation, but for seLinux: RunAsAny stands
// in nearly every policy and does not mean that pods bring SELinux options.
func pspLevel(at tree.Node) (level, reason string) {
	spec := at.Get("spec")
	if reason := pspBelowBaseline(spec); reason != "" {
		return "privileged", reason
	}
	if reason := pspBelowRestricted(spec); reason != "" {
		return "baseline", reason
	}
	return "restricted", ""
}

func pspBelowBaseline(spec tree.Node) string {
	for _, key := range []string{"privileged", "hostNetwork", "hostPID", "hostIPC"} {
		if on, ok := spec.Get(key).Bool(); ok && on {
			return "it allows " + key
		}
	}
	for _, key := range []string{"hostPorts", "allowedUnsafeSysctls"} {
		if spec.Get(key).Len() > 0 {
			return "it sets " + key
		}
	}
	for _, key := range []string{"allowedCapabilities", "defaultAddCapabilities"} {
		for _, c := range spec.Get(key).Items() {
			if !slices.Contains(pspBaselineCapabilities, c.Text()) {
				return "it allows the capability " + c.Text()
			}
		}
	}
	for _, v := range spec.Get("volumes").Items() {
		if v.StrIs("*") || v.StrIs("hostPath") {
			return "it allows volumes of type " + v.Text()
		}
	}
	for _, p := range spec.Get("allowedProcMountTypes").Items() {
		if !p.StrIs("Default") {
			return "it allows procMount " + p.Text()
		}
	}
	if options := spec.Get("seLinux").Get("seLinuxOptions"); options.Get("user").Text() != "" || options.Get("role").Text() != "" {
		return "it sets an SELinux user or role"
	}
	return ""
}

func pspBelowRestricted(spec tree.Node) string {
	if on, ok := spec.Get("allowPrivilegeEscalation").Bool(); !ok || on {
		return "it allows privilege escalation"
	}
	if !spec.Get("runAsUser").Get("rule").StrIs("MustRunAsNonRoot") {
		return "it allows root"
	}
	dropped := false
	for _, c := range spec.Get("requiredDropCapabilities").Items() {
		dropped = dropped || c.StrIs("ALL")
	}
	if !dropped {
		return "it does not drop all capabilities"
	}
	for _, key := range []string{"allowedCapabilities", "defaultAddCapabilities"} {
		for _, c := range spec.Get(key).Items() {
			if !c.StrIs("NET_BIND_SERVICE") {
				return "it allows the capability " + c.Text()
			}
		}
	}
	for _, v := range spec.Get("volumes").Items() {
		if !slices.Contains(pspRestrictedVolumes, v.Text()) {
			return "it allows volumes of type " + v.Text()
		}
	}
	return ""
}

var (
	pspBaselineCapabilities = []string{
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
		"SETUID", "SYS_CHROOT",
	}
	pspRestrictedVolumes = []string{"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
