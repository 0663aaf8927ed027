package prove

import (
	"context"

	"github.com/kubeharden/kubeharden/control"
)

// etcdNoClientCertificate connects to etcd as somebody whom it does not know.
//
// https://etcd.io/docs/v3.6/op-guide/security/
func etcdNoClientCertificate() *Probe {
	const client, peer = "etcd-client-cert-auth-disabled", "etcd-peer-client-cert-auth-disabled"
	return &Probe{
		Name: "etcd-no-client-certificate", Title: "Does etcd let in who has no client certificate?",
		Controls: []string{client, peer},
		Does: "Connects to the client port and the peer port of every etcd with TLS and without a client certificate, and if it is let in sends one GET " +
			"/version.",
		Needs: etcdNeeds(),
		run: func(ctx context.Context, t *Target) []Outcome {
			all := t.onEtcd(ctx, client, t.etcd(ctx).clients, func(address string) ([]Outcome, bool) {
				return t.withoutCertificate(ctx, client, address)
			})
			if len(t.etcd(ctx).peers) == 0 {
				return all
			}
			return append(all, t.onEtcd(ctx, peer, t.etcd(ctx).peers, func(address string) ([]Outcome, bool) {
				return t.withoutCertificate(ctx, peer, address)
			})...)
		},
	}
}

func etcdNeeds() []string {
	return []string{"list pods in kube-system and nodes (or --etcd-endpoint, --etcd-peer-endpoint)", "network access to etcd, usually ports 2379 and 2380"}
}

func (t *Target) withoutCertificate(ctx context.Context, id, address string) (outcomes []Outcome, reached bool) {
	s := t.askAsStranger(ctx, address, "/version")
	o := Outcome{Control: id, Ref: etcdRef(address), Evidence: []control.Exchange{s.exchange}}
	if s.refused && !s.alerted && !s.answered {
		// Closed without a word: an etcd without TLS does that too, and would answer to anybody.
		a := t.get(ctx, "http://"+address+"/version")
		o.Evidence = append(o.Evidence, a.exchange)
		s.plaintext = a.err == nil && !wantsTLS(&a)
		if !s.plaintext {
			o.Status, o.Message, o.Reason = control.Unknown, "etcd could not be asked", "the connection is closed in the handshake without an alert"
			return []Outcome{o}, s.connected
		}
	}
	switch {
	case s.plaintext:
		o.Status, o.Message = control.Fail, "etcd speaks no TLS, and asks nobody for a certificate"
	case s.answered:
		o.Status, o.Message = control.Fail, "etcd answers without a client certificate"
	case s.refused:
		o.Message = "etcd refuses connections without a client certificate"
	case s.connected:
		o.Status, o.Message, o.Reason = control.Unknown, "etcd could not be asked", s.exchange.Response
	default:
		o.Status, o.Message, o.Reason = control.Unknown, "etcd could not be asked", "etcd cannot be reached from here: "+s.exchange.Response
	}
	return []Outcome{o}, s.connected
}
