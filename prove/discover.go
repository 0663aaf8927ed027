package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// node is a kubelet to ask.
type node struct {
	name, host, port string
	controlPlane     bool
}

func (n *node) ref() control.Ref { return control.Ref{APIVersion: "v1", Kind: "Node", Name: n.name} }

func (n *node) address() string { return net.JoinHostPort(n.host, n.port) }

const (
	kubeletPort = "10250"
	// pageSize is how many objects are asked for at once, maxPages how often.
	pageSize = 250
	maxPages = 400
)

// list reads all items of a list, page by page.
func list[T any](ctx context.Context, t *Target, path, selector, accept string) ([]T, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if selector != "" {
		query.Set("labelSelector", selector)
	}
	var all []T
	for range maxPages {
		body, err := t.API.Get(ctx, path, query, accept)
		if _, ok := errors.AsType[*kubeclient.StatusError](err); ok {
			return nil, fmt.Errorf("get %s: %w", path, err) // errors of the connection name the path themselves
		}
		if err != nil {
			return nil, err
		}
		var page struct {
			Metadata struct {
				Continue string `json:"continue"`
			} `json:"metadata"`
			Items []T `json:"items"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, fmt.Errorf("get %s: %w", path, err)
		}
		all = append(all, page.Items...)
		if page.Metadata.Continue == "" {
			return all, nil
		}
		query.Set("continue", page.Metadata.Continue)
	}
	return nil, fmt.Errorf("get %s: more than %d objects", path, pageSize*maxPages)
}

// metadataOnly asks for the metadata of objects and nothing else.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// metadata is what is read of an object.
type metadata struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		UID         string            `json:"uid"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// kubelets returns the kubelets to ask: those that were given, or those of all nodes at their internal addresses.
func (t *Target) kubelets(ctx context.Context) ([]node, error) {
	t.once.nodes.Do(func() {
		if len(t.Nodes) > 0 {
			for _, given := range t.Nodes {
				n := node{name: given, host: given, port: kubeletPort}
				if host, port, err := net.SplitHostPort(given); err == nil {
					n.host, n.port = host, port
				}
				t.nodes.list = append(t.nodes.list, n)
			}
			return
		}
		t.nodes.list, t.nodes.err = t.listNodes(ctx)
	})
	return t.nodes.list, t.nodes.err
}

func (t *Target) listNodes(ctx context.Context) ([]node, error) {
	type item struct {
		metadata
		Status struct {
			Addresses []struct {
				Type    string `json:"type"`
				Address string `json:"address"`
			} `json:"addresses"`
			DaemonEndpoints struct {
				KubeletEndpoint struct {
					Port int `json:"Port"`
				} `json:"kubeletEndpoint"`
			} `json:"daemonEndpoints"`
		} `json:"status"`
	}
	items, err := list[item](ctx, t, "/api/v1/nodes", "", "")
	if err != nil {
		return nil, err
	}
	var nodes []node
	for i := range items {
		it := &items[i]
		n := node{name: it.Metadata.Name, port: kubeletPort}
		if p := it.Status.DaemonEndpoints.KubeletEndpoint.Port; p > 0 {
			n.port = strconv.Itoa(p)
		}
		for _, a := range it.Status.Addresses {
			if a.Type == "InternalIP" && n.host == "" {
				n.host = a.Address
			}
		}
		_, n.controlPlane = it.Metadata.Labels["node-role.kubernetes.io/control-plane"]
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// onKubelets asks every kubelet, several at once.
func (t *Target) onKubelets(ctx context.Context, id string, ask func(n *node) []Outcome) []Outcome {
	nodes, err := t.kubelets(ctx)
	switch {
	case err != nil:
		return []Outcome{unknown(id, t.apiServer(), "the nodes cannot be listed: "+oneLine(err.Error())+"; --node-address names them")}
	case len(nodes) == 0:
		return []Outcome{notGiven(id, t.apiServer(), "the cluster has no nodes")}
	}
	return slices.Concat(each(ctx, nodes, func(n node) []Outcome {
		if n.host == "" {
			return []Outcome{unknown(id, n.ref(), "the node has no internal address; --node-address names one")}
		}
		return ask(&n)
	})...)
}

// namespaceNames returns the namespaces to look at, sorted.
func (t *Target) namespaceNames(ctx context.Context) ([]string, error) {
	t.once.namespaces.Do(func() {
		if len(t.Namespaces) > 0 {
			t.namespaces.list = slices.Compact(slices.Sorted(slices.Values(t.Namespaces)))
			return
		}
		items, err := list[metadata](ctx, t, "/api/v1/namespaces", "", metadataOnly)
		if err != nil {
			t.namespaces.err = err
			return
		}
		for i := range items {
			t.namespaces.list = append(t.namespaces.list, items[i].Metadata.Name)
		}
		slices.Sort(t.namespaces.list)
	})
	return t.namespaces.list, t.namespaces.err
}

// controlPlane is what the static pods of the control plane say of themselves.
type controlPlane struct {
	// clients and peers are host:port of etcd, metrics the URLs for metrics alone.
	clients, peers []string
	metrics        []string
	prefix         string
	// encryptionConfig says that an API server is started with an EncryptionConfiguration.
	encryptionConfig bool
	// guessed says that the addresses are those of control plane nodes with etcd's usual ports.
	guessed bool
}

// etcd returns where etcd may be found: as the user says, as the pods of the control plane say, or at the usual port of control plane nodes.
func (t *Target) etcd(ctx context.Context) *controlPlane {
	t.once.controlPlane.Do(func() { t.controlPlane = t.readControlPlane(ctx) })
	return &t.controlPlane
}

func (t *Target) readControlPlane(ctx context.Context) controlPlane {
	var c controlPlane
	type pod struct {
		metadata
		Spec struct {
			Containers []struct {
				Command []string `json:"command"`
				Args    []string `json:"args"`
			} `json:"containers"`
		} `json:"spec"`
		Status struct {
			HostIP string `json:"hostIP"`
		} `json:"status"`
	}
	// The label is that of kubeadm; other installers that have static pods use it too.
	pods, err := list[pod](ctx, t, "/api/v1/namespaces/kube-system/pods", "component in (etcd,kube-apiserver),tier=control-plane", "")
	if err != nil {
		t.tell("the pods of the control plane cannot be seen, and say nothing of etcd: %s", oneLine(err.Error()))
	}
	for i := range pods {
		for _, container := range pods[i].Spec.Containers {
			for _, arg := range slices.Concat(container.Command, container.Args) {
				c.read(arg, pods[i].Status.HostIP)
			}
		}
	}
	if len(t.Etcd.Endpoints) > 0 {
		c.clients, c.peers = hostPorts(t.Etcd.Endpoints, ""), nil
	}
	if len(t.Etcd.PeerEndpoints) > 0 {
		c.peers = hostPorts(t.Etcd.PeerEndpoints, "")
	}
	if len(c.clients) == 0 {
		nodes, err := t.kubelets(ctx)
		if err == nil {
			for _, n := range nodes {
				if n.controlPlane && n.host != "" {
					c.clients, c.guessed = append(c.clients, net.JoinHostPort(n.host, "2379")), true
				}
			}
		}
	}
	if len(c.peers) == 0 {
		for _, address := range c.clients {
			if host, port, err := net.SplitHostPort(address); err == nil && port == "2379" {
				c.peers = append(c.peers, net.JoinHostPort(host, "2380"))
			}
		}
	}
	if t.Etcd.Prefix != "" {
		c.prefix = t.Etcd.Prefix
	}
	if c.prefix == "" {
		c.prefix = "/registry"
	}
	if !strings.HasPrefix(c.prefix, "/") {
		c.prefix = "/" + c.prefix
	}
	for _, l := range []*[]string{&c.clients, &c.peers, &c.metrics} {
		*l = slices.Compact(slices.Sorted(slices.Values(*l)))
	}
	return c
}

// read takes what a flag of a control plane pod says.
func (c *controlPlane) read(arg, hostIP string) {
	name, value, ok := strings.Cut(arg, "=")
	if !ok {
		return
	}
	urls := strings.Split(value, ",")
	switch name {
	case "--etcd-servers", "--listen-client-urls":
		c.clients = append(c.clients, hostPorts(urls, hostIP)...)
	case "--listen-peer-urls":
		c.peers = append(c.peers, hostPorts(urls, hostIP)...)
	case "--listen-metrics-urls":
		c.metrics = append(c.metrics, hostPorts(urls, "")...)
	case "--etcd-prefix":
		c.prefix = value
	case "--encryption-provider-config":
		c.encryptionConfig = value != ""
	}
}

// hostPorts takes host and port out of URLs. An address that means the host itself is that of the host, if it is known.
func hostPorts(urls []string, hostIP string) []string {
	var all []string
	for _, text := range urls {
		text = strings.TrimSpace(text)
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			text = u.Host
		}
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			host, port = strings.Trim(text, "[]"), "2379"
		}
		if ip := net.ParseIP(host); hostIP != "" && (host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())) {
			host = hostIP
		}
		if host != "" {
			all = append(all, net.JoinHostPort(host, port))
		}
	}
	return all
}

// etcdRef is the subject that stands for an address of etcd.
func etcdRef(address string) control.Ref {
	return control.Ref{APIVersion: ownVersion, Kind: "Etcd", Name: address}
}

const needsEtcd = "where etcd listens is not known: no pods of the control plane and no control plane nodes can be seen; --etcd-endpoint says it"

// onEtcd asks every address of etcd. Of guessed addresses those that nothing listens on say nothing.
func (t *Target) onEtcd(ctx context.Context, id string, addresses []string, ask func(address string) (o []Outcome, reached bool)) []Outcome {
	if len(addresses) == 0 {
		return []Outcome{notGiven(id, t.apiServer(), needsEtcd)}
	}
	guessed := t.etcd(ctx).guessed
	type result struct {
		outcomes []Outcome
		reached  bool
	}
	var all []Outcome
	for _, r := range each(ctx, addresses, func(address string) result {
		o, reached := ask(address)
		return result{o, reached}
	}) {
		if r.reached || !guessed {
			all = append(all, r.outcomes...)
		}
	}
	if len(all) == 0 {
		return []Outcome{notGiven(id, t.apiServer(), "nothing answers at "+strings.Join(addresses, ", ")+" from here; --etcd-endpoint says where etcd listens")}
	}
	return all
}

// needs says which permission an answer of the API server asks for; "" if it is no refusal.
func needs(status int, verb, resource string) string {
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		return "needs the permission to " + verb + " " + resource
	}
	return ""
}

// post is a request that creates something, sent once.
func post(path string, body any, query url.Values) kubeclient.Request {
	text, err := json.Marshal(body)
	if err != nil {
		panic("prove: " + err.Error()) // maps of texts always can be written
	}
	return kubeclient.Request{
		Method: http.MethodPost, Path: path, Query: query, Body: text, Header: http.Header{"Content-Type": {"application/json"}},
	}
}
