package prove

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// tlsVersions shakes hands in every version, and with every suite that Go calls insecure.
func tlsVersions() *Probe {
	return &Probe{
		Name: "tls-versions", Title: "Which TLS versions and cipher suites do API server, kubelets and etcd accept?",
		Controls: []string{
			"apiserver-tls-min-version-too-low", "apiserver-weak-tls-ciphers", "kubelet-tls-min-version-too-low", "kubelet-weak-tls-ciphers", "etcd-weak-tls",
		},
		Does: "Begins a TLS handshake with each of TLS 1.0, 1.1, 1.2 and 1.3, and some more with the suites that Go calls insecure (RC4, 3DES, CBC with " +
			"SHA-256, key exchange by RSA), up to one more than are accepted, and breaks each of them off when the server has chosen.",
		Needs: []string{"network access to the API server, the kubelets and etcd", "list nodes (or --node-address)", "list pods in kube-system (or --etcd-endpoint)"},
		run: func(ctx context.Context, t *Target) []Outcome {
			host := t.API.Server().Host
			if _, _, err := net.SplitHostPort(host); err != nil {
				host = net.JoinHostPort(strings.Trim(host, "[]"), "443")
			}
			all := t.tlsOf(ctx, host, t.apiServer(), "apiserver-tls-min-version-too-low", "apiserver-weak-tls-ciphers")
			const kubelet = "kubelet-tls-min-version-too-low"
			all = append(all, t.onKubelets(ctx, kubelet, func(n *node) []Outcome {
				return t.tlsOf(ctx, n.address(), n.ref(), kubelet, "kubelet-weak-tls-ciphers")
			})...)
			const etcd = "etcd-weak-tls"
			return append(all, t.onEtcd(ctx, etcd, t.etcd(ctx).clients, func(address string) ([]Outcome, bool) {
				o := t.tlsOf(ctx, address, etcdRef(address), etcd, etcd)
				return o, !slices.ContainsFunc(o, func(o Outcome) bool { return o.Status == control.Unknown })
			})...)
		},
	}
}

// tlsOf judges an address by the versions and by the suites that it accepts.
func (t *Target) tlsOf(ctx context.Context, address string, ref control.Ref, versionID, suiteID string) []Outcome {
	version := Outcome{Control: versionID, Ref: ref, Path: "TLS version"}
	var accepted, old []string
	undecided := ""
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		h := t.negotiate(ctx, address, v, v, allSuites())
		name := tls.VersionName(v)
		version.Evidence = append(version.Evidence, control.Exchange{Request: name + " handshake with " + address, Response: h.response()})
		switch {
		case h.agreed:
			accepted = append(accepted, name)
			if v < tls.VersionTLS12 {
				old = append(old, name)
			}
		case !h.refused && undecided == "":
			undecided = h.response()
		}
		if notTLS(h.err) || h.err != nil && !h.refused {
			break // the others would end in the same way
		}
	}
	switch {
	case undecided != "":
		reason := undecided
		if strings.Contains(reason, "first record does not look like") {
			reason = "the server does not speak TLS"
		}
		version.Status, version.Message, version.Reason = control.Unknown, "TLS could not be tried", reason
		return []Outcome{version}
	case len(accepted) == 0:
		version.Status, version.Message, version.Reason = control.Unknown, "TLS could not be tried", "no version of TLS was accepted"
		return []Outcome{version}
	case len(old) > 0:
		version.Status, version.Message = control.Fail, "accepts "+strings.Join(old, " and ")
	default:
		version.Message = "accepts " + strings.Join(accepted, " and ") + " only"
	}
	return []Outcome{version, t.weakSuites(ctx, address, ref, suiteID)}
}

// weakSuites offers the insecure suites, without those that the server has accepted before, until it accepts none.
func (t *Target) weakSuites(ctx context.Context, address string, ref control.Ref, id string) Outcome {
	o := Outcome{Control: id, Ref: ref, Path: "TLS cipher suites"}
	var offer []uint16
	for _, s := range tls.InsecureCipherSuites() {
		offer = append(offer, s.ID)
	}
	var weak []string
	for len(offer) > 0 {
		h := t.negotiate(ctx, address, tls.VersionTLS10, tls.VersionTLS12, offer)
		o.Evidence = append(o.Evidence, control.Exchange{Request: "TLS handshake with " + address + " with insecure suites only", Response: h.response()})
		if !h.agreed && !h.refused {
			o.Status, o.Message, o.Reason = control.Unknown, "cipher suites could not be tried", h.response()
			return o
		}
		if !h.agreed {
			break
		}
		weak = append(weak, tls.CipherSuiteName(h.suite))
		before := len(offer)
		offer = slices.DeleteFunc(offer, func(id uint16) bool { return id == h.suite })
		if len(offer) == before {
			break
		}
	}
	o.Message = "accepts no insecure cipher suite"
	if len(weak) > 0 {
		slices.Sort(weak)
		o.Status, o.Message = control.Fail, "accepts "+strings.Join(weak, ", ")
	}
	return o
}

// allSuites are all suites that Go has, also those that it does not offer by itself: an old server may know no other.
func allSuites() []uint16 {
	var all []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		all = append(all, s.ID)
	}
	return all
}
