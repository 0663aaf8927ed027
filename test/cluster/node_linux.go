package cluster

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/test/cluster/internal/supervise"
	"github.com/kubeharden/kubeharden/test/controlplane"
)

// namespaces are those that a node has for itself.
const namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC

// NodeSupported says why no node can run on this machine; nothing if it can.
func NodeSupported() string { return nodeSupported() }

var nodeSupported = sync.OnceValue(func() string {
	if os.Getuid() != 0 {
		return "it needs root"
	}
	for _, program := range []string{"ip", "mount", "gcc"} { // the kubelet mounts by mount, runc is built by gcc
		if _, err := exec.LookPath(program); err != nil {
			return err.Error()
		}
	}
	program, err := exec.LookPath("true")
	if err != nil {
		return err.Error()
	}
	cmd := exec.Command(program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if err := cmd.Run(); err != nil {
		return "it needs namespaces of its own: " + err.Error()
	}
	kinds, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(strings.Fields(string(kinds)), "overlay") {
		return "it needs overlay file systems"
	}
	dir, err := base()
	if err != nil {
		return err.Error()
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err.Error()
	}
	for _, name := range overlaid() {
		if strings.HasPrefix(dir, "/"+name+"/") {
			return dir + " is below /" + name + ", which a node has for itself: TMPDIR has to be elsewhere"
		}
	}
	all := hierarchies()
	if len(all) == 0 {
		return "it needs cgroups"
	}
	for _, h := range all {
		probe := filepath.Join(h, fmt.Sprintf("kubeharden-bed-probe-%d", os.Getpid()))
		if err := errors.Join(os.Mkdir(probe, 0o755), os.Remove(probe)); err != nil {
			return "it needs cgroups: " + err.Error()
		}
	}
	return ""
})

func nodePrograms() []string {
	return []string{Containerd, ContainerdShim, Ctr, CNIBridge, CNILoopback, CNIHostLocal, Runc, Kubelet}
}

// nodeState is what a node of Linux is made of.
type nodeState struct {
	number  int
	cgroup  string
	opts    NodeOptions
	init    *process
	flags   Flags
	in      io.WriteCloser
	kubelet *process

	mu      sync.Mutex
	last    int
	answers map[int]chan supervise.Event
	ends    map[int]chan supervise.Event
}

// startNode starts a node, and does not wait for the kubelet.
func (c *Cluster) startNode(ctx context.Context, n *Node, opts *NodeOptions) error {
	began := time.Now()
	c.mu.Lock()
	number := c.nextNode
	c.nextNode++
	c.mu.Unlock()
	if number >= mostNodes {
		return fmt.Errorf("a cluster has no more than %d nodes", mostNodes)
	}
	n.Name, n.Address, n.c = opts.Name, c.network.node(number), c
	n.number, n.opts, n.cgroup = number, *opts, c.network.cgroup(number)
	n.ends, n.answers = map[int]chan supervise.Event{}, map[int]chan supervise.Event{}
	if n.Name == "" {
		n.Name = fmt.Sprintf("node-%d", number+1)
	}
	n.Dir = c.path("nodes/" + n.Name)
	if c.opts.StaticPods && number == 0 {
		n.Name, n.Dir = c.NodeName, c.Dir
	}
	programs := map[string]string{}
	for _, name := range nodePrograms() {
		var err error
		if programs[name], err = Binary(ctx, Minors()[0], name); err != nil {
			return err
		}
	}
	root, err := repository()
	if err != nil {
		return err
	}
	tool, err := built(ctx, false, "run", "-C", root, "-exec", "echo", "./test/cluster/internal/bedtool")
	if err != nil {
		return buildError("bedtool", err)
	}
	if err := c.serveImages(tool); err != nil {
		return err
	}
	if err := errors.Join(n.lay(), makeCgroup(n.cgroup)); err != nil {
		return err
	}
	if err := n.begin(tool); err != nil {
		return err
	}
	c.mu.Lock()
	c.nodes = append(c.nodes, n)
	c.mu.Unlock()
	if err := n.connect(ctx); err != nil {
		return err
	}
	if err := n.setup(ctx, tool, programs); err != nil {
		return err
	}
	c.opts.Log("%s laid out after %v", n.Name, time.Since(began).Round(time.Millisecond))
	if err := n.containerd(ctx); err != nil {
		return err
	}
	return n.startKubelet(ctx)
}

// serveImages serves the images of the bed to the nodes.
func (c *Cluster) serveImages(tool string) error {
	if c.registry != nil {
		return nil
	}
	for name, command := range map[string][]string{PauseImage: {"/bedtool", "pause"}, ServeImage: {"/bedtool", "serve", ":8080"}} {
		if err := c.images.add(&image{name: name, from: tool, to: command[0], entrypoint: command, user: "65532:65532"}); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(c.network.host(), "0"))
	if err != nil {
		return err
	}
	c.registry = &http.Server{Handler: &c.images, ReadHeaderTimeout: time.Minute}
	c.registryURL = "http://" + l.Addr().String()
	go c.registry.Serve(l) //nolint:errcheck // it ends with the cluster
	return nil
}

// lay writes the files of the node: those of a worker that kubeadm joined.
func (n *Node) lay() error {
	c := n.c
	policy, err := audit.Generate(audit.Options{})
	if err != nil {
		return err
	}
	files := controlplane.Hardened(controlplane.Newest, string(policy))
	if c.opts.Defaults {
		files = controlplane.Kubeadm(controlplane.Newest)
	}
	named := strings.NewReplacer("system:node:control-plane", "system:node:"+n.Name)
	for _, f := range files {
		text := named.Replace(c.here().Replace(f.Text))
		switch {
		case f.Path == "var/lib/kubelet/config.yaml":
			if text, err = n.kubeletConfig(text); err != nil {
				return err
			}
		case f.Path != "etc/kubernetes/kubelet.conf" && !strings.HasPrefix(f.Path, "var/lib/kubelet/") && !strings.HasPrefix(f.Path, "usr/"):
			continue
		}
		if err := writeFile(n.path(f.Path), []byte(text), 0o600); err != nil {
			return err
		}
	}
	subject := pkix.Name{CommonName: "system:node:" + n.Name, Organization: []string{"system:nodes"}}
	cert, key, err := c.pki.sign(leaf{name: "kubelet-client-current", subject: subject, client: true}, c.ca)
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(c.CAFile())
	if err != nil {
		return err
	}
	err = errors.Join(
		writeFile(n.path("var/lib/kubelet/pki/kubelet-client-current.pem"), append(cert, key...), 0o600),
		writeFile(n.path("etc/kubernetes/pki/ca.crt"), ca, 0o644),
		writeFile(n.path("etc/containerd/config.toml"), []byte(containerdConfig), 0o644),
		writeFile(n.path("etc/containerd/certs.d/_default/hosts.toml"), fmt.Appendf(nil, "server = %q\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", c.registryURL, c.registryURL), 0o644),
		writeFile(n.path("etc/cni/net.d/10-bed.conflist"), fmt.Appendf(nil, bridgeConfig, c.network.pods(n.number)), 0o644),
		writeFile(n.path("etc/hosts"), fmt.Appendf(nil, "127.0.0.1 localhost\n%s %s\n", n.Address, n.Name), 0o644),
	)
	if err != nil {
		return err
	}
	for _, dir := range []string{"etc/kubernetes/manifests", "var/lib/containerd", "var/log/components", "var/log/pods", "var/log/containers", "changes"} {
		if err := os.MkdirAll(n.path(dir), 0o755); err != nil {
			return err
		}
	}
	for name, text := range n.opts.Files {
		if err := writeFile(n.path(name), []byte(c.here().Replace(text)), 0o600); err != nil {
			return err
		}
	}
	n.flags = Flags{
		"bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubelet.conf", "kubeconfig": "/etc/kubernetes/kubelet.conf", "config": "/var/lib/kubelet/config.yaml",
	}.with(n.opts.Kubelet)
	return nil
}

const containerdConfig = `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "` + PauseImage + `"
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "/etc/containerd/certs.d"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true # where root may not lower it, runc would fail
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["/opt/cni/bin"]
  conf_dir = "/etc/cni/net.d"
[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = "runc"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = "/usr/local/sbin/runc"
  SystemdCgroup = false
`

const bridgeConfig = `{"cniVersion": "1.0.0", "name": "bed", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
`

// kubeletConfig changes the kubelet's configuration as this machine demands and as the test wants.
func (n *Node) kubeletConfig(text string) (string, error) {
	local := map[string]any{
		"cgroupDriver": "cgroupfs", "cgroupRoot": "/" + n.cgroup, "failCgroupV1": false, "failSwapOn": false, "resolvConf": "/etc/resolv.conf",
		"evictionHard": map[string]any{"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%"},
	}
	if _, err := os.Stat("/etc/resolv.conf"); err != nil {
		local["resolvConf"] = ""
	}
	var config, changes map[string]any
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		return "", err
	}
	if err := yaml.Unmarshal([]byte(n.opts.KubeletConfig), &changes); err != nil {
		return "", fmt.Errorf("what is to be changed in the kubelet's configuration: %w", err)
	}
	merge(config, local)
	merge(config, changes)
	out, err := yaml.Marshal(config)
	return string(out), err
}

// connect connects the node's network namespace with the bridge.
func (n *Node) connect(ctx context.Context) error {
	w := n.c.network
	veth := w.veth(n.number)
	err := errors.Join(
		ip(ctx, "link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", strconv.Itoa(n.init.pid)),
		ip(ctx, "link", "set", veth, "master", w.bridge(), "up"),
		ip(ctx, "route", "add", w.pods(n.number), "via", n.Address, "dev", w.bridge()),
	)
	if err != nil {
		return err
	}
	tool, err := exec.LookPath("ip")
	if err != nil {
		return err
	}
	batch := n.path("changes/network")
	lines := "link set lo up\naddr add " + serviceAddress + "/32 dev lo\naddr add " + n.Address + "/24 dev eth0\nlink set eth0 up\nroute add default via " + w.host() + "\n"
	if err := os.WriteFile(batch, []byte(lines), 0o600); err != nil {
		return err
	}
	code, _, stderr, err := n.run(ctx, tool, "-batch", batch)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("network of %s: %s", n.Name, stderr)
	}
	return nil
}

// serviceAddress is that of the Service of the API server: the first of kubeadm's range.
const serviceAddress = "10.96.0.1"

// overlaid are the folders of this machine that a node may change for itself.
func overlaid() []string { return []string{"etc", "usr", "opt", "var"} }

// setup makes the file system of the node.
func (n *Node) setup(ctx context.Context, tool string, programs map[string]string) error {
	s := &supervise.Setup{
		Hostname: n.Name, Scratch: n.path("changes"),
		Forward: net.JoinHostPort(serviceAddress, "443"), Backend: strings.TrimPrefix(n.c.URL(), "https://"),
		// What the kubelet wants of the kernel: https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-helpers/node/util/sysctl/sysctl.go
		Settings: map[string]string{
			"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
			"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
		},
	}
	for _, dir := range overlaid() {
		s.Overlays = append(s.Overlays, supervise.Mount{From: n.path("changes/" + dir), To: "/" + dir})
	}
	for _, name := range []string{
		"etc/kubernetes", "etc/containerd", "etc/cni", "etc/hosts", "var/lib/kubelet", "var/lib/containerd", "var/log/pods", "var/log/containers",
		"usr/lib/systemd/system/kubelet.service", "usr/lib/systemd/system/kubelet.service.d",
	} {
		s.Binds = append(s.Binds, supervise.Mount{From: n.path(name), To: "/" + name})
	}
	if n.Dir == n.c.Dir {
		for _, name := range []string{"var/lib/etcd", "var/log/kubernetes"} {
			s.Binds = append(s.Binds, supervise.Mount{From: n.path(name), To: "/" + name})
		}
	}
	for name, to := range map[string]string{
		Kubelet: "/usr/bin/kubelet", Containerd: "/usr/local/bin/containerd", ContainerdShim: "/usr/local/bin/containerd-shim-runc-v2", Ctr: "/usr/local/bin/ctr",
		CNIBridge: "/opt/cni/bin/bridge", CNILoopback: "/opt/cni/bin/loopback", CNIHostLocal: "/opt/cni/bin/host-local",
	} {
		s.Binds = append(s.Binds, supervise.Mount{From: programs[name], To: to})
	}
	// runc runs a copy of itself that it finds through an overlay of its folder, which shows what is below a mount.
	for name, from := range map[string]string{"runc": tool, "runc.real": programs[Runc]} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := writeFile(n.path("changes/usr/local/sbin/"+name), text, 0o755); err != nil {
			return err
		}
	}
	_, err := n.ask(ctx, supervise.Request{Setup: s})
	return err
}

// containerd starts containerd and waits until it listens.
func (n *Node) containerd(ctx context.Context) error {
	began := time.Now()
	p, err := n.start(ctx, Containerd, "/usr/local/bin/containerd", []string{"--config", "/etc/containerd/config.toml"})
	if err != nil {
		return err
	}
	err = poll(ctx, 2*time.Minute, func(ctx context.Context) error {
		if err := p.ended(); err != nil {
			return &finalError{err}
		}
		var d net.Dialer
		c, err := d.DialContext(ctx, "unix", n.Root+"/run/containerd/containerd.sock")
		if err != nil {
			return err
		}
		return c.Close()
	})
	if err != nil {
		return fmt.Errorf("waiting for containerd of %s: %w\n%s", n.Name, err, tail(p.log, 20))
	}
	n.c.opts.Log("containerd of %s ready after %v", n.Name, time.Since(began).Round(time.Millisecond))
	return nil
}

// PID is the first process of the node as this machine numbers it: /proc/PID/root is the node's file system.
func (n *Node) PID() int { return n.init.pid }

// Logs is all that the kubelet or containerd of the node has said.
func (n *Node) Logs(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(n.logFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// network names the network namespace of the node.
func (n *Node) network() string {
	name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", n.init.pid))
	if err != nil {
		return "" // the node ended
	}
	return name
}

// ended tells whether the kubelet has ended, and how.
func (n *Node) ended() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kubelet.ended()
}

// close ends the node with all that runs in it.
func (n *Node) close() error { return n.init.end() }
