package prove

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/kubeharden/kubeharden/control"
)

const readOnlyPort = "10255"

// kubeletReadOnlyPort looks whether somebody listens on the port without authentication.
func kubeletReadOnlyPort() *Probe {
	const id = "kubelet-read-only-port-open"
	return &Probe{
		Name: "kubelet-read-only-port", Title: "Do kubelets serve the port that asks for no credentials?",
		Controls: []string{id},
		Does:     "Sends one GET /healthz to port 10255 of every node. A connection that is refused passes, an answer fails, silence says nothing.",
		Needs:    []string{"list nodes (or --node-address)", "network access to port 10255 of the nodes"},
		run: func(ctx context.Context, t *Target) []Outcome {
			return t.onKubelets(ctx, id, func(n *node) []Outcome {
				a := t.get(ctx, "http://"+net.JoinHostPort(n.host, readOnlyPort)+"/healthz")
				return []Outcome{openReadOnlyPort(id, n, &a)}
			})
		},
	}
}

func openReadOnlyPort(id string, n *node, a *answer) Outcome {
	o := Outcome{Control: id, Ref: n.ref(), Evidence: []control.Exchange{a.exchange}}
	switch {
	case a.err == nil:
		o.Status, o.Message = control.Fail, "port "+readOnlyPort+" answers without credentials"
	case errors.Is(a.err, syscall.ECONNREFUSED):
		o.Message = "nothing listens on port " + readOnlyPort
	default:
		o.Status, o.Message = control.Unknown, "port "+readOnlyPort+" could not be asked"
		o.Reason = a.exchange.Response + "; a firewall may be in between"
	}
	return o
}
