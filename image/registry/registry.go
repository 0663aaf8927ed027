// Package registry asks registries which digest an image has. It is the only package that does: everything else works without a network.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/image/lock"
)

const (
	// DefaultTimeout bounds the question for one image.
	DefaultTimeout = 10 * time.Second
	// Jobs is how many images are asked for at the same time.
	Jobs = 8
	// MaxImages is how many different images are asked for in one call of Digests; for others ErrTooMany is the answer.
	MaxImages = 4096
)

// Why a registry gave no digest. Other errors are those of the network.
var (
	ErrRefused  = errors.New("the registry wants a login, or does not show it to this one")
	ErrNotFound = errors.New("it is not in the registry")
	ErrTooOften = errors.New("the registry wants to be asked less often")
	ErrTimeout  = errors.New("the registry has not answered in time")
	ErrInsecure = errors.New("the registry does not answer with HTTPS, and without it anybody on the way could")
	ErrTooMany  = fmt.Errorf("more than %d different images are not asked for at once", MaxImages)
)

// Client asks registries. The zero value is ready to use.
type Client struct {
	// Timeout bounds the question for one image, with logins and further tries; 0 is DefaultTimeout.
	Timeout time.Duration
	// Keychain has the logins; nil is that of Docker and Podman, with their credential helpers (authn.DefaultKeychain).
	Keychain authn.Keychain
	// UserAgent is what the registry is told; "" is that of the library.
	UserAgent string
}

// Answer is what a registry said of an image.
type Answer struct {
	Digest string
	Err    error
}

// Digests asks for the digests of images, each different one once, and not more than Jobs at a time. Answers are by [lock.Key].
func (c *Client) Digests(ctx context.Context, refs []image.Reference) map[string]Answer {
	answers := make(map[string]Answer, len(refs))
	var todo []image.Reference
	for i := range refs {
		key := lock.Key(&refs[i])
		if _, known := answers[key]; known {
			continue
		}
		if len(todo) == MaxImages {
			answers[key] = Answer{Err: ErrTooMany}
			continue
		}
		answers[key] = Answer{}
		todo = append(todo, refs[i])
	}
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	next := make(chan *image.Reference)
	for range min(Jobs, len(todo)) {
		workers.Go(func() {
			for ref := range next {
				digest, err := c.Digest(ctx, ref)
				mu.Lock()
				answers[lock.Key(ref)] = Answer{digest, err}
				mu.Unlock()
			}
		})
	}
	for i := range todo {
		next <- &todo[i]
	}
	close(next)
	workers.Wait()
	return answers
}

// Digest asks for the digest of what the tag of an image names now, that of the index if the image is one for several platforms. A digest that
// ref has does not matter. The question is a HEAD request, which Docker Hub does not count as a pull.
func (c *Client) Digest(ctx context.Context, ref *image.Reference) (string, error) {
	tag, err := name.NewTag(lock.Key(ref), name.StrictValidation)
	if err != nil {
		return "", image.ErrName
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	keychain := c.Keychain
	if keychain == nil {
		keychain = authn.DefaultKeychain
	}
	options := []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(keychain), remote.WithTransport(secure{remote.DefaultTransport}),
		// A registry that wants to be asked less often is not asked again: 429 is not among these.
		remote.WithRetryStatusCodes(http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout),
	}
	if c.UserAgent != "" {
		options = append(options, remote.WithUserAgent(c.UserAgent))
	}
	found, err := remote.Head(tag, options...)
	if err != nil {
		return "", reason(ctx, err)
	}
	digest := found.Digest.String()
	if !lock.ValidDigest(digest) {
		return "", fmt.Errorf("the registry has answered with the digest %.80q: %w", digest, image.ErrDigest)
	}
	return digest, nil
}

// secure sends nothing without TLS but to this computer. The library would do so for private addresses, logins included, and a digest from
// who knows where must not be pinned.
type secure struct{ next http.RoundTripper }

func (s secure) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !loopback(r.URL.Hostname()) {
		return nil, ErrInsecure
	}
	return s.next.RoundTrip(r)
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// reason says in few words what the library says in many.
func reason(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimeout
	}
	if errors.Is(err, ErrInsecure) {
		return ErrInsecure
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		switch answer.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return ErrRefused
		case http.StatusNotFound:
			return ErrNotFound
		case http.StatusTooManyRequests:
			return ErrTooOften
		}
		return fmt.Errorf("the registry has answered with status %d", answer.StatusCode)
	}
	return fmt.Errorf("ask the registry: %w", err)
}
