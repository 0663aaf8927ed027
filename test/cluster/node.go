package cluster

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
)

// NodeOptions say how a node differs from the hardened one (or from kubeadm's, with Options.Defaults).
type NodeOptions struct {
	// Name is node-1 and so on if empty.
	Name string
	// Kubelet are its flags.
	Kubelet Flags
	// KubeletConfig is what is to be changed in its configuration file, as YAML: mappings are merged, null removes.
	KubeletConfig string
	// Files are written on the node before anything starts. Drop-ins of the kubelet, for instance, which the flag config-dir names.
	Files map[string]string
}

// Node is a worker: containerd, runc and a kubelet in mount, process, network, host name and IPC namespaces of their own, on a bridge that only
// this machine is connected to.
type Node struct {
	Name string
	// Dir is the root of the node's own files as this process sees them: Dir/etc/kubernetes, Dir/var/lib/kubelet.
	Dir string
	// Address is the node's address, which this machine reaches.
	Address string
	// Root is the whole file system of the node.
	Root string

	c *Cluster
	nodeState
}

// AddNode starts another worker, in a cluster that was started with one, and waits until it is ready.
func (c *Cluster) AddNode(ctx context.Context, opts *NodeOptions) (*Node, error) {
	if c.network == nil {
		return nil, errors.New("only a cluster that starts with a node has a network for more of them")
	}
	n := &Node{}
	if err := c.startNode(ctx, n, opts); err != nil {
		return nil, err
	}
	if err := n.await(ctx); err != nil {
		return nil, err
	}
	return n, nil
}

// Images that every node can pull.
const (
	PauseImage = "registry.k8s.io/pause:3.10.1"
	// ServeImage serves HTTP on port 8080 and says who it is. With the command /bedtool get URL it asks others.
	ServeImage = "registry.k8s.io/bed/serve:1"
)

func (n *Node) path(name string) string { return filepath.Join(n.Dir, filepath.FromSlash(name)) }

// Path returns where a file of the node is, for who looks at it from the test.
func (n *Node) Path(name string) string { return n.path(name) }

func (n *Node) logFile(name string) string { return n.path("var/log/components/" + name + ".log") }

// KubeletURL is where the kubelet listens.
func (n *Node) KubeletURL() string { return "https://" + net.JoinHostPort(n.Address, "10250") }

// ReadOnlyURL is where the kubelet listens without TLS, if the read-only port is 10255.
func (n *Node) ReadOnlyURL() string { return "http://" + net.JoinHostPort(n.Address, "10255") }

// Node is the first node of the cluster.
func (c *Cluster) Node(tb testing.TB) *Node {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.nodes) == 0 {
		tb.Fatal("the cluster has no node")
	}
	return c.nodes[0]
}

// KubeletClient are the files of the certificate with which the API server asks kubelets.
func (c *Cluster) KubeletClient() (cert, key string) {
	return c.path("etc/kubernetes/pki/apiserver-kubelet-client.crt"), c.path("etc/kubernetes/pki/apiserver-kubelet-client.key")
}

// SkipWithoutNode skips a test where no node can run, with the reason.
func SkipWithoutNode(tb testing.TB) {
	tb.Helper()
	SkipUnlessWanted(tb)
	if reason := NodeSupported(); reason != "" {
		tb.Skip("no node can run here: " + reason)
	}
}

// AddImage makes an image that all nodes of the cluster can pull: with one static program of this machine, at the path that the entry point says,
// for a user who is not root unless the pod says otherwise. The name has a registry, which nobody asks, and a tag.
func (c *Cluster) AddImage(tb testing.TB, name, program string, entrypoint ...string) {
	tb.Helper()
	if len(entrypoint) == 0 {
		tb.Fatalf("image %s has no entry point", name)
	}
	if err := c.images.add(&image{name: name, from: program, to: entrypoint[0], entrypoint: entrypoint, user: "65532:65532"}); err != nil {
		tb.Fatal(err)
	}
}
