package cluster

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/test/controlplane"
)

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
