package prove

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// maxReason bounds what is repeated of an answer, in bytes, maxRead what is read of one.
const (
	maxReason = 300
	maxRead   = 8 << 10
)

// oneLine makes a short line of a text that is not trusted.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "..."
	}
	return text
}

// statusLine says how a server answered. Of a body only the message of a Kubernetes Status is told, and of kubelets their one line: what else
// comes back may be a secret.
func statusLine(status int, body []byte) string {
	line := fmt.Sprintf("HTTP %d %s", status, http.StatusText(status))
	if message := refusal(status, body); message != "" {
		line += ": " + message
	}
	return line
}

// refusal is the message of an answer that refuses.
func refusal(status int, body []byte) string {
	if status/100 == 2 {
		return ""
	}
	var s struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &s) == nil && s.Kind == "Status" {
		return oneLine(s.Message)
	}
	// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/server/server.go (InstallAuthFilter): "Unauthorized", "Forbidden (user=..."
	if text := oneLine(string(body)); status == http.StatusForbidden && strings.HasPrefix(text, "Forbidden (user=") {
		return text
	}
	return ""
}

// asAnonymous reports whether an answer says that the request was let in as system:anonymous before it was refused.
func asAnonymous(status int, body []byte) bool {
	return status == http.StatusForbidden && strings.Contains(refusal(status, body), "system:anonymous")
}

// connectionError says why there is no answer, in words that do not depend on the system.
func connectionError(err error) string {
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to the host"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case errors.As(err, &dns):
		return "the name of the host cannot be resolved"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	return oneLine(err.Error())
}

// answer is what a request without credentials got.
type answer struct {
	exchange control.Exchange
	status   int
	body     []byte
	err      error
}

// get sends a GET without any credentials and reads a little of the answer. The certificate of the server is not verified: nothing is sent that
// somebody in between could use, and the question is what the server answers to strangers.
func (t *Target) get(ctx context.Context, address string) answer {
	a := answer{exchange: control.Exchange{Request: "GET " + address + " without credentials"}}
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		a.fail(err)
		return a
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := client.Do(req)
	if err != nil {
		a.fail(err)
		return a
	}
	defer resp.Body.Close()
	a.status = resp.StatusCode
	if resp.StatusCode/100 != 2 {
		// A body that breaks off is enough: it is only looked at for a reason.
		a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxRead))
	}
	a.exchange.Response = statusLine(a.status, a.body)
	return a
}

// fail notes that there was no answer.
func (a *answer) fail(err error) {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	a.err = err
	a.exchange.Response = connectionError(err)
}

// userAgent is how requests without credentials name the program.
const userAgent = "kubeharden-prove"

// ask sends a request to the API server with credentials. The answer is bounded; a status that is no good one is no error.
func (t *Target) ask(ctx context.Context, r kubeclient.Request) (*kubeclient.Response, control.Exchange, error) {
	return askAs(ctx, t.API, r, "")
}

// maxObject bounds what the API server may answer to a probe.
const maxObject = 8 << 20

func askAs(ctx context.Context, api *kubeclient.Client, r kubeclient.Request, note string) (*kubeclient.Response, control.Exchange, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	at := *api.Server()
	at.Path = strings.TrimSuffix(at.Path, "/") + r.Path
	at.RawQuery = r.Query.Encode()
	e := control.Exchange{Request: method + " " + at.Redacted() + note}
	if r.Limit == 0 {
		r.Limit = maxObject
	}
	resp, err := api.Do(ctx, r)
	if err != nil {
		e.Response = connectionError(err)
		return nil, e, err
	}
	e.Response = statusLine(resp.Status, resp.Body)
	return resp, e, nil
}
