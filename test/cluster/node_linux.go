package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/json"
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

// begin starts the first process of the node.
func (n *Node) begin(tool string) error {
	cmd := newCommand(tool, []string{"init"})
	cmd.SysProcAttr = attributes()
	cmd.SysProcAttr.Cloneflags = namespaces
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	events, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = theirs
	p, err := start("the first process of "+n.Name, cmd, n.logFile("init"))
	if err := errors.Join(err, theirs.Close()); err != nil {
		return errors.Join(err, events.Close())
	}
	n.init, n.in = p, in
	n.Root = fmt.Sprintf("/proc/%d/root", p.pid)
	go n.listen(events)
	return nil
}

// listen takes what the first process says until it ends.
func (n *Node) listen(events *os.File) {
	defer events.Close()
	d := json.NewDecoder(events)
	for {
		var e supervise.Event
		if err := d.Decode(&e); err != nil {
			return
		}
		n.mu.Lock()
		to := n.answers[e.ID]
		delete(n.answers, e.ID)
		if e.ID == 0 {
			to = n.end(e.PID)
		}
		n.mu.Unlock()
		if to != nil {
			to <- e // with room for one
		}
	}
}

// end is where the end of a process is told, whoever asks first.
func (n *Node) end(pid int) chan supervise.Event {
	if n.ends[pid] == nil {
		n.ends[pid] = make(chan supervise.Event, 1)
	}
	return n.ends[pid]
}

// ask asks the first process.
func (n *Node) ask(ctx context.Context, r supervise.Request) (supervise.Event, error) {
	answer := make(chan supervise.Event, 1)
	n.mu.Lock()
	n.last++
	r.ID = n.last
	n.answers[r.ID] = answer
	err := json.NewEncoder(n.in).Encode(r)
	n.mu.Unlock()
	if err != nil {
		return supervise.Event{}, fmt.Errorf("asking the first process of %s: %w", n.Name, err)
	}
	select {
	case e := <-answer:
		if e.Error != "" {
			return e, fmt.Errorf("%s: %s", n.Name, e.Error)
		}
		return e, nil
	case <-n.init.done:
		return supervise.Event{}, n.init.ended()
	case <-ctx.Done():
		return supervise.Event{}, context.Cause(ctx)
	}
}

// environment is that of all programs of a node.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
}

// start starts a program that stays.
func (n *Node) start(ctx context.Context, name, path string, args []string) (*process, error) {
	log := n.logFile(name)
	e, err := n.ask(ctx, supervise.Request{Start: &supervise.Start{Path: path, Args: append([]string{path}, args...), Env: environment(), Dir: "/", Out: log}})
	if err != nil {
		return nil, err
	}
	p := &process{name: name, pid: e.PID, log: log, done: make(chan struct{})}
	p.kill = func(s signal) error {
		number := map[signal]syscall.Signal{terminate: syscall.SIGTERM, kill: syscall.SIGKILL, freeze: syscall.SIGSTOP, thaw: syscall.SIGCONT}[s]
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_, err := n.ask(limit, supervise.Request{Signal: &supervise.Signal{PID: e.PID, Number: int(number)}})
		return err
	}
	n.mu.Lock()
	end := n.end(e.PID)
	n.mu.Unlock()
	go func() {
		select {
		case last := <-end:
			p.err = errors.New(last.How)
		case <-n.init.done:
			p.err = errors.New("the node ended")
		}
		n.mu.Lock()
		delete(n.ends, e.PID)
		n.mu.Unlock()
		close(p.done)
	}()
	return p, nil
}

// run runs a program until it ends.
func (n *Node) run(ctx context.Context, path string, args ...string) (code int, stdout, stderr string, err error) {
	n.mu.Lock()
	n.last++
	base := n.path(fmt.Sprintf("changes/run-%d", n.last))
	n.mu.Unlock()
	e, err := n.ask(ctx, supervise.Request{Run: &supervise.Start{
		Path: path, Args: append([]string{path}, args...), Env: environment(), Dir: "/", Out: base + ".out", Err: base + ".err",
	}})
	if err != nil {
		return 0, "", "", err
	}
	out, err1 := os.ReadFile(base + ".out")
	errs, err2 := os.ReadFile(base + ".err")
	err = errors.Join(err1, err2, os.Remove(base+".out"), os.Remove(base+".err"))
	return e.Code, string(out), string(errs), err
}

// Run runs a program in the node's namespaces as root and returns its exit status and what it said. The node sees this machine's files, but has a
// /run, /etc, /usr, /opt and /var of its own.
func (n *Node) Run(tb testing.TB, path string, args ...string) (code int, stdout, stderr string) {
	tb.Helper()
	code, stdout, stderr, err := n.run(tb.Context(), path, args...)
	if err != nil {
		tb.Fatal(err)
	}
	return code, stdout, stderr
}

// Imitate starts a program that calls itself as it is told and stays, such as /usr/sbin/sshd, and returns how to end it. With the arguments
// serve :22 it listens there, and with proxy it only waits.
func (n *Node) Imitate(tb testing.TB, path string, args ...string) (stop func()) {
	tb.Helper()
	program, err := os.ReadFile(n.path("changes/usr/local/sbin/runc"))
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(n.Root, path)
	if err := writeFile(file, program, 0o755); err != nil {
		tb.Fatal(err)
	}
	p, err := n.start(tb.Context(), filepath.Base(path), path, args)
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		tb.Helper()
		if err := errors.Join(p.end(), os.Remove(file)); err != nil {
			tb.Fatal(err)
		}
	}
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

// startKubelet starts the kubelet.
func (n *Node) startKubelet(ctx context.Context) error {
	p, err := n.start(ctx, Kubelet, "/usr/bin/kubelet", n.flags.args())
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kubelet = p
	return nil
}

// await waits until the node is ready and the kubelet answers.
func (n *Node) await(ctx context.Context) error {
	began := time.Now()
	n.mu.Lock()
	p := n.kubelet
	n.mu.Unlock()
	err := poll(ctx, 3*time.Minute, func(ctx context.Context) error {
		if err := p.ended(); err != nil {
			return &finalError{err}
		}
		if err := n.approve(ctx); err != nil {
			return err
		}
		if err := n.ready(ctx); err != nil {
			return err
		}
		return n.serves(ctx)
	})
	if err != nil {
		return fmt.Errorf("waiting for the kubelet of %s: %w\n%s", n.Name, err, tail(p.log, 15))
	}
	n.c.opts.Log("%s ready after %v", n.Name, time.Since(began).Round(time.Millisecond))
	return nil
}

// ready asks the API whether the node is ready.
func (n *Node) ready(ctx context.Context) error {
	res, err := n.c.Do(ctx, http.MethodGet, "/api/v1/nodes/"+n.Name, "", nil)
	if err != nil {
		return err
	}
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string } `json:"conditions"`
		} `json:"status"`
	}
	if res.Status != http.StatusOK {
		return fmt.Errorf("node %s: %d", n.Name, res.Status)
	}
	if err := json.Unmarshal(res.Body, &node); err != nil {
		return err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			return nil
		} else if c.Type == "Ready" {
			return fmt.Errorf("node %s is not ready: %s", n.Name, c.Message)
		}
	}
	return fmt.Errorf("node %s has no condition Ready yet", n.Name)
}

// serves asks the kubelet, as the API server would, so that somebody listens there with a certificate, and at the read-only port if it has one.
func (n *Node) serves(ctx context.Context) error {
	cert, key := n.c.KubeletClient()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, //nolint:gosec // its certificate is for the tests to judge
	}}}
	defer client.CloseIdleConnections()
	if err := healthy(ctx, client, n.KubeletURL()+"/healthz"); err != nil {
		return err
	}
	res, err := do(ctx, client, http.MethodGet, n.KubeletURL()+"/configz", "", nil)
	if err != nil || res.Status != http.StatusOK {
		return err // it does not tell when its debugging handlers are off
	}
	var configz struct {
		KubeletConfig struct {
			ReadOnlyPort int `json:"readOnlyPort"`
		} `json:"kubeletconfig"`
	}
	if err := json.Unmarshal(res.Body, &configz); err != nil || configz.KubeletConfig.ReadOnlyPort == 0 {
		return err
	}
	return healthy(ctx, client, "http://"+net.JoinHostPort(n.Address, strconv.Itoa(configz.KubeletConfig.ReadOnlyPort))+"/healthz")
}

// approve approves the certificates that the kubelet of the node asks for to serve with, which no controller of Kubernetes does.
//
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#certificate-rotation
func (n *Node) approve(ctx context.Context) error {
	const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
	res, err := n.c.Do(ctx, http.MethodGet, path+"?fieldSelector=spec.signerName%3Dkubernetes.io/kubelet-serving", "", nil)
	if err != nil {
		return err
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal(res.Body, &list); err != nil || res.Status != http.StatusOK {
		return fmt.Errorf("requests for certificates: %d %.200s", res.Status, res.Body)
	}
	for _, r := range list.Items {
		meta, _ := r["metadata"].(map[string]any)
		spec, _ := r["spec"].(map[string]any)
		status, _ := r["status"].(map[string]any)
		if spec["username"] != "system:node:"+n.Name || status["conditions"] != nil {
			continue
		}
		r["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Approved", "status": "True", "reason": "TestBed", "message": "the node is ours"}}}
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		name, _ := meta["name"].(string)
		if res, err = n.c.Do(ctx, http.MethodPut, path+"/"+name+"/approval", "application/json", body); err != nil {
			return err
		}
		if res.Status != http.StatusOK {
			return fmt.Errorf("approving %s: %d %.300s", name, res.Status, res.Body)
		}
	}
	return nil
}

// RestartKubelet starts the kubelet again with changed flags, after its files were changed for instance, and waits until the node is ready.
func (n *Node) RestartKubelet(tb testing.TB, changes Flags) {
	tb.Helper()
	if err := n.TryKubelet(tb.Context(), changes); err != nil {
		tb.Fatal(err)
	}
}

// TryKubelet is RestartKubelet for a kubelet that may not start: the error has its last words.
func (n *Node) TryKubelet(ctx context.Context, changes Flags) error {
	n.mu.Lock()
	p := n.kubelet
	n.mu.Unlock()
	if err := p.stop(); err != nil {
		return err
	}
	n.flags = n.flags.with(changes)
	if err := n.startKubelet(ctx); err != nil {
		return err
	}
	return n.await(ctx)
}

// Flags are those of the kubelet.
func (n *Node) Flags() Flags { return n.flags.with(nil) }

// Configure changes the kubelet's configuration file, as NodeOptions.KubeletConfig does. It does not start the kubelet again.
func (n *Node) Configure(tb testing.TB, changes string) {
	tb.Helper()
	file := n.path("var/lib/kubelet/config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	n.opts.KubeletConfig = changes
	changed, err := n.kubeletConfig(string(text))
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// KubeletPID is the kubelet's number among the processes of the node.
func (n *Node) KubeletPID() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kubelet.pid
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
