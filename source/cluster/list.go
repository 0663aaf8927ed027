package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/kubeharden/kubeharden/kubeclient"
)

const (
	// pageSize is how many objects are asked for at once, as kubectl does. A page is read object by object, so its size bounds the work of the
	// API server and not our memory.
	pageSize = 500
	// maxObject bounds one object: etcd takes no request above 1.5 MiB by default, and no one's etcd above some more.
	maxObject = 32 << 20
	// maxPages bounds what a server can make us read that never ends a list.
	maxPages = 20000
	// maxErrorBody bounds what is read of an answer that is no list.
	maxErrorBody = 64 << 10
)

// listing says what of a resource is asked for.
type listing struct {
	accept string
	query  url.Values
}

// list calls each with the JSON of every object of a resource, page by page, in the server's order. An answer that stops in the middle is an
// error: what came before it has been given out, and is not all.
func list(ctx context.Context, client *kubeclient.Client, r *resource, how listing, each func(item []byte) error) error {
	query := url.Values{}
	maps.Copy(query, how.query)
	query.Set("limit", strconv.Itoa(pageSize))
	for range maxPages {
		next, err := page(ctx, client, r, query, how.accept, each)
		if err != nil {
			// A list that took too long goes on where the server says, without promising that all is of one moment.
			// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
			if status, ok := errors.AsType[*kubeclient.StatusError](err); ok && status.Code == http.StatusGone && status.Continue != "" {
				query.Set("continue", status.Continue)
				continue
			}
			return err
		}
		if next == "" {
			return nil
		}
		query.Set("continue", next)
	}
	return fmt.Errorf("the list of %s has no end", r)
}

// page reads one page and returns where the next one begins.
func page(ctx context.Context, client *kubeclient.Client, r *resource, query url.Values, accept string, each func([]byte) error) (next string, err error) {
	request := kubeclient.Request{Path: r.path(), Query: query}
	if accept != "" {
		request.Header = http.Header{"Accept": {accept}}
	}
	answered := false
	err = client.Stream(ctx, request, func(status int, _ http.Header, body io.Reader) error {
		answered = true
		if status != http.StatusOK {
			text, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
			if err != nil {
				return err
			}
			return kubeclient.NewStatusError(status, text)
		}
		next, err = readList(body, each)
		return err
	})
	if status, ok := errors.AsType[*kubeclient.StatusError](err); ok {
		return "", status // it is told with the resource, and needs no path
	}
	if err != nil && !answered {
		return "", &silence{err}
	}
	return next, err
}

// silence says that nobody answered at all.
type silence struct{ err error }

func (s *silence) Error() string { return s.err.Error() }
func (s *silence) Unwrap() error { return s.err }

// readList reads a list as it comes: {"kind":…,"metadata":{"continue":…},"items":[…]}. Of a table the rows are the items.
func readList(body io.Reader, each func([]byte) error) (next string, err error) {
	metered := &meter{of: body, left: maxObject}
	dec := json.NewDecoder(metered)
	if err := expect(dec, '{'); err != nil {
		return "", err
	}
	items := false
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return "", cutOff(err)
		}
		switch name {
		case "items", "rows":
			items = true
			if err := readItems(dec, metered, each); err != nil {
				return "", err
			}
		case "metadata":
			var meta struct {
				Continue string `json:"continue"`
			}
			if err := dec.Decode(&meta); err != nil {
				return "", cutOff(err)
			}
			next = meta.Continue
		default:
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return "", cutOff(err)
			}
		}
	}
	if err := expect(dec, '}'); err != nil {
		return "", err
	}
	if !items {
		return "", errors.New("the answer is no list")
	}
	return next, nil
}

func readItems(dec *json.Decoder, metered *meter, each func([]byte) error) error {
	token, err := dec.Token()
	switch {
	case err != nil:
		return cutOff(err)
	case token == nil: // "items": null is an empty list
		return nil
	case token != json.Delim('['):
		return errors.New("the items of the answer are no list")
	}
	for dec.More() {
		var item json.RawMessage
		metered.left = maxObject
		if err := dec.Decode(&item); err != nil {
			return cutOff(err)
		}
		if err := each(item); err != nil {
			return err
		}
	}
	return expect(dec, ']')
}

func expect(dec *json.Decoder, delim json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return cutOff(err)
	}
	if token != delim {
		return errors.New("the answer is no list")
	}
	return nil
}

// cutOff tells an answer that stops in the middle by that.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the answer stops in the middle")
	}
	return err
}

// meter ends reading once an object has become too large, before it is all in memory.
type meter struct {
	of   io.Reader
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, fmt.Errorf("an object is larger than %d bytes", maxObject)
	}
	n, err := m.of.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}
