package prove

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate, with RSA for the suites that want it.
func certificate(t *testing.T, withRSA bool) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if withRSA {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveTLS serves pages with a configuration and returns its address.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"etcdserver":"3.7.0"}`)) }))
	s.TLS = config
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestTLSVersions(t *testing.T) {
	weak := []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	for name, c := range map[string]struct {
		config          *tls.Config
		version, suites string
		message         string
	}{
		"new":     {&tls.Config{MinVersion: tls.VersionTLS12}, "pass", "pass", "accepts TLS 1.2 and TLS 1.3 only"},
		"newest":  {&tls.Config{MinVersion: tls.VersionTLS13}, "pass", "pass", "accepts TLS 1.3 only"},
		"old":     {&tls.Config{MinVersion: tls.VersionTLS10}, "fail", "pass", "accepts TLS 1.0 and TLS 1.1"},
		"old too": {&tls.Config{MinVersion: tls.VersionTLS11}, "fail", "pass", "accepts TLS 1.1"},
		"very old": {
			&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: weak, Certificates: []tls.Certificate{certificate(t, true)}},
			"fail", "fail", "accepts TLS_ECDHE_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA",
		},
		"weak": {
			&tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: weak[:1], Certificates: []tls.Certificate{certificate(t, true)}},
			"pass", "fail", "accepts TLS_RSA_WITH_AES_128_CBC_SHA",
		},
		"client certificates, 1.0": {
			&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, ClientAuth: tls.RequireAndVerifyClientCert}, "fail", "pass", "accepts TLS 1.0 and TLS 1.1",
		},
		"client certificates": {
			&tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert}, "pass", "pass", "accepts TLS 1.2 and TLS 1.3 only",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.config.Certificates == nil {
				c.config.Certificates = []tls.Certificate{certificate(t, false)}
			}
			address := serveTLS(t, c.config)
			target := &Target{Timeout: 2 * time.Second}
			outcomes := target.tlsOf(t.Context(), address, etcdRef(address), "versions", "suites")
			if v, s := statuses(outcomes, "versions"), statuses(outcomes, "suites"); v != c.version || s != c.suites || !strings.Contains(lines(outcomes), c.message) {
				t.Errorf("%s %s, want %s %s and %q\n%s", v, s, c.version, c.suites, c.message, lines(outcomes))
			}
		})
	}
}

func TestTLSOfNothing(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for address, want := range map[string]string{
		plain.Listener.Addr().String(): "the server does not speak TLS", silent.Addr().String(): "no answer in time", closed.Addr().String(): "connection refused",
	} {
		target := &Target{Timeout: 300 * time.Millisecond}
		outcomes := target.tlsOf(t.Context(), address, etcdRef(address), "versions", "suites")
		if len(outcomes) != 1 || outcomes[0].Status.String() != "unknown" || outcomes[0].Reason != want {
			t.Errorf("want unknown, %s: %s", want, lines(outcomes))
		}
	}
}

// closing is a server that closes every connection when something has come, and answers to a request without TLS if it is told to: so does etcd
// without TLS.
func closing(t *testing.T, answers bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 4096)
			n, _ := c.Read(b)
			if answers && strings.HasPrefix(string(b[:n]), "GET ") {
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestEtcdWithoutCertificate(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	pool := x509.NewCertPool()
	own := []tls.Certificate{certificate(t, false)}
	must := tls.RequireAndVerifyClientCert
	for name, c := range map[string]struct {
		address, want string
	}{
		"asked for, 1.3":  {serveTLS(t, &tls.Config{Certificates: own, ClientAuth: must, ClientCAs: pool, MinVersion: tls.VersionTLS13}), "pass"},
		"asked for, 1.2":  {serveTLS(t, &tls.Config{Certificates: own, ClientAuth: must, ClientCAs: pool, MaxVersion: tls.VersionTLS12}), "pass"},
		"not asked for":   {serveTLS(t, &tls.Config{Certificates: own, MinVersion: tls.VersionTLS12}), "fail"},
		"only if given":   {serveTLS(t, &tls.Config{Certificates: own, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}), "fail"},
		"no TLS":          {plain.Listener.Addr().String(), "fail"},
		"etcd's no TLS":   {closing(t, true), "fail"},
		"closed":          {closing(t, false), "unknown"},
		"nothing listens": {"127.0.0.1:1", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeAPI(t)
			target := target(t, f.Server)
			target.Etcd = Etcd{Endpoints: []string{"https://" + c.address}}
			outcomes := run(t, "etcd-no-client-certificate", target)
			if got := statuses(outcomes, "etcd-client-cert-auth-disabled"); got != c.want {
				t.Errorf("%s, want %s\n%s", got, c.want, lines(outcomes))
			}
		})
	}
}

func TestEtcdPlaintext(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer plain.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	// etcd closes connections that speak no TLS; Go's own server answers them with a page in plain text.
	rude, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}})
	if err != nil {
		t.Fatal(err)
	}
	defer rude.Close()
	go func() {
		for {
			c, err := rude.Accept()
			if err != nil {
				return
			}
			_ = c.(*tls.Conn).HandshakeContext(t.Context())
			c.Close()
		}
	}()
	for name, c := range map[string]struct{ address, want string }{
		"plain":           {plain.Listener.Addr().String(), "fail"},
		"TLS of Go":       {serveTLS(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}}), "pass"},
		"TLS":             {rude.Addr().String(), "pass"},
		"nothing listens": {"127.0.0.1:1", "unknown"},
		"silent":          {silent.Addr().String(), "unknown"},
		"etcd's no TLS":   {closing(t, true), "fail"},
		"neither":         {closing(t, false), "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeAPI(t)
			target := target(t, f.Server)
			target.Timeout = 500 * time.Millisecond
			target.Etcd = Etcd{Endpoints: []string{c.address}}
			outcomes := run(t, "etcd-plaintext", target)
			if got := statuses(outcomes, "etcd-plaintext-listen-url"); got != c.want {
				t.Errorf("%s, want %s\n%s", got, c.want, lines(outcomes))
			}
		})
	}
}

// TestWhereEtcdIs holds that flags of the pods of the control plane say where etcd is, and that a guess which nothing answers at proves nothing.
func TestWhereEtcdIs(t *testing.T) {
	f := newFakeAPI(t)
	pods := `{"items":[{"spec":{"containers":[{"command":["kube-apiserver","--etcd-servers=https://127.0.0.1:2379,https://10.0.0.5:2379","--etcd-prefix=/other","--encryption-provider-config=/x"]}]},"status":{"hostIP":"10.0.0.4"}},` +
		`{"spec":{"containers":[{"command":["etcd"],"args":["--listen-client-urls=https://10.0.0.4:2379","--listen-peer-urls=https://[fd00::4]:2380","--listen-metrics-urls=http://0.0.0.0:2381"]}]},"status":{"hostIP":"10.0.0.4"}}]}`
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/namespaces/kube-system/pods" {
			_, _ = w.Write([]byte(pods))
			return
		}
		status(w, http.StatusForbidden, "no")
	}
	c := target(t, f.Server).etcd(t.Context())
	if got := strings.Join(c.clients, " "); got != "10.0.0.4:2379 10.0.0.5:2379" {
		t.Error("clients: ", got)
	}
	if got := strings.Join(append(c.peers, c.metrics...), " "); got != "[fd00::4]:2380 0.0.0.0:2381" || c.prefix != "/other" || !c.encryptionConfig {
		t.Error(got, c)
	}
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/nodes" {
			_, _ = w.Write([]byte(`{"items":[{"metadata":{"name":"cp","labels":{"node-role.kubernetes.io/control-plane":""}},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.98"}]}}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"items":[]}`))
	}
	for _, name := range []string{"etcd-plaintext", "etcd-no-client-certificate"} {
		for _, o := range run(t, name, target(t, f.Server)) {
			if o.Status.String() != "unknown" || !o.NotGiven || !strings.Contains(o.Reason, "--etcd-endpoint") {
				t.Error(lines([]Outcome{o}))
			}
		}
	}
}
