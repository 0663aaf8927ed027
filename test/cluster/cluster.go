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
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
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
