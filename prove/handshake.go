package prove

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/kubeharden/kubeharden/control"
)

// errNegotiated ends a handshake when what it was for is known.
var errNegotiated = errors.New("negotiated")

// handshake is how a TLS handshake went.
type handshake struct {
	// agreed says that the server agreed on a version and a suite, whatever it wanted afterwards.
	agreed bool
	// refused says that the server did not want the handshake; else err kept it from being decided.
	refused bool
	version uint16
	suite   uint16
	err     error
}

func (h *handshake) response() string {
	switch {
	case h.agreed:
		return "accepted: " + tls.VersionName(h.version) + " with " + tls.CipherSuiteName(h.suite)
	case h.refused:
		return "refused: " + handshakeError(h.err)
	}
	return connectionError(h.err)
}

// handshakeError says why a handshake was refused.
func handshakeError(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return oneLine(op.Err.Error())
	}
	return connectionError(err)
}

// dial connects within the time of a connection.
func (t *Target) dial(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: t.timeout()}
	return d.DialContext(ctx, "tcp", address)
}

// serverName is what a client asks for by name; "" for an address.
func serverName(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil || net.ParseIP(host) != nil {
		return ""
	}
	return host
}

// negotiate shakes hands as far as the server's certificate, which comes when version and suite are agreed on, and then breaks off. A server
// that wants a client certificate has not seen by then that there is none. Nothing is sent behind the handshake, so that the server's certificate
// need not be verified.
func (t *Target) negotiate(ctx context.Context, address string, from, upTo uint16, suites []uint16) handshake {
	conn, err := t.dial(ctx, address)
	if err != nil {
		return handshake{err: err}
	}
	defer conn.Close()
	var h handshake
	client := tls.Client(conn, &tls.Config{
		InsecureSkipVerify: true, MinVersion: from, MaxVersion: upTo, CipherSuites: suites, ServerName: serverName(address),
		VerifyConnection: func(state tls.ConnectionState) error {
			h.agreed, h.version, h.suite = true, state.Version, state.CipherSuite
			return errNegotiated
		},
	})
	ctx, cancel := context.WithTimeout(ctx, t.timeout())
	defer cancel()
	err = client.HandshakeContext(ctx)
	if h.agreed {
		return h
	}
	h.err = err
	h.refused = isRefusal(err)
	return h
}

// isRefusal reports whether a handshake failed because the server did not want it: by an alert, by closing the connection, by insisting on a
// version that was not offered, or by not speaking TLS.
func isRefusal(err error) bool {
	if isAlert(err) {
		return true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return true
	}
	if notTLS(err) {
		return false
	}
	var network net.Error // of the connection, not of what was said on it
	return err != nil && !errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// isAlert reports whether the other side has said by an alert of TLS that it does not want to go on.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// notTLS reports whether what came back was no TLS at all.
func notTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record)
}

// stranger is how a server treats a TLS client without a certificate.
type stranger struct {
	exchange control.Exchange
	// answered says that the server answered the request, refused that it did not want the client.
	answered, refused bool
	// plaintext says that the server does not speak TLS.
	plaintext bool
	// alerted says that it refused by a TLS alert, or after the handshake: it does speak TLS.
	alerted bool
	// connected says that something listens there.
	connected bool
	err       error
}

// alertWait is how long a server may take to refuse a client after the handshake: with TLS 1.3 the client is ready before the server has looked
// for its certificate, and the refusal is the first thing that it reads. RFC 8446, section 4.4.2.4.
const alertWait = time.Second

// askAsStranger connects with TLS but without a certificate, and asks for a page if that is let in.
func (t *Target) askAsStranger(ctx context.Context, address, path string) stranger {
	s := stranger{exchange: control.Exchange{Request: "GET https://" + address + path + " without a client certificate"}}
	conn, err := t.dial(ctx, address)
	if err != nil {
		s.err = err
		s.exchange.Response = connectionError(err)
		return s
	}
	s.connected = true
	defer conn.Close()
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, ServerName: serverName(address)})
	ctx, cancel := context.WithTimeout(ctx, t.timeout())
	defer cancel()
	if err := client.HandshakeContext(ctx); err != nil {
		s.end(err)
		s.alerted = isAlert(err)
		return s
	}
	s.alerted = true
	defer interrupt(ctx, conn)()
	// The refusal is waited for before anything is sent: a server that closes while bytes are under way resets the connection, and its alert is lost.
	in := bufio.NewReader(client)
	if err := waitForAlert(ctx, conn, in); err != nil {
		s.end(err)
		return s
	}
	if _, err := fmt.Fprintf(client, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n", path, address, userAgent); err != nil {
		s.end(err)
		return s
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		s.end(err)
		return s
	}
	_ = resp.Body.Close()
	s.exchange.Response = statusLine(resp.StatusCode, nil)
	s.answered = resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden
	s.refused = !s.answered
	return s
}

// interrupt ends what is read and written on a connection when the context ends, until what it returns is called.
func interrupt(ctx context.Context, conn net.Conn) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0))
		close(done)
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

// waitForAlert waits a moment for a refusal. Silence is none, nor are bytes.
func waitForAlert(ctx context.Context, conn net.Conn, in *bufio.Reader) error {
	moment, cancel := context.WithTimeout(ctx, alertWait)
	defer cancel()
	stop := interrupt(moment, conn)
	_, err := in.Peek(1)
	stop()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return conn.SetDeadline(time.Time{})
	}
	return err
}

func (s *stranger) end(err error) {
	s.err = err
	s.plaintext = notTLS(err)
	s.refused = isRefusal(err)
	s.exchange.Response = connectionError(err)
	switch {
	case s.plaintext:
		s.exchange.Response = "no TLS handshake: the server does not speak TLS"
	case s.refused:
		s.exchange.Response = "refused: " + handshakeError(err)
	}
}
