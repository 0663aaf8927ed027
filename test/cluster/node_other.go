//go:build !linux

package cluster

import "context"

type nodeState struct{}

type network struct{}

func takeNetwork(context.Context, string) (*network, error) { return nil, errNode }

func (*network) host() string { return "" }

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
