package node

import (
	"slices"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
)

// sysctls are those that say how hard the kernel is, and those that the kubelet wants to have.
// https://docs.kernel.org/admin-guide/sysctl/kernel.html, https://docs.kernel.org/admin-guide/sysctl/fs.html
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-helpers/node/util/sysctl/sysctl.go
var sysctls = []string{
	"fs.protected_fifos", "fs.protected_hardlinks", "fs.protected_regular", "fs.protected_symlinks", "fs.suid_dumpable",
	"kernel.core_pattern", "kernel.dmesg_restrict", "kernel.io_uring_disabled", "kernel.kexec_load_disabled", "kernel.keys.root_maxbytes",
	"kernel.keys.root_maxkeys", "kernel.kptr_restrict", "kernel.modules_disabled", "kernel.panic", "kernel.panic_on_oops",
	"kernel.perf_event_paranoid", "kernel.randomize_va_space", "kernel.sysrq", "kernel.unprivileged_bpf_disabled",
	"kernel.unprivileged_userns_clone", "kernel.yama.ptrace_scope", "user.max_user_namespaces", "vm.mmap_min_addr", "vm.overcommit_memory",
	"vm.panic_on_oom",
}

// maxValue bounds the value of a setting.
const maxValue = 4096

// sysctl reads one setting; "" if the kernel does not have it, or does not show it.
func (c *collector) sysctl(name string) string {
	text, _ := c.readSysctl(name)
	return text
}

func (c *collector) readSysctl(name string) (string, error) {
	src, err := readProc(c.proc, "sys/"+strings.ReplaceAll(name, ".", "/"), maxValue)
	return strings.ToValidUTF8(strings.TrimSpace(string(src)), "\uFFFD"), err
}

// kernel reads what the kernel is set to.
func (c *collector) kernel() {
	k := &c.facts.Spec.Kernel
	for _, name := range sysctls {
		value, err := c.readSysctl(name)
		switch {
		case err == nil:
			k.Sysctls = append(k.Sysctls, facts.Variable{Name: name, Value: value})
		case !missing(err):
			c.problem(c.procPath("sys/"+strings.ReplaceAll(name, ".", "/")), err.Error(), facts.PartKernel)
		}
	}
	if _, err := c.readSysctl("kernel.osrelease"); err != nil {
		c.problem(c.procPath("sys/kernel/osrelease"), err.Error(), facts.PartKernel)
	}
	_, err := c.readSysctl("kernel.seccomp.actions_avail")
	k.Seccomp = err == nil
	read := func(file string) string {
		src, err := c.readHost(file, maxValue)
		if err != nil && !missing(err) {
			c.problem(file, err.Error(), facts.PartKernel)
		}
		return strings.TrimSpace(string(src))
	}
	if list := read("/sys/kernel/security/lsm"); list != "" {
		k.LSM = strings.Split(list, ",")
	}
	c.loaded()
	c.appArmor(read("/sys/module/apparmor/parameters/enabled"))
	switch enforce := read("/sys/fs/selinux/enforce"); {
	case enforce == "1":
		k.SELinux = "enforcing"
	case enforce == "0":
		k.SELinux = "permissive"
	case k.LSM != nil && !slices.Contains(k.LSM, "selinux"):
		k.SELinux = "disabled"
	}
	if k.LSM == nil && k.AppArmor == "" && k.SELinux == "" {
		c.problem("/sys/kernel/security/lsm", "is not there: which security modules are in force is not known", facts.PartSecurityModules)
	}
}

// maxLoaded bounds the list of profiles that are loaded.
const maxLoaded = 4 << 20

// loaded reads the names of the profiles of AppArmor: "name (enforce)" in each line.
func (c *collector) loaded() {
	const file = "/sys/kernel/security/apparmor/profiles"
	src, err := c.readHost(file, maxLoaded)
	if err != nil {
		if !missing(err) {
			c.problem(file, err.Error(), facts.PartSecurityModules)
		}
		return
	}
	names := []string{}
	for line := range strings.Lines(string(src)) {
		if i := strings.LastIndex(line, " ("); i > 0 {
			names = append(names, strings.ToValidUTF8(line[:i], "\uFFFD"))
		}
	}
	slices.Sort(names)
	c.facts.Spec.Kernel.AppArmorProfiles = names
}

// appArmor tells from the module's parameter and from the list of modules; where neither is shown it stays unknown.
// https://gitlab.com/apparmor/apparmor/-/wikis/AppArmor_Failures
func (c *collector) appArmor(enabled string) {
	k := &c.facts.Spec.Kernel
	switch {
	case enabled == "Y":
		k.AppArmor = "enforcing"
	case enabled == "N", k.LSM != nil && !slices.Contains(k.LSM, "apparmor"):
		k.AppArmor = "disabled"
	}
}
