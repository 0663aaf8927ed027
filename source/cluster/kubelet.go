package cluster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/kubeharden/kubeharden/kubeclient"
	"github.com/kubeharden/kubeharden/tree"
)

// kubelets asks each kubelet for the configuration that it runs with, through the API server. That needs the right to get nodes/proxy, which allows
// far more than reading, so many do not give it; facts of nodes serve as well.
// https://kubernetes.io/docs/reference/instrumentation/ (configz)
func (c *reading) kubelets(ctx context.Context) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		if !c.opts.Kubelets {
			return
		}
		// The nodes have been listed, or that they could not be was told. What is refused for the first of them is refused for all.
		if len(c.nodes) == 0 {
			return
		}
		answers := make([]Object, len(c.nodes))
		var err error
		if answers[0], err = c.kubelet(ctx, c.nodes[0]); isForbidden(err) {
			yield(unheard("*", "get", "nodes/proxy", err))
			return
		}
		var asking sync.WaitGroup
		free := make(chan struct{}, window)
		for i, name := range c.nodes[1:] {
			asking.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				answers[i+1], _ = c.kubelet(ctx, name) // what went wrong is in the answer
			})
		}
		asking.Wait()
		all(slices.Values(answers), yield)
	}
}

// kubelet asks one kubelet. What goes wrong is in the object too.
func (c *reading) kubelet(ctx context.Context, name string) (Object, error) {
	if c.broken.Load() >= maxBroken {
		return unheard(name, "get", "nodes/proxy of "+name, errGone), errGone
	}
	body, err := c.client.Get(ctx, "/api/v1/nodes/"+url.PathEscape(name)+"/proxy/configz", nil, "")
	if _, answered := errors.AsType[*kubeclient.StatusError](err); err != nil && !answered && ctx.Err() == nil {
		c.broken.Add(1)
	}
	var o Object
	if err == nil {
		o, err = configz(name, body)
	}
	if err != nil {
		return unheard(name, "get", "nodes/proxy of "+name, err), err
	}
	return o, nil
}

func isForbidden(err error) bool {
	status, ok := errors.AsType[*kubeclient.StatusError](err)
	return ok && status.Code == http.StatusForbidden
}

// unheard is word of a kubelet that did not say how it is configured.
func unheard(node, verb, resource string, err error) Object {
	path := "nodes/" + node + "/proxy/configz"
	if node == "*" {
		path = "nodes/proxy"
	}
	return Object{Path: path, Missing: &Missing{Kinds: []Kind{{"kubeharden.io", "Kubelet"}}, Node: node, Verb: verb, Resource: resource, Err: err}}
}

// configz is the answer as the file that it stands for.
func configz(node string, body []byte) (Object, error) {
	t, err := tree.NewParser().Parse(body, tree.Document{End: len(body)})
	if err != nil {
		return Object{}, fmt.Errorf("the kubelet's answer cannot be understood: %w", err)
	}
	fields := t.Root().Get("kubeletconfig")
	if fields.Kind() != tree.Mapping {
		return Object{}, errors.New("the kubelet's answer has no kubeletconfig")
	}
	w := writer{replace: func(path []string, _ tree.Node) (string, bool, bool) {
		return "", false, len(path) == 1 && (path[0] == "apiVersion" || path[0] == "kind")
	}}
	w.out = append(w.out, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"...)
	w.mapping(fields, 0, false)
	return Object{Path: "nodes/" + node + "/proxy/configz", YAML: w.out}, nil
}
