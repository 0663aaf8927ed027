package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// What tells canaries from other objects. All three have to be right before something is deleted that another run has made.
const (
	canaryPrefix  = "kubeharden-canary-"
	canaryLabel   = "kubeharden.io/canary"
	canaryExpires = "kubeharden.io/expires"
	// canaryLife is when a canary counts as left over: much later than any run that is still going on needs it.
	canaryLife = 10 * time.Minute
)

// canary is an object that a probe makes and deletes again.
type canary struct {
	t *Target
	// resource is secrets or configmaps.
	resource, namespace, name string
	// uncertain says that nobody knows whether it was made: the answer to the request was lost.
	uncertain bool
}

func canaryPath(resource, namespace, name string) string {
	path := "/api/v1/"
	if namespace != "" {
		path += "namespaces/" + url.PathEscape(namespace) + "/"
	}
	path += resource
	if name != "" {
		path += "/" + url.PathEscape(name)
	}
	return path
}

func (c *canary) path() string { return canaryPath(c.resource, c.namespace, c.name) }

func (c *canary) String() string { return c.resource + " " + c.namespace + "/" + c.name }

// newCanary chooses a name that nobody else has.
func (t *Target) newCanary(resource string) (*canary, error) {
	suffix, err := t.random(10)
	if err != nil {
		return nil, err
	}
	return &canary{t: t, resource: resource, namespace: t.CanaryNamespace, name: canaryPrefix + suffix}, nil
}

// with makes the canary, calls use and deletes it, whatever happens meanwhile: an error, a panic, the end of the context. The request that makes
// it is not broken off when the context ends, since the API server could carry it out after it has answered the one that deletes: it has the time
// of one request, as any other. The reason says why there was none; "" is success.
func (c *canary) with(ctx context.Context, kind string, data map[string]any, use func()) (made, deleted control.Exchange, reason string) {
	if ctx.Err() != nil {
		return made, deleted, oneLine(context.Cause(ctx).Error())
	}
	lasting := context.WithoutCancel(ctx)
	there := true // until it is known that there is nothing
	defer func() {
		if there {
			deleted = c.remove(lasting)
		}
	}()
	c.uncertain = true
	object := map[string]any{
		"apiVersion": "v1", "kind": kind,
		"metadata": map[string]any{
			"name": c.name, "namespace": c.namespace, "labels": map[string]any{canaryLabel: "true"},
			"annotations": map[string]any{canaryExpires: c.t.Now().Add(canaryLife).UTC().Format(time.RFC3339)},
		},
	}
	maps.Copy(object, data)
	r := post(canaryPath(c.resource, c.namespace, ""), object, nil)
	r.Once = true
	resp, made, err := c.t.ask(lasting, r)
	switch {
	case err != nil:
		return made, deleted, "the canary could not be made: " + made.Response
	case resp.Status/100 == 2:
		c.uncertain = false
	case resp.Status/100 == 4 && resp.Status != http.StatusRequestTimeout:
		there = false // refused, and not carried out
		if why := needs(resp.Status, "create", c.resource+" in namespace "+c.namespace); why != "" {
			return made, deleted, why
		}
		return made, deleted, "the canary could not be made: " + made.Response
	default:
		return made, deleted, "the canary could not be made: " + made.Response
	}
	if ctx.Err() != nil {
		return made, deleted, oneLine(context.Cause(ctx).Error())
	}
	use()
	return made, deleted, ""
}

// maxRemovals bounds how often the deletion is tried.
const maxRemovals = 8

// remove deletes the canary and makes sure that it is gone. Where it is uncertain whether it was made, not being there counts only when it has been
// not there for a while.
func (c *canary) remove(ctx context.Context) control.Exchange {
	var last control.Exchange
	absent := 0
	wait := 100 * time.Millisecond
	for range maxRemovals {
		resp, e, err := c.t.ask(ctx, kubeclient.Request{Method: http.MethodDelete, Path: c.path(), Once: true})
		last = e
		switch {
		case err != nil || resp.Status/100 == 5 || resp.Status == http.StatusTooManyRequests:
		case resp.Status/100 == 2:
			c.uncertain = false
			if gone, err := c.gone(ctx); err == nil && gone {
				return last
			}
		case resp.Status == http.StatusNotFound:
			if absent++; !c.uncertain || absent > 3 {
				return last
			}
		default:
			c.leave(last.Response)
			return last
		}
		time.Sleep(wait)
		wait = min(2*wait, 2*time.Second)
	}
	c.leave(last.Response)
	return last
}

func (c *canary) gone(ctx context.Context) (bool, error) {
	resp, _, err := c.t.ask(ctx, kubeclient.Request{Path: c.path(), Once: true, Header: http.Header{"Accept": {metadataOne}}})
	if err != nil {
		return false, err
	}
	return resp.Status == http.StatusNotFound, nil
}

// metadataOne is metadataOnly for one object.
const metadataOne = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

// leave remembers a canary that is still there.
func (c *canary) leave(why string) {
	c.t.mu.Lock()
	c.t.left = append(c.t.left, c.String())
	c.t.mu.Unlock()
	c.t.tell("the canary %s could not be deleted, and has to be: %s", c, why)
}

// CleanUp deletes the canaries that killed runs have left, in all namespaces that may be listed, else in that of canaries. It says which.
func (t *Target) CleanUp(ctx context.Context) (deleted []string, err error) {
	var errs []error
	for _, resource := range []string{"secrets", "configmaps"} {
		found, listErr := t.canaries(ctx, resource, "")
		var status *kubeclient.StatusError
		if errors.As(listErr, &status) && status.Code == http.StatusForbidden {
			found, listErr = t.canaries(ctx, resource, t.CanaryNamespace)
		}
		if listErr != nil {
			errs = append(errs, listErr)
			continue
		}
		names, err := t.deleteAll(ctx, resource, found)
		deleted, errs = append(deleted, names...), append(errs, err)
	}
	return deleted, errors.Join(errs...)
}

// sweep deletes what earlier runs have left, in the namespace of canaries. What it cannot look at it leaves: the probe goes on without.
func (t *Target) sweep(ctx context.Context, resource string) {
	found, err := t.canaries(ctx, resource, t.CanaryNamespace)
	if err != nil {
		return
	}
	now := t.Now()
	found = slices.DeleteFunc(found, func(m metadata) bool {
		expires, err := time.Parse(time.RFC3339, m.Metadata.Annotations[canaryExpires])
		return err != nil || now.Before(expires)
	})
	names, err := t.deleteAll(ctx, resource, found)
	for _, name := range names {
		t.tell("deleted %s, which an earlier run has left", name)
	}
	if err != nil {
		t.tell("%s", oneLine(err.Error()))
	}
}

// canaries lists the metadata of all objects that are canaries; namespace "" is all.
func (t *Target) canaries(ctx context.Context, resource, namespace string) ([]metadata, error) {
	found, err := list[metadata](ctx, t, canaryPath(resource, namespace, ""), canaryLabel+"=true", metadataOnly)
	return slices.DeleteFunc(found, func(m metadata) bool {
		return !strings.HasPrefix(m.Metadata.Name, canaryPrefix) || m.Metadata.Labels[canaryLabel] != "true" || m.Metadata.UID == ""
	}), err
}

// deleteAll deletes exactly the objects that were listed.
func (t *Target) deleteAll(ctx context.Context, resource string, found []metadata) (deleted []string, err error) {
	var errs []error
	for i := range found {
		m := &found[i].Metadata
		r := post(canaryPath(resource, m.Namespace, m.Name), map[string]any{
			"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": map[string]any{"uid": m.UID},
		}, nil)
		r.Method = http.MethodDelete
		name := resource + " " + m.Namespace + "/" + m.Name
		resp, e, err := t.ask(ctx, r)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("delete %s: %w", name, err))
		case resp.Status/100 == 2:
			deleted = append(deleted, name)
		case resp.Status != http.StatusNotFound:
			errs = append(errs, fmt.Errorf("delete %s: %s", name, e.Response))
		}
	}
	return deleted, errors.Join(errs...)
}
