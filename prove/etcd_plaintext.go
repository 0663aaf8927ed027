package prove

import (
	"bytes"
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// etcdPlaintext asks etcd without TLS.
func etcdPlaintext() *Probe {
	const client, peer, metrics = "etcd-plaintext-listen-url", "etcd-peer-tls-missing", "etcd-metrics-exposed"
	return &Probe{
		Name: "etcd-plaintext", Title: "Does etcd answer without TLS?",
		Controls: []string{client, peer, metrics},
		Does: "Sends one GET /version and one GET /health without TLS to the client port and the peer port of every etcd, and one GET /health to the " +
			"addresses for metrics that etcd's pods name and that are not of the host itself.",
		Needs: etcdNeeds(),
		run: func(ctx context.Context, t *Target) []Outcome {
			c := t.etcd(ctx)
			all := t.onEtcd(ctx, client, c.clients, func(address string) ([]Outcome, bool) { return t.plaintext(ctx, client, address) })
			if len(c.peers) > 0 {
				all = append(all, t.onEtcd(ctx, peer, c.peers, func(address string) ([]Outcome, bool) { return t.plaintext(ctx, peer, address) })...)
			}
			for _, address := range c.metrics {
				if isLoopback(address) {
					continue // nobody but the host reaches it, and this may be another one
				}
				a := t.get(ctx, "http://"+address+"/health")
				o := Outcome{Control: metrics, Ref: etcdRef(address), Evidence: []control.Exchange{a.exchange}}
				switch {
				case a.err == nil && a.status/100 == 2:
					o.Status, o.Message = control.Fail, "the address for metrics answers without credentials"
				case a.err == nil:
					o.Message = "the address for metrics refuses requests without credentials"
				default:
					o.Status, o.Message, o.Reason = control.Unknown, "the address for metrics could not be asked", a.exchange.Response
				}
				all = append(all, o)
			}
			return all
		},
	}
}

func isLoopback(address string) bool {
	return strings.HasPrefix(address, "127.") || strings.HasPrefix(address, "localhost:") || strings.HasPrefix(address, "[::1]:")
}

func (t *Target) plaintext(ctx context.Context, id, address string) (outcomes []Outcome, reached bool) {
	o := Outcome{Control: id, Ref: etcdRef(address)}
	answered, unclear := false, ""
	for _, path := range []string{"/version", "/health"} {
		a := t.get(ctx, "http://"+address+path)
		o.Evidence = append(o.Evidence, a.exchange)
		switch {
		case a.err == nil && !wantsTLS(&a):
			answered, reached = true, true
		case a.err == nil, isRefusal(a.err), isNoHTTP(a.err):
			reached = true
		default:
			unclear = a.exchange.Response
		}
		if a.err != nil && !reached {
			break
		}
	}
	switch {
	case answered:
		o.Status, o.Message = control.Fail, "etcd answers without TLS"
	case unclear != "":
		o.Status, o.Message, o.Reason = control.Unknown, "etcd could not be asked", "etcd cannot be reached from here: "+unclear
	default:
		// Silence proves something only of a server that does speak TLS.
		h := t.negotiate(ctx, address, tls.VersionTLS10, tls.VersionTLS13, allSuites())
		o.Evidence = append(o.Evidence, control.Exchange{Request: "TLS handshake with " + address, Response: h.response()})
		o.Message = "etcd does not answer without TLS"
		if !h.agreed {
			o.Status, o.Message, o.Reason = control.Unknown, "etcd could not be asked", "the server answers neither with TLS nor without"
		}
	}
	return []Outcome{o}, reached
}

// wantsTLS recognises what Go's HTTP server says to a client that speaks no TLS.
// https://github.com/golang/go/blob/go1.26/src/net/http/server.go ("Client sent an HTTP request to an HTTPS server.")
func wantsTLS(a *answer) bool {
	return a.status == http.StatusBadRequest && bytes.Contains(a.body, []byte("HTTPS server"))
}

// isNoHTTP reports whether what came back was no HTTP, such as a TLS alert: the server talks to nobody without TLS.
func isNoHTTP(err error) bool {
	return slices.ContainsFunc([]string{"malformed HTTP", "transport connection broken"}, func(s string) bool { return strings.Contains(err.Error(), s) })
}
