package cluster

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverWeakTlsCiphers: what is encrypted with a weak suite can be read.
var ApiserverWeakTlsCiphers = control.Control{
	ID: "apiserver-weak-tls-ciphers", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Allow strong TLS cipher suites only on the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(strongSuites()),
	Risk:     "Clients that know none of the suites cannot connect; those of the last ten years do.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --tls-cipher-suites and suites with ECDHE and GCM or ChaCha20, or with --tls-min-version=VersionTLS13.",
	Refs: control.Refs{
		CIS:    []string{"1.2.29"},
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{"https://go.dev/doc/go1.22#cryptotlspkgcryptotls", "https://go.dev/doc/go1.23#cryptotlspkgcryptotls", "https://pkg.go.dev/crypto/tls#CipherSuites"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0143", "C-0277"},
		Checkov:   []string{"CKV_K8S_105"},
		KubeBench: []string{"1.2.29"},
		Other:     []string{"kics:weak_tls_cipher_suites"},
	},
	Why: `With suites that exchange the key by RSA whoever has recorded the traffic and gets the key of the server later reads it all, tokens
and Secrets. RC4, 3DES and CBC with SHA-256 have known attacks. What is not given is the list of Go: from Kubernetes 1.32 on there is none
of these in it, before there is.`,
	Examples: []control.Example{
		{
			Name: "1.31 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.31.4"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
		{
			Name: "1.29 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.29.4"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
		{Name: "1.32 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.32.0")},
	},
}

// aeadSuites are what a fix sets: forward secrecy, and encryption that authenticates.
var aeadSuites = []string{
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}

// otherSuites are right as well: those of TLS 1.3, the names that Kubernetes had for ChaCha20 before, and the suites with ECDHE and CBC that Go
// counts as secure and has on by itself (tls.CipherSuites), as CIS 1.2.29 does.
var otherSuites = []string{
	"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
	"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
}

// strongSuites requires suites of the lists above. With TLS 1.3 alone the flag has no effect.
//
// Without the flag Go's own list counts, by the version of Go that go.mod of the release names (or its godebug line): from Go 1.22 on, Kubernetes
// 1.30, it has no suites with RSA key exchange; from Go 1.23 on, Kubernetes 1.32, none with 3DES.
func strongSuites() control.Setting {
	const flag = "tls-cipher-suites"
	// With suites that HTTP/2 does not take alone no component starts: https://github.com/golang/net/blob/master/http2/server.go (ConfigureServer).
	s := control.FlagOnly(flag, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_GCM_SHA256", append(slices.Clone(aeadSuites), otherSuites...)...)
	value, problem := s.Value, s.Problem
	s.Wanted = "must name suites with ECDHE and without RC4, 3DES and CBC with SHA-256 only"
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		switch {
		case i.Flag("tls-min-version").Text == "VersionTLS13":
			return absent()
		case v.Empty() && !i.Version.Known():
			return notKnown("--" + flag + " is not given, and before Kubernetes 1.32 weak suites were among the default ones")
		}
		return v
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		switch {
		case !v.Empty():
			return problem(v, i)
		case before(i, 30):
			return "is not given, and the default suites of Kubernetes " + i.Version.String() + " have RSA key exchange and 3DES among them"
		case before(i, 32):
			return "is not given, and the default suites of Kubernetes " + i.Version.String() + " have 3DES among them"
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit { return set(i, flag, strings.Join(aeadSuites, ",")) }
	return alsoGood(s, []string{}, []string{"--tls-min-version=VersionTLS13"})
}
