package cluster

import (
	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// noPolicyForConnections is why there is no admission policy.
const noPolicyForConnections = "What can be reached over the network is decided there; it never passes admission."

// openFromPods calls do for the connections that pods tried to a part of the control plane or a node, and says whether there were any.
func openFromPods(at tree.Node, to string, do func(open tree.Node) bool) (tried bool) {
	for _, c := range at.Get("spec").Get("connections").Items() {
		open := c.Get("open")
		if isOpen, known := open.Bool(); c.Get("from").Text() != clusterfacts.FromPod || c.Get("to").Text() != to || !known {
			continue
		} else if tried = true; isOpen && !do(open) {
			break
		}
	}
	return tried
}

// notTriedFromPods holds for documents that say nothing of such connections.
func notTriedFromPods(to string) control.Rule {
	return &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if openFromPods(at, to, func(tree.Node) bool { return true }) {
				fail(control.Violation{At: at, Problem: "says it"})
			}
		},
		Text: "spec.connections has none from a pod to " + to,
	}
}

// closedToPods holds if no connection from a pod was opened.
func closedToPods(to string) control.Rule {
	return &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			openFromPods(at, to, func(open tree.Node) bool {
				return fail(control.Violation{At: open, Problem: "is true: pods reach " + to})
			})
		},
		Text: "no connection from a pod to " + to + " may open",
	}
}

// tried is an entry of spec.connections.
func tried(to, address string, open bool) mapping {
	return mapping{"from": clusterfacts.FromPod, "to": to, "address": address, "open": open}
}
