package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"sync"

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
		names, err := c.nodes(ctx)
		if err != nil {
			yield(unheard("*", "list", "nodes", err))
			return
		}
		answers := make([]Object, len(names))
		var asking sync.WaitGroup
		free := make(chan struct{}, window)
		var denied sync.Once
		var refusal error
		for i, name := range names {
			asking.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				if ctx.Err() != nil {
					return
				}
				body, err := c.client.Get(ctx, "/api/v1/nodes/"+url.PathEscape(name)+"/proxy/configz", nil, "")
				if code, ok := refused(err); ok && code == http.StatusForbidden {
					denied.Do(func() { refusal = err })
					return
				}
				if err == nil {
					answers[i], err = configz(name, body)
				}
				if err != nil {
					answers[i] = unheard(name, "get", "nodes/proxy of "+name, err)
				}
			})
		}
		asking.Wait()
		if refusal != nil && !yield(unheard("*", "get", "nodes/proxy", refusal)) {
			return
		}
		for _, o := range answers {
			if o.Path != "" && !yield(o) {
				return
			}
		}
	}
}

// unheard is word of a kubelet that did not say how it is configured.
func unheard(node, verb, resource string, err error) Object {
	path := "nodes/" + node + "/proxy/configz"
	if node == "*" {
		path = "nodes/proxy"
	}
	return Object{Path: path, Missing: &Missing{Kinds: []Kind{{"kubeharden.io", "Kubelet"}}, Node: node, Verb: verb, Resource: resource, Err: err}}
}

func (c *reading) nodes(ctx context.Context) (names []string, err error) {
	node := resource{version: "v1", kind: "Node", plural: "nodes"}
	err = list(ctx, c.client, &node, listing{accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"}, func(item []byte) error {
		var o struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		if err := json.Unmarshal(item, &o); err != nil {
			return err
		}
		names = append(names, o.Metadata.Name)
		return nil
	})
	return names, err
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
