package prove

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// etcdReader reads raw values from etcd, by the one call of its API that this takes: Range of etcdserverpb.KV, which is gRPC. It is written out
// here, a request and an answer of two fields each over HTTP/2, because etcd's client library would be a tenth of the program.
//
// https://github.com/etcd-io/etcd/blob/v3.6.0/api/etcdserverpb/rpc.proto, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
type etcdReader struct {
	http *http.Client
	base string
}

// reader connects to an address of etcd with the certificate of the user. It sends nothing yet.
func (t *Target) reader(address string) (*etcdReader, error) {
	r := &etcdReader{base: "https://" + address}
	transport := &http.Transport{Protocols: new(http.Protocols), DisableKeepAlives: true}
	r.http = &http.Client{Transport: transport}
	for _, given := range t.Etcd.Endpoints {
		if strings.HasPrefix(given, "http://") && len(hostPorts([]string{given}, "")) == 1 && hostPorts([]string{given}, "")[0] == address {
			r.base = "http://" + address
			transport.Protocols.SetUnencryptedHTTP2(true)
			return r, nil
		}
	}
	transport.Protocols.SetHTTP2(true)
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	transport.TLSClientConfig = config
	if t.Etcd.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Etcd.Cert, t.Etcd.Key)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate for etcd: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if t.Etcd.CA != "" {
		text, err := os.ReadFile(t.Etcd.CA)
		if err != nil {
			return nil, fmt.Errorf("read the authority of etcd: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read the authority of etcd: %s has no certificate", t.Etcd.CA)
		}
	}
	return r, nil
}

// maxValue bounds a value: etcd takes requests of 1.5 MiB.
const maxValue = 4 << 20

// value reads the value of a key as it is stored.
func (r *etcdReader) value(ctx context.Context, key string) (value []byte, found bool, err error) {
	var answer []byte
	// The first field of a RangeRequest is the key.
	err = r.ask(ctx, appendBytes(nil, 1, key), func(body io.Reader) (err error) {
		answer, err = io.ReadAll(io.LimitReader(body, maxValue))
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return readRange(answer)
}

// appendBytes appends a field with bytes to a protobuf message, appendNumber one with a number.
func appendBytes(message []byte, number uint64, value string) []byte {
	message = binary.AppendUvarint(message, number<<3|2)
	message = binary.AppendUvarint(message, uint64(len(value)))
	return append(message, value...)
}

func appendNumber(message []byte, number, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(message, number<<3), value)
}

// ask sends a RangeRequest and lets read have the answer, a gRPC message.
func (r *etcdReader) ask(ctx context.Context, message []byte, read func(body io.Reader) error) error {
	// A gRPC message: no compression, the length, the bytes.
	body := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	body = append(body, message...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/etcdserverpb.KV/Range", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	req.Header.Set("User-Agent", userAgent)
	resp, err := r.http.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	readErr := read(resp.Body)
	status, text := resp.Trailer.Get("Grpc-Status"), resp.Trailer.Get("Grpc-Message")
	if status == "" {
		status, text = resp.Header.Get("Grpc-Status"), resp.Header.Get("Grpc-Message")
	}
	if readErr != nil && (status == "" || status == "0") {
		return readErr
	}
	if status != "0" {
		return fmt.Errorf("etcd refuses with gRPC status %q: %s", status, oneLine(text))
	}
	return nil
}

var errNotRange = errors.New("the answer is no RangeResponse")

// readRange takes the value out of a gRPC message with a RangeResponse: kvs = 2, of which each is a KeyValue with value = 5.
func readRange(answer []byte) (value []byte, found bool, err error) {
	if len(answer) < 5 || answer[0] != 0 || uint64(binary.BigEndian.Uint32(answer[1:5])) != uint64(len(answer)-5) {
		return nil, false, errNotRange
	}
	pair, found, err := field(answer[5:], 2)
	if err != nil || !found {
		return nil, false, err
	}
	value, _, err = field(pair, 5)
	return value, true, err
}

// field returns the bytes of the first field with a number in a protobuf message.
// https://protobuf.dev/programming-guides/encoding/
func field(message []byte, number uint64) (value []byte, found bool, err error) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, false, errNotRange
		}
		message = message[n:]
		size := uint64(0)
		switch tag & 7 {
		case 0:
			if _, n = binary.Uvarint(message); n <= 0 {
				return nil, false, errNotRange
			}
			size = uint64(n)
		case 1:
			size = 8
		case 2:
			if size, n = binary.Uvarint(message); n <= 0 {
				return nil, false, errNotRange
			}
			message = message[n:]
		case 5:
			size = 4
		default:
			return nil, false, errNotRange
		}
		if size > uint64(len(message)) {
			return nil, false, errNotRange
		}
		if tag == number<<3|2 {
			return message[:size], true, nil
		}
		message = message[size:]
	}
	return nil, false, nil
}
