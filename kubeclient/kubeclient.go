// Package kubeclient talks to an API server: it finds the connection where kubectl finds it, sends requests whose answers are bounded, and
// asks again where Kubernetes says that this helps. It knows paths and bytes and no kinds of object, so that a program which links it starts
// as fast as before.
package kubeclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options say which API server to talk to, and as whom.
type Options struct {
	// Kubeconfig is a kubeconfig file; "" is those of $KUBECONFIG, or ~/.kube/config, or the service account of the pod that the program runs in.
	Kubeconfig string
	// Context is a context of the kubeconfig; "" is the current one.
	Context string
	// Timeout bounds one request with all of its answer; 0 is a minute.
	Timeout time.Duration
	// UserAgent is how requests name the program; audit logs have it.
	UserAgent string
}

// DefaultTimeout is what the API server itself gives a request. https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ (--request-timeout)
const DefaultTimeout = time.Minute

// Client is a connection to an API server. Any number of goroutines may use it.
type Client struct {
	name    string
	base    *url.URL
	config  *rest.Config
	http    *http.Client
	timeout time.Duration
	agent   string
	wait    func(context.Context, time.Duration) error
	// served is the certificate that the server answered with first.
	served atomic.Pointer[x509.Certificate]
}

// InCluster is the name of the connection that a pod's service account gives.
const InCluster = "in-cluster"

// Connect finds the connection. It sends nothing yet.
func Connect(opts Options) (*Client, error) {
	name, config, err := load(opts)
	if err != nil {
		return nil, err
	}
	return newClient(name, config, opts)
}

func newClient(name string, config *rest.Config, opts Options) (*Client, error) {
	config.WarningHandler = rest.NoWarnings{}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", name, err)
	}
	// A redirect could lead credentials to another place. No API server sends one.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", name, err)
	}
	c := &Client{name: name, base: base, config: config, http: client, timeout: opts.Timeout, agent: opts.UserAgent, wait: sleep}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.agent == "" {
		c.agent = "kubeharden"
	}
	return c, nil
}

// load follows the rules of kubectl: an explicit file, $KUBECONFIG, ~/.kube/config, and in a pod without any of them its service account.
func load(opts Options) (name string, config *rest.Config, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if opts.Kubeconfig != "" {
		if _, err := os.Stat(opts.Kubeconfig); err != nil {
			return "", nil, fmt.Errorf("read kubeconfig: %w", err)
		}
		rules.ExplicitPath = opts.Kubeconfig
	}
	deferred := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: opts.Context})
	raw, err := deferred.RawConfig()
	if err != nil {
		return "", nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	name = opts.Context
	if name == "" {
		name = raw.CurrentContext
	}
	if len(raw.Contexts) == 0 && opts.Kubeconfig == "" && opts.Context == "" {
		config, err := rest.InClusterConfig()
		switch {
		case errors.Is(err, rest.ErrNotInCluster):
			return "", nil, ErrNoConnection
		case err != nil:
			return "", nil, fmt.Errorf("use the service account of the pod: %w", err)
		}
		return InCluster, config, nil
	}
	if name == "" && len(raw.Contexts) > 0 {
		return "", nil, errors.New("the kubeconfig has no current context")
	}
	if _, ok := raw.Contexts[name]; !ok {
		return "", nil, &ContextError{Name: name, Known: contexts(&raw)}
	}
	if config, err = deferred.ClientConfig(); err != nil {
		return "", nil, fmt.Errorf("use context %s: %w", name, err)
	}
	return name, config, nil
}

// ErrNoConnection says that nothing tells where an API server is.
var ErrNoConnection = errors.New("no kubeconfig and no service account of a pod")

// ContextError says that a kubeconfig has no context of a name.
type ContextError struct {
	Name  string
	Known []string
}

func (e *ContextError) Error() string {
	return fmt.Sprintf("the kubeconfig has no context %q", e.Name)
}

// Name is the context of the kubeconfig, or InCluster.
func (c *Client) Name() string { return c.name }

// Server is where the API server is.
func (c *Client) Server() *url.URL { u := *c.base; return &u }

// Certificate is the one that the server has answered with; nil before the first answer, and without TLS.
func (c *Client) Certificate() *x509.Certificate { return c.served.Load() }

// Proxied reports whether requests go through a proxy, so that the server's name may mean something only there.
func (c *Client) Proxied() bool {
	find := c.config.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment
	}
	proxy, err := find(&http.Request{URL: c.base})
	return err == nil && proxy != nil
}

// Anonymous is the same connection without any credentials: the authority that signed the server's certificate is all that is left.
func (c *Client) Anonymous() (*Client, error) {
	return newClient(c.name, rest.AnonymousClientConfig(c.config), Options{Timeout: c.timeout, UserAgent: c.agent})
}

// Request is one request.
type Request struct {
	Method string // "" is GET
	Path   string // /api/v1/pods
	Query  url.Values
	Header http.Header
	Body   []byte
	// Limit bounds the answer in bytes; 0 is MaxAnswer.
	Limit int64
	// Once sends the request once, whatever the answer; others are sent again where that cannot do harm.
	Once bool
}

// MaxAnswer bounds an answer that is read as a whole.
const MaxAnswer = 64 << 20

// Response is an answer that has been read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request and reads the answer, whatever its status. The error is that of a connection, or of an answer that is too large.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	var out *Response
	err := c.Stream(ctx, r, func(status int, header http.Header, body io.Reader) error {
		limit := r.Limit
		if limit <= 0 {
			limit = MaxAnswer
		}
		read, err := io.ReadAll(io.LimitReader(body, limit+1))
		if err != nil {
			return err
		}
		if int64(len(read)) > limit {
			return fmt.Errorf("the answer is larger than %d bytes", limit)
		}
		out = &Response{Status: status, Header: header, Body: read}
		return nil
	})
	return out, err
}

// Get returns the body of a good answer; others are a *StatusError.
func (c *Client) Get(ctx context.Context, path string, query url.Values, accept string) ([]byte, error) {
	r := Request{Path: path, Query: query}
	if accept != "" {
		r.Header = http.Header{"Accept": {accept}}
	}
	resp, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if resp.Status/100 != 2 {
		return nil, NewStatusError(resp.Status, resp.Body)
	}
	return resp.Body, nil
}

// Stream sends a request and gives its answer to read, once: when read has been called nothing is asked again.
func (c *Client) Stream(ctx context.Context, r Request, read func(status int, header http.Header, body io.Reader) error) error {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	for try := 0; ; try++ {
		again, err := c.send(ctx, &r, try, read)
		if again < 0 {
			if err != nil {
				return fmt.Errorf("%s %s: %w", strings.ToLower(r.Method), r.Path, short(err))
			}
			return nil
		}
		if err := c.wait(ctx, again); err != nil {
			return fmt.Errorf("%s %s: %w", strings.ToLower(r.Method), r.Path, err)
		}
	}
}

// send sends a request once. A time to wait of 0 or more asks for another try.
func (c *Client) send(ctx context.Context, r *Request, try int, read func(int, http.Header, io.Reader) error) (again time.Duration, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, "/") + r.Path
	u.RawQuery = r.Query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return -1, err
	}
	maps.Copy(req.Header, r.Header)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.agent)
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if !r.Once && r.Method == http.MethodGet && ctx.Err() == nil && try < maxTries-1 && mayRecover(err) {
			return backoff(try), nil
		}
		return -1, causeOf(ctx, err)
	}
	defer func() {
		// What is left is read so that the connection can be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
		_ = resp.Body.Close()
	}()
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		c.served.CompareAndSwap(nil, resp.TLS.PeerCertificates[0])
	}
	if wait, ok := retryAfter(resp, r, try); ok {
		return wait, nil
	}
	if err := read(resp.StatusCode, resp.Header, resp.Body); err != nil {
		return -1, causeOf(ctx, err)
	}
	return -1, nil
}

// causeOf tells a deadline by what it was.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

var errTimeout = errors.New("no answer within the time of a request")

// short drops what net/http puts around an error: the request is named already.
func short(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
