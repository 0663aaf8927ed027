package node

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
)

func itoa(n int) string { return strconv.Itoa(n) }

// conclude puts together what the parts say: processes, distribution, roles, runtime, services.
func (c *collector) conclude() {
	s := &c.facts.Spec
	for _, p := range c.running {
		if p.Component != "sshd" {
			slices.SortFunc(p.Mounts, func(a, b facts.Mount) int { return strings.Compare(a.Container, b.Container) })
			p.Mounts = slices.Compact(p.Mounts)
			s.Processes = append(s.Processes, p.Process)
		}
	}
	c.services()
	s.Host.Distribution = c.distribution()
	s.Host.Roles = c.roles()
	c.runtime()
}

// services finds those that should not run on a node. sshd waits itself, or systemd waits for it.
func (c *collector) services() {
	s := &c.facts.Spec
	for _, p := range c.running {
		if p.Component != "sshd" {
			continue
		}
		// One process waits, and each connection has one or two.
		if line := strings.Join(p.args, " "); strings.Contains(line, "@") || strings.Contains(line, "[priv]") || strings.Contains(line, "[net]") || p.Contained {
			continue
		}
		s.Services = append(s.Services, facts.Service{Name: "sshd", How: "process", PID: p.PID})
	}
	for _, l := range s.Sockets {
		if l.Protocol == "tcp" && l.Port == 22 && (l.Program == "systemd" || l.Program == "init") {
			s.Services = append(s.Services, facts.Service{Name: "sshd", How: "socket", PID: l.PID})
			break
		}
	}
}

// runs returns the first process of a component.
func (c *collector) runs(component string) *process {
	for _, p := range c.running {
		if p.Component == component {
			return p
		}
	}
	return nil
}

// has reports whether a file was found, or something below a folder.
func (c *collector) has(paths ...string) bool {
	for _, p := range paths {
		if _, err := c.host.resolve(p, false); err == nil {
			return true
		}
	}
	return false
}

// distribution tells who installed Kubernetes: what runs beats what lies about.
func (c *collector) distribution() string {
	under := func(component, dir string) bool {
		p := c.runs(component)
		return p != nil && (strings.Contains(p.Exe, dir) || strings.Contains(p.args[0], dir))
	}
	for _, d := range []struct {
		name string
		is   bool
	}{
		{"talos", c.facts.Spec.Host.OS == "talos" || c.runs("machined") != nil},
		{"microk8s", c.runs("kubelite") != nil || under("kubelet", "/snap/microk8s/") || under("containerd", "/snap/microk8s/")},
		{"rke2", c.runs("rke2") != nil || under("kubelet", "/rancher/rke2/")},
		{"k3s", c.runs("k3s") != nil},
		{"k0s", c.runs("k0s") != nil || under("kubelet", "/k0s/")},
		{"kubeadm", c.runs("kubelet") != nil && c.has("/var/lib/kubelet/kubeadm-flags.env", "/etc/kubernetes/kubelet.conf")},
		{"microk8s", c.has("/var/snap/microk8s/current/args")},
		{"rke2", c.has("/var/lib/rancher/rke2", "/etc/rancher/rke2")},
		{"k3s", c.has("/var/lib/rancher/k3s", "/etc/rancher/k3s")},
		{"k0s", c.has("/var/lib/k0s", "/etc/k0s")},
		{"kubeadm", c.has("/var/lib/kubelet/kubeadm-flags.env", "/etc/kubernetes/kubelet.conf", "/etc/kubernetes/admin.conf")},
	} {
		if d.is {
			return d.name
		}
	}
	return "unknown"
}

// roles tells what the node is for.
func (c *collector) roles() []string {
	var control, etcd, worker bool
	for _, p := range c.running {
		// What runs in a pod of a tenant, such as a virtual cluster, has files of its own; those of the node see the host's.
		hosted := p.Contained && !p.ofHost
		sub := ""
		if len(p.args) > 1 {
			sub = p.args[1]
		}
		switch p.Component {
		case "kube-apiserver", "kube-controller-manager", "kube-scheduler":
			control = control || !hosted
		case "etcd":
			etcd = etcd || !hosted
		case "kubelet":
			worker = true
		case "k3s", "rke2":
			control, worker = control || sub == "server", worker || p.Component == "k3s"
		case "k0s":
			control, worker = control || sub == "controller", worker || sub == "worker"
		case "kubelite":
			control = control || !slices.Contains(p.args, "--start-control-plane=false")
			worker = true
		default:
		}
	}
	for _, f := range c.facts.Spec.Files {
		switch {
		case slices.Contains(f.Roles, facts.RoleStaticPod) && strings.HasPrefix(f.Component, "kube-apiserver"):
			control = true
		case slices.Contains(f.Roles, facts.RoleStaticPod) && strings.HasPrefix(f.Component, "etcd"):
			etcd = true
		case slices.Contains(f.Roles, facts.RoleEtcdData) && f.Component != "microk8s" && strings.HasPrefix(f.Path, "/var/lib/rancher/"):
			etcd = true
		case slices.Contains(f.Roles, facts.RoleKubeletConfig), slices.Contains(f.Roles, facts.RoleKubeletKubeconfig):
			worker = true
		}
	}
	var out []string
	for _, r := range []struct {
		name string
		is   bool
	}{{"control-plane", control}, {"etcd", etcd}, {"worker", worker}} {
		if r.is {
			out = append(out, r.name)
		}
	}
	return out
}

// runtime tells which container runtime the node uses, and its release.
func (c *collector) runtime() {
	h := &c.facts.Spec.Host
	for _, r := range []struct{ component, name string }{{"crio", "cri-o"}, {"containerd", "containerd"}, {"dockerd", "docker"}} {
		p := c.runs(r.component)
		if p == nil {
			continue
		}
		h.Runtime = r.name
		if p.Version != "" {
			h.RuntimeVersion = p.Version
		}
		for _, program := range c.facts.Spec.Programs {
			if program.Name == r.component && (p.Exe == "" || p.Exe == program.Path || path.Base(p.Exe) == path.Base(program.Path)) {
				h.RuntimeVersion = cmp.Or(h.RuntimeVersion, program.Version)
			}
		}
		break
	}
}
