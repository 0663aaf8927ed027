package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// Response is what a server said.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// mostBody is more than any answer that a test of the bed asks for.
const mostBody = 256 << 20

// do sends one request and reads the whole answer.
func do(ctx context.Context, client *http.Client, method, url, contentType string, body []byte) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(io.LimitReader(res.Body, mostBody))
	if err != nil {
		return nil, err
	}
	return &Response{res.StatusCode, res.Header, read}, nil
}

// Do sends a request to the API server as a member of system:masters. Path is all behind the host, with the query; contentType is of the body,
// if there is one. Every status is an answer and no error.
func (c *Cluster) Do(ctx context.Context, method, path, contentType string, body []byte) (*Response, error) {
	return do(ctx, c.admin, method, c.URL()+path, contentType, body)
}

// must sends a request that has to succeed.
func (c *Cluster) must(tb testing.TB, method, path, contentType string, body []byte) *Response {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	res, err := c.Do(ctx, method, path, contentType, body)
	if err != nil {
		tb.Fatal(err)
	}
	if res.Status >= http.StatusMultipleChoices {
		tb.Fatalf("%s %s: %d %.1000s", method, path, res.Status, res.Body)
	}
	return res
}

// Get reads an object or a list.
func (c *Cluster) Get(tb testing.TB, path string) map[string]any {
	tb.Helper()
	var object map[string]any
	if err := json.Unmarshal(c.must(tb, http.MethodGet, path, "", nil).Body, &object); err != nil {
		tb.Fatalf("GET %s: %v", path, err)
	}
	return object
}

// Delete deletes what a path says.
func (c *Cluster) Delete(tb testing.TB, path string) {
	tb.Helper()
	c.must(tb, http.MethodDelete, path, "", nil)
}

// Apply makes or changes the objects of a YAML text, each with a name, in their order.
func (c *Cluster) Apply(tb testing.TB, text string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	if err := c.apply(ctx, text); err != nil {
		tb.Fatal(err)
	}
}

// resource is how a kind is called in paths.
type resource struct {
	name       string
	namespaced bool
}

// apply applies on the server side: one request creates or changes.
func (c *Cluster) apply(ctx context.Context, text string) error {
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var object map[string]any
		if err := d.Decode(&object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if len(object) == 0 {
			continue
		}
		path, err := c.objectPath(ctx, object)
		if err != nil {
			return err
		}
		body, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		res, err := c.Do(ctx, http.MethodPatch, path+"?fieldManager=test&force=true", "application/apply-patch+yaml", body)
		if err != nil {
			return fmt.Errorf("applying %s: %w", path, err)
		}
		if res.Status >= http.StatusMultipleChoices {
			return fmt.Errorf("applying %s: %d %.1000s", path, res.Status, res.Body)
		}
	}
}

// objectPath is the path of an object, which the API server's own list of resources tells.
func (c *Cluster) objectPath(ctx context.Context, object map[string]any) (string, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
	}
	text, err := json.Marshal(object)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return "", err
	}
	if head.APIVersion == "" || head.Kind == "" || head.Metadata.Name == "" {
		return "", fmt.Errorf("object without apiVersion, kind or name: %.200s", text)
	}
	base := "/apis/" + head.APIVersion
	if !strings.Contains(head.APIVersion, "/") {
		base = "/api/" + head.APIVersion
	}
	r, err := c.resource(ctx, base, head.Kind)
	if err != nil {
		return "", err
	}
	path := base + "/"
	if r.namespaced {
		if head.Metadata.Namespace == "" {
			head.Metadata.Namespace = "default"
		}
		path += "namespaces/" + url.PathEscape(head.Metadata.Namespace) + "/"
	}
	return path + r.name + "/" + url.PathEscape(head.Metadata.Name), nil
}

func (c *Cluster) resource(ctx context.Context, base, kind string) (resource, error) {
	key := base + " " + kind
	c.mu.Lock()
	r, ok := c.kinds[key]
	c.mu.Unlock()
	if ok {
		return r, nil
	}
	// A kind of a custom resource that was made just now is served a moment later.
	err := poll(ctx, 30*time.Second, func(ctx context.Context) error {
		res, err := c.Do(ctx, http.MethodGet, base, "", nil)
		if err != nil {
			return err
		}
		var list struct {
			Resources []struct {
				Name       string `json:"name"`
				Kind       string `json:"kind"`
				Namespaced bool   `json:"namespaced"`
			} `json:"resources"`
		}
		if res.Status != http.StatusOK {
			return fmt.Errorf("%s: %d", base, res.Status)
		}
		if err := json.Unmarshal(res.Body, &list); err != nil {
			return err
		}
		for _, l := range list.Resources {
			if l.Kind == kind && !strings.Contains(l.Name, "/") {
				r = resource{l.Name, l.Namespaced}
				return nil
			}
		}
		return fmt.Errorf("%s has no kind %s", base, kind)
	})
	if err != nil {
		return resource{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kinds[key] = r
	return r, nil
}

// newCommand is a program without our environment's settings of Go and Kubernetes.
func newCommand(binary string, args []string) *exec.Cmd {
	cmd := exec.Command(binary, args...) //nolint:noctx // it lives as long as the cluster, which ends it itself
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"}
	return cmd
}
