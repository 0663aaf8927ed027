package cluster

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeGeneralPurposeOS: a node has nothing on it that it does not need.
var NodeGeneralPurposeOS = control.Control{
	ID: "node-general-purpose-os", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Use a container-optimised, immutable node OS",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkOS, Text: "the operating system of the node must be one that is made for containers and whose programs cannot be changed"},
	Risk:     "Agents and habits that install packages on nodes stop working.",
	Fix:      control.Advice,
	NoFix:    "Nodes have to be made again from another image.",
	NoPolicy: noPolicyForNodes,
	Remedy:   "Choose an image with Bottlerocket, Talos, Flatcar, Fedora or RHEL CoreOS, Container-Optimized OS, openSUSE MicroOS or Ubuntu Core for the next nodes.",
	Refs: control.Refs{
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1562"},
		Source: []string{"https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-190.pdf"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0226"}},
	Why: `A general-purpose system has a package manager, compilers and interpreters, and a root file system that can be written: who breaks out of a container finds his
tools there and stays. A system for containers has none of that, mounts its programs read-only and is replaced as a whole.`,
	Bad: []control.Change{
		{Path: "spec.host.os", Value: "ubuntu"},
		{Path: "spec.host.os", Value: "fedora"},
	},
	Good: []control.Change{
		{Path: "spec.host", Name: "CoreOS", Value: mapping{"os": "fedora", "osVariant": "coreos"}},
		{Path: "spec.host.os", Value: "bottlerocket"},
		{Path: "spec.host.os", Value: "talos"},
		{Path: "spec.host.os", Value: "cos"},
	},
}

// containerSystems are those by ID of os-release.
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html#ID=
var containerSystems = []string{
	"flatcar", "bottlerocket", "talos", "cos", "rhcos", "scos", "opensuse-microos", "opensuse-leap-micro", "sle-micro", "sl-micro", "suse-microos", "ubuntu-core", "kairos",
	"k3os", "rancheros", "burmilla",
}

func checkOS(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	host := at.Get("spec").Get("host")
	system := host.Get("os")
	switch {
	case !system.Exists():
		fail(control.Violation{At: host, Missing: []string{"os"}, Problem: "is not known: the node has no os-release that could be read", Unknown: true})
		control.NodeUnknown(at, []string{node.PartHost}, fail)
	case slices.Contains(containerSystems, system.Text()), host.Get("osVariant").StrIs("coreos"), host.Get("osVariant").StrIs("iot"):
	default:
		name := host.Get("osName").Text()
		if name == "" {
			name = system.Text()
		}
		fail(control.Violation{At: system, Problem: "is " + system.Text() + ": " + name + " is a system for everything, with programs that a node does not need"})
	}
}
