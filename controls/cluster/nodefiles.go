package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// nodeFacts are what controls on nodes judge.
var nodeFacts = []control.Kind{{Group: node.Group, Kind: node.Kind}}

// Why there is neither an admission policy nor a fix.
const (
	noPolicyForFacts = "What is on the disk of a node never passes admission."
	noFixForFacts    = "The finding is about a node, and a scan changes none; the message has the command."
)

// The documentation that decides.
const (
	cisBenchmark   = "https://www.cisecurity.org/benchmark/kubernetes"
	kubeadmDetails = "https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/"
)

// nsaKubeconfig is a heading of the NSA/CISA guide.
const nsaKubeconfig = "Network separation: kubeconfig files"
