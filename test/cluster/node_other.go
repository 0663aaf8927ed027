//go:build !linux

package cluster

import (
	"context"
	"testing"
)

type nodeState struct{}

type network struct{}

func takeNetwork(context.Context, string) (*network, error) { return nil, errNode }

func (*network) host() string { return "" }

func (*network) node(int) string { return "" }

func (*network) release() error { return nil }

var errNode = &UnavailableError{"a node", NodeSupported()}

// NodeSupported says why no node can run on this machine; nothing if it can.
func NodeSupported() string { return "it needs Linux" }

func nodePrograms() []string { return nil }

func (c *Cluster) startNode(context.Context, *Node, *NodeOptions) error { return errNode }

func (n *Node) await(context.Context) error { return errNode }

func (n *Node) close() error { return nil }

func (n *Node) network() string { return "" }

func (n *Node) ended() error { return nil }

// Run would run a program in the node's namespaces.
func (n *Node) Run(tb testing.TB, _ string, _ ...string) (code int, stdout, stderr string) {
	tb.Helper()
	tb.Skip(errNode)
	return 0, "", ""
}

// RestartKubelet would start the kubelet again.
func (n *Node) RestartKubelet(tb testing.TB, _ Flags) { tb.Skip(errNode) }

// TryKubelet would start a kubelet that may not start.
func (n *Node) TryKubelet(context.Context, Flags) error { return errNode }

// Flags would be those of the kubelet.
func (n *Node) Flags() Flags { return nil }

// Imitate would start a program that calls itself as it is told.
func (n *Node) Imitate(tb testing.TB, _ string, _ ...string) (stop func()) {
	tb.Helper()
	tb.Skip(errNode)
	return nil
}

// Configure would change the kubelet's configuration file.
func (n *Node) Configure(tb testing.TB, _ string) { tb.Skip(errNode) }

// KubeletPID would be the kubelet's number among the processes of the node.
func (n *Node) KubeletPID() int { return 0 }

// PID would be the first process of the node.
func (n *Node) PID() int { return 0 }

// Logs would be all that the kubelet or containerd has said.
func (n *Node) Logs(tb testing.TB, _ string) string {
	tb.Helper()
	tb.Skip(errNode)
	return ""
}
