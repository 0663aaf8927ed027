// Package cluster is a Kubernetes for tests: real programs, started on this machine and gone with the test.
//
//	c := cluster.Start(t, cluster.Options{APIServer: cluster.Flags{"profiling": "true"}})
//
// starts etcd and an API server that are hardened but for one setting. What is not said otherwise is as test/controlplane has it: a control
// plane that `kubeadm init` made and somebody hardened, or with Options.Defaults nobody did. Flags, files and addresses are those of kubeadm too:
// a flag may name /etc/kubernetes/audit/policy.yaml or https://127.0.0.1:2379, and the bed puts it below the cluster's own folder and at its
// own port.
//
// The programs are built by the go command from the modules below tools, into Go's own cache. They listen on the loopback interface only, or
// with a node in a network namespace of their own. They end with the test, and also with a test process that is killed; the folder of one
// that was killed is removed when the next cluster starts.
package cluster

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/test/controlplane"
)

// Options say how a cluster differs from the hardened one.
type Options struct {
	// Minor is the release of the API server, one of Minors; the newest if empty. The scheduler and the kubelet are of the newest, want things of the
	// API that older servers do not have, and so are not started with these.
	Minor string
	// Defaults starts what kubeadm sets up by itself, without any hardening.
	Defaults bool

	// Settings of the components; those of a component that is not started are of no effect.
	Etcd, APIServer, ControllerManager, Scheduler Flags

	// WithControllerManager and WithScheduler start these too. Without the first nobody makes the service accounts of namespaces: see
	// Cluster.Namespace.
	WithControllerManager, WithScheduler bool

	// Files are written before anything starts, in the place of those that are there. They are named as on the node
	// (/etc/kubernetes/encryption/config.yaml) and have the mode 600; an empty text means that there is no such file.
	Files map[string]string

	// Node starts a worker, with the controller manager and the scheduler. The API server then listens in a network of this machine's instead of
	// the loopback interface. More nodes are started by StartNode.
	Node *NodeOptions

	// Network gives the control plane an address that is not of the loopback interface, without a node: on a bridge that only this machine is
	// connected to. It needs what a node needs.
	Network bool

	// StaticPods runs the control plane as kubeadm does: the components are static pods of a node, which Node describes, at kubeadm's ports and with
	// kubeadm's paths. It takes some twenty seconds more, and as long again when a component is started again with other flags.
	StaticPods bool

	// Mirror shows the control plane in the API as kubeadm's is shown: a Node, and the mirror pods of the components that run with their flags.
	Mirror bool

	// Certificate may change a certificate before it is signed. Names are those of kubeadm's files without their ending, as apiserver or
	// etcd/server, and of its kubeconfig files, as admin.conf.
	Certificate func(name string, template *x509.Certificate)

	// Log is told what happens; nil means nobody is.
	Log func(format string, args ...any)
}

// Cluster is a cluster that runs.
type Cluster struct {
	// Dir is the root of the file system of the control plane: Dir/etc/kubernetes, Dir/var/lib/etcd, Dir/var/log/kubernetes.
	Dir string
	// Minor is the release of the API server.
	Minor string
	// NodeName is the name of the control plane's node.
	NodeName string

	opts    Options
	locked  *os.File // says that the folder is in use
	address string
	ports   ports
	port    map[string]int
	pki     *pki
	ca      *authority
	roots   *x509.CertPool
	admin   *http.Client
	users   int

	mu         sync.Mutex
	components map[string]*component
	kinds      map[string]resource
	nodes      []*Node
	nextNode   int
	closed     bool

	network     *network
	images      images
	registry    *http.Server
	registryURL string
}

// component is a program of the cluster and how it is started.
type component struct {
	name   string
	binary string
	file   controlplane.File // its static pod
	flags  Flags             // as the static pod has them
	ready  func(context.Context) error
	limit  time.Duration
	*process
}

// Start starts a cluster that ends with the test. It skips the test if the programs cannot be had here or KUBEHARDEN_TEST_CLUSTER is off, and
// fails it if one of them does not start. When the test fails, it logs what the components said last.
func Start(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	SkipUnlessWanted(tb)
	if opts.Log == nil {
		opts.Log = tb.Logf
	}
	ctx := tb.Context()
	if t, ok := tb.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := t.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadlineCause(ctx, end.Add(-10*time.Second), errors.New("the test's time is over; `make programs` builds what tests need before they run"))
			defer cancel()
		}
	}
	c, err := New(ctx, opts)
	if err != nil {
		if missing, ok := errors.AsType[*UnavailableError](err); ok {
			tb.Skip(missing.Error())
		}
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			for _, name := range c.Running() {
				tb.Logf("last words of %s:\n%s", name, tail(c.logFile(name), 10))
			}
			for _, n := range c.nodes {
				for _, name := range []string{Containerd, Kubelet} {
					tb.Logf("last words of %s of %s:\n%s", name, n.Name, tail(n.path("var/log/components/"+name+".log"), 10))
				}
			}
		}
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// StartNode starts another worker in a cluster that was started with one.
func (c *Cluster) StartNode(tb testing.TB, opts NodeOptions) *Node {
	tb.Helper()
	n, err := c.AddNode(tb.Context(), &opts)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// SkipUnlessWanted skips a test in short mode and where KUBEHARDEN_TEST_CLUSTER is off.
func SkipUnlessWanted(tb testing.TB) {
	tb.Helper()
	if off() {
		tb.Skip("KUBEHARDEN_TEST_CLUSTER is off")
	}
	if testing.Short() {
		tb.Skip("a cluster takes seconds, and the tests are to be short")
	}
}

// off tells whether nobody wants clusters here.
func off() bool { return os.Getenv("KUBEHARDEN_TEST_CLUSTER") == "off" }

// New starts a cluster, which the caller has to close.
func New(ctx context.Context, opts Options) (_ *Cluster, err error) {
	if opts.Minor == "" {
		opts.Minor = Minors()[0]
	}
	if opts.Log == nil {
		opts.Log = func(string, ...any) {}
	}
	if opts.Minor != Minors()[0] && (opts.WithScheduler || opts.Node != nil || opts.StaticPods) {
		return nil, fmt.Errorf("scheduler and nodes are of Kubernetes %s and do not work with an API server of %s", Minors()[0], opts.Minor)
	}
	c := &Cluster{
		Minor: opts.Minor, NodeName: "control-plane", opts: opts, address: "127.0.0.1", port: map[string]int{},
		components: map[string]*component{}, kinds: map[string]resource{},
	}
	if opts.StaticPods && opts.Node == nil {
		opts.Node = &NodeOptions{}
		c.opts.Node = opts.Node
	}
	if opts.Node != nil || opts.Network {
		if reason := NodeSupported(); reason != "" {
			return nil, &UnavailableError{"a node", reason}
		}
	}
	if opts.Node != nil {
		c.opts.WithControllerManager, c.opts.WithScheduler = true, true
	}
	names := c.wanted()
	binaries := map[string]string{}
	began := time.Now()
	for _, name := range names {
		if binaries[name], err = Binary(ctx, c.Minor, name); err != nil {
			return nil, err
		}
	}
	opts.Log("programs found after %v", time.Since(began).Round(time.Millisecond))
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := c.lay(ctx); err != nil {
		return nil, err
	}
	for _, name := range names {
		c.components[name].binary = binaries[name]
	}
	if opts.StaticPods {
		if err := c.startStatic(ctx); err != nil {
			return nil, err
		}
		if err := c.controlled(ctx); err != nil {
			return nil, err
		}
		return c, nil
	}
	for _, name := range names {
		if err := c.run(ctx, name); err != nil {
			return nil, err
		}
		if name == APIServer {
			if err := c.settle(ctx); err != nil {
				return nil, err
			}
		}
	}
	if opts.Mirror {
		if err := c.mirror(ctx); err != nil {
			return nil, err
		}
	}
	if opts.Node != nil {
		if _, err := c.AddNode(ctx, opts.Node); err != nil {
			return nil, err
		}
	}
	if err := c.controlled(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// controlled waits until the controllers have made the service account without which no pod is admitted: they take some seconds after their
// manager says that it is well.
func (c *Cluster) controlled(ctx context.Context) error {
	if !c.opts.WithControllerManager {
		return nil
	}
	return poll(ctx, time.Minute, func(ctx context.Context) error {
		const path = "/api/v1/namespaces/default/serviceaccounts/default"
		res, err := c.Do(ctx, http.MethodGet, path, "", nil)
		if err == nil && res.Status != http.StatusOK {
			err = fmt.Errorf("%s: %d", path, res.Status)
		}
		return err
	})
}

// wanted are the components in the order of their start.
func (c *Cluster) wanted() []string {
	names := []string{Etcd, APIServer}
	if c.opts.WithControllerManager {
		names = append(names, ControllerManager)
	}
	if c.opts.WithScheduler {
		names = append(names, Scheduler)
	}
	return names
}

// lay makes the folder of the cluster and all files in it.
func (c *Cluster) lay(ctx context.Context) error {
	if err := c.makeDir(ctx); err != nil {
		return err
	}
	c.images.dir = c.path("images")
	if c.opts.Node != nil || c.opts.Network {
		dir, err := base()
		if err != nil {
			return err
		}
		if c.network, err = takeNetwork(ctx, dir); err != nil {
			return err
		}
		c.address = c.network.host()
	}
	if c.opts.StaticPods {
		c.address = c.network.node(0)
		c.port = map[string]int{Etcd: 2379, "etcd-peer": 2380, "etcd-metrics": 2381, APIServer: 6443, ControllerManager: 10257, Scheduler: 10259}
	}
	for _, name := range []string{Etcd, "etcd-peer", "etcd-metrics", APIServer, ControllerManager, Scheduler} {
		if c.opts.StaticPods {
			break
		}
		var err error
		if c.port[name], err = c.ports.take(); err != nil {
			return err
		}
	}
	for _, dir := range []string{"var/log/kubernetes/audit", "var/log/components", "users"} {
		if err := os.MkdirAll(c.path(dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.path("var/lib/etcd"), 0o700); err != nil {
		return err
	}
	c.pki = &pki{root: c.Dir, adjust: c.opts.Certificate}
	var err error
	if c.ca, err = c.pki.cluster(c.NodeName, slices.Compact([]string{"127.0.0.1", c.address})...); err != nil {
		return err
	}
	c.roots = x509.NewCertPool()
	c.roots.AddCert(c.ca.cert)
	if err := c.kubeconfigs(); err != nil {
		return err
	}
	if err := c.settings(); err != nil {
		return err
	}
	for name, text := range c.opts.Files {
		if text == "" {
			if err := os.Remove(c.path(name)); err != nil {
				return err
			}
			continue
		}
		if err := writeFile(c.path(name), []byte(c.rooted().Replace(c.here().Replace(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// makeDir makes the folder of the cluster, after it has removed those of clusters whose process is gone.
func (c *Cluster) makeDir(ctx context.Context) error {
	dir, err := base()
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, "clusters")
	if err != nil {
		return err
	}
	defer unlock()
	old, err := filepath.Glob(filepath.Join(dir, "cluster-*"))
	if err != nil {
		return err
	}
	for _, o := range old {
		f, err := tryLock(filepath.Join(o, "lock"))
		if err != nil {
			continue // it is in use
		}
		if err := errors.Join(f.Close(), os.RemoveAll(o)); err != nil {
			return fmt.Errorf("removing what a killed test left: %w", err)
		}
	}
	if c.Dir, err = os.MkdirTemp(dir, "cluster-"); err != nil {
		return err
	}
	if err := os.Chmod(c.Dir, 0o755); err != nil { //nolint:gosec // as the root of a file system is; the folder above it is closed
		return err
	}
	c.locked, err = tryLock(c.path("lock"))
	return err
}

// path is where a file of the node is.
func (c *Cluster) path(name string) string { return filepath.Join(c.Dir, filepath.FromSlash(name)) }

// Path returns where a file of the node is, as /etc/kubernetes/pki/ca.crt, for who looks at it from the test.
func (c *Cluster) Path(name string) string { return c.path(name) }

// rooted puts paths where the components find them.
func (c *Cluster) rooted() *strings.Replacer {
	if c.opts.StaticPods {
		return rooted("") // they see them where kubeadm has them
	}
	return rooted(c.Dir)
}

// here puts the address and the ports of the cluster in the place of kubeadm's.
func (c *Cluster) here() *strings.Replacer {
	colon := func(name string) string { return ":" + strconv.Itoa(c.port[name]) }
	return strings.NewReplacer("192.0.2.10", c.address, ":2379", colon(Etcd), ":2380", colon("etcd-peer"), ":2381", colon("etcd-metrics"),
		":6443", colon(APIServer))
}

// settings writes the files of the control plane and reads the flags of its components from them.
func (c *Cluster) settings() error {
	minor, err := strconv.Atoi(strings.TrimPrefix(c.Minor, "1."))
	if err != nil {
		return err
	}
	files := func(minor int) ([]controlplane.File, error) {
		if c.opts.Defaults {
			return controlplane.Kubeadm(minor), nil
		}
		policy, err := audit.Generate(audit.Options{})
		return controlplane.Hardened(minor, string(policy)), err
	}
	all, err := files(minor)
	if err != nil {
		return err
	}
	newest, err := files(controlplane.Newest)
	if err != nil {
		return err
	}
	for n, f := range all {
		name := strings.TrimSuffix(filepath.Base(f.Path), ".yaml")
		switch {
		case strings.HasPrefix(f.Path, "cluster/"):
			continue
		case filepath.Dir(f.Path) == "etc/kubernetes/manifests":
			if name == Etcd {
				f = newest[n] // there is one etcd for all releases
			}
			if err := c.component(name, f); err != nil {
				return err
			}
			continue
		case f.Path == "etc/kubernetes/encryption/config.yaml":
			if f.Text, err = encryption(); err != nil { // what the file names, a KMS plugin, is not here
				return err
			}
		}
		if err := writeFile(c.path(f.Path), []byte(c.rooted().Replace(c.here().Replace(f.Text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// encryption is a configuration with a new key.
func encryption() (string, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources:
  - secrets
  - configmaps
  providers:
  - secretbox:
      keys:
      - name: key1
        secret: ` + base64.StdEncoding.EncodeToString(key) + `
  - identity: {}
`, nil
}

// component says how a component is started, from the static pod that kubeadm would make.
func (c *Cluster) component(name string, file controlplane.File) error {
	flags, err := command(file)
	if err != nil {
		return err
	}
	k := &component{name: name, file: file, limit: 2 * time.Minute}
	if c.opts.StaticPods {
		k.limit *= 2 // the kubelet lets what failed wait
		k.ready = c.staticReady(name)
		changes := map[string]Flags{Etcd: c.opts.Etcd, APIServer: c.opts.APIServer, ControllerManager: c.opts.ControllerManager, Scheduler: c.opts.Scheduler}[name]
		k.flags = flags.with(changes).replace(c.here())
		c.components[name] = k
		return nil
	}
	switch name {
	case Etcd:
		local := Flags{"listen-client-urls": "https://127.0.0.1:2379", "name": c.NodeName}
		flags, k.ready = flags.with(local).with(c.opts.Etcd), c.etcdReady
	case APIServer:
		local := Flags{"secure-port": strconv.Itoa(c.port[APIServer]), "bind-address": c.address}
		if c.address == "127.0.0.1" {
			local["endpoint-reconciler-type"] = "none" // the Service kubernetes takes no loopback address
		}
		flags, k.ready = flags.with(local).with(c.opts.APIServer), c.apiServerReady
	case ControllerManager, Scheduler:
		// One of each: nobody else could lead, and after a restart nobody waits for the lease of the one before. Twenty requests a second, the default,
		// are five seconds for the accounts of the controllers.
		local := Flags{"secure-port": strconv.Itoa(c.port[name]), "leader-elect": "false", "kube-api-qps": "500", "kube-api-burst": "1000"}
		changes := c.opts.Scheduler
		if name == ControllerManager {
			changes = c.opts.ControllerManager
		}
		flags, k.ready = flags.with(local).with(changes), func(ctx context.Context) error { return c.componentHealthy(ctx, name) }
	default:
		return fmt.Errorf("%s: no such component", file.Path)
	}
	k.flags = flags.replace(c.here())
	c.components[name] = k
	return nil
}

// run starts a component and waits for it.
func (c *Cluster) run(ctx context.Context, name string) error {
	k := c.components[name]
	if err := c.writeManifest(k); err != nil {
		return err
	}
	began := time.Now()
	args := k.flags.replace(c.rooted()).args()
	if c.opts.StaticPods {
		return c.awaitStatic(ctx, k)
	}
	cmd := newCommand(k.binary, args)
	cmd.Args[0] = name // that is how people call it: the go command names etcd after its folder, server
	p, err := start(name, cmd, c.logFile(name))
	if err != nil {
		return err
	}
	c.mu.Lock()
	k.process = p
	c.mu.Unlock()
	err = poll(ctx, k.limit, func(ctx context.Context) error {
		if err := p.ended(); err != nil {
			return &finalError{err}
		}
		return k.ready(ctx)
	})
	if err != nil {
		if p.ended() != nil {
			c.mu.Lock()
			k.process = nil
			c.mu.Unlock()
		}
		return fmt.Errorf("waiting for %s: %w\n%s", name, err, tail(p.log, 15))
	}
	c.opts.Log("%s ready after %v", name, time.Since(began).Round(time.Millisecond))
	return nil
}

func (c *Cluster) logFile(name string) string {
	if c.opts.StaticPods {
		return c.staticLog(name)
	}
	return c.path("var/log/components/" + name + ".log")
}

// etcdReady asks etcd whether it is well, at the address that its flags say.
func (c *Cluster) etcdReady(ctx context.Context) error {
	client, err := c.etcdClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return healthy(ctx, client, c.EtcdURL()+"/health")
}

// apiServerReady asks the API server whether it is ready.
func (c *Cluster) apiServerReady(ctx context.Context) error {
	if c.components[APIServer].flags["client-ca-file"] == "" {
		// It knows no certificates, so what it says to us is only that it is there.
		res, err := do(ctx, c.admin, http.MethodGet, c.URL()+"/readyz", "", nil)
		if err == nil && res.Status >= http.StatusInternalServerError {
			err = fmt.Errorf("it answers %d", res.Status)
		}
		return err
	}
	return healthy(ctx, c.admin, c.URL()+"/readyz")
}

// componentHealthy asks the controller manager or the scheduler, which sign their certificates themselves.
func (c *Cluster) componentHealthy(ctx context.Context, name string) error {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	defer client.CloseIdleConnections()
	return healthy(ctx, client, c.ComponentURL(name)+"/healthz")
}

func healthy(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	res, err := do(ctx, client, http.MethodGet, url, "", nil)
	if err != nil {
		return err
	}
	if res.Status != http.StatusOK {
		return fmt.Errorf("%s answers %d: %.300s", url, res.Status, res.Body)
	}
	return nil
}

// Running are the names of the components that were started and not stopped, in the order of their start.
func (c *Cluster) Running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, name := range c.wanted() {
		if k := c.components[name]; k != nil && k.process != nil {
			names = append(names, name)
		}
	}
	return names
}

// Logs is all that a component has said.
func (c *Cluster) Logs(tb testing.TB, name string) string {
	tb.Helper()
	f, err := os.Open(c.logFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Flags are the flags that a component was last started with, with kubeadm's paths.
func (c *Cluster) Flags(name string) Flags { return c.components[name].flags.with(nil) }

// PID is the process of a component.
func (c *Cluster) PID(tb testing.TB, name string) int {
	tb.Helper()
	if c.opts.StaticPods {
		pid, _, err := c.staticProcess(name)
		if err != nil {
			tb.Fatal(err)
		}
		return pid
	}
	return c.process(tb, name).pid
}

func (c *Cluster) process(tb testing.TB, name string) *process {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.components[name]
	if k == nil || k.process == nil {
		tb.Fatalf("%s does not run", name)
	}
	return k.process
}

// Stop ends a component as a service manager does. Kill ends it as a crash does.
func (c *Cluster) Stop(tb testing.TB, name string) {
	tb.Helper()
	how := (*process).stop
	if c.opts.StaticPods {
		how = func(*process) error { return c.stopStatic(tb.Context(), name) }
	}
	c.end(tb, name, how)
}

// Kill ends a component at once. With StaticPods it could not stay so: the kubelet would start it again.
func (c *Cluster) Kill(tb testing.TB, name string) {
	tb.Helper()
	if c.opts.StaticPods {
		tb.Fatalf("%s is a static pod: the kubelet would start it again", name)
	}
	c.end(tb, name, (*process).end)
}

func (c *Cluster) end(tb testing.TB, name string, how func(*process) error) {
	tb.Helper()
	if err := how(c.process(tb, name)); err != nil {
		tb.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.components[name].process = nil
}

// Freeze stops a component in the middle of what it does: connections stay open and nobody answers. Thaw lets it go on.
func (c *Cluster) Freeze(tb testing.TB, name string) { c.signal(tb, name, freeze) }

// Thaw lets a frozen component go on.
func (c *Cluster) Thaw(tb testing.TB, name string) { c.signal(tb, name, thaw) }

func (c *Cluster) signal(tb testing.TB, name string, s signal) {
	tb.Helper()
	if err := c.process(tb, name).kill(s); err != nil {
		tb.Fatal(err)
	}
}

// Restart starts a component again, which runs or was stopped, with changed flags, and waits until it is ready.
func (c *Cluster) Restart(tb testing.TB, name string, changes Flags) {
	tb.Helper()
	if slices.Contains(c.Running(), name) {
		if c.opts.StaticPods {
			c.Stop(tb, name)
		} else {
			c.Kill(tb, name) // an API server would wait for who watches
		}
	}
	if err := c.Try(tb.Context(), name, changes); err != nil {
		tb.Fatal(err)
	}
}

// Try starts a component that does not run with changed flags, and waits until it is ready. The error has the last words of one that is not.
func (c *Cluster) Try(ctx context.Context, name string, changes Flags) error {
	c.admin.CloseIdleConnections()
	k := c.components[name]
	k.flags = k.flags.with(changes.replace(c.here()))
	return c.run(ctx, name)
}

// Address is that of the control plane.
func (c *Cluster) Address() string { return c.address }

// Close ends all components, the last one first, and removes the folder of the cluster. It may be called again.
func (c *Cluster) Close() error {
	names := c.Running()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, n.close())
	}
	if c.registry != nil {
		errs = append(errs, c.registry.Close())
	}
	for _, name := range slices.Backward(names) {
		if c.opts.StaticPods {
			break // they ended with the node
		}
		p := c.components[name].process
		// A frozen process hears nothing else; nobody needs what etcd would write at its end.
		errs = append(errs, p.end())
	}
	if c.admin != nil {
		c.admin.CloseIdleConnections()
	}
	c.ports.release()
	if c.network != nil {
		errs = append(errs, c.network.release())
	}
	if c.Dir != "" {
		errs = append(errs, os.RemoveAll(c.Dir))
	}
	if c.locked != nil {
		errs = append(errs, c.locked.Close())
	}
	return errors.Join(errs...)
}
