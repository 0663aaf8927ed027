package kubeclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	// maxTries is how often a request is sent at most.
	maxTries = 4
	// maxWait bounds what a server may ask to wait for: no answer is worth an hour.
	maxWait = 15 * time.Second
)

// backoff is the time before the next try: 0.2, 0.4, 0.8 s.
func backoff(try int) time.Duration { return 200 * time.Millisecond << min(try, 4) }

// retryAfter says whether to ask again. Kubernetes sends 429 where requests are too many, and 503 or 504 while something starts; it says
// itself how long to wait, and no request that it answers so has been carried out.
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
func retryAfter(resp *http.Response, r *Request, try int) (time.Duration, bool) {
	if r.Once || try >= maxTries-1 {
		return 0, false
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusBadGateway, http.StatusInternalServerError:
		if r.Method != http.MethodGet {
			return 0, false
		}
	default:
		return 0, false
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		return min(time.Duration(seconds)*time.Second, maxWait), true
	}
	return backoff(try), true
}

// mayRecover reports whether a failed connection is one of those that come and go.
func mayRecover(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
