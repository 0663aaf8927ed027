// Package cluster reads the objects of a running cluster through its API server, as manifests that the engine judges like all others. It lists
// in pages, asks of Secrets for their metadata only, leaves out pods that are just what their owner says, and tells what it could not read.
package cluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/kubeclient"
	"github.com/kubeharden/kubeharden/tree"
)

// Options say what to read.
type Options struct {
	// Wants says whether objects of a kind are asked for.
	Wants func(group, kind string) bool
	// Kubelets asks each kubelet for its configuration, which needs the right to get nodes/proxy.
	Kubelets bool
	// Progress is told now and then how far it is; it may be called by several goroutines. nil is nobody.
	Progress func(Progress)
}

// Progress is how far the reading is.
type Progress struct {
	// Resources are done of all; Objects have been read.
	Resources, All, Objects int
	// What is being read.
	What string
}

// Cluster is a cluster whose API server has said what it serves.
type Cluster struct {
	client  *kubeclient.Client
	version serverVersion
	serves  []resource
	stale   []staleGroup
}

// Open asks the API server who it is and what it serves. What fails here leaves nothing to look at.
func Open(ctx context.Context, client *kubeclient.Client) (*Cluster, error) {
	c := &Cluster{client: client}
	var err error
	if c.version, err = version(ctx, client); err != nil {
		return nil, err
	}
	c.serves, c.stale, err = discover(ctx, client)
	return c, err
}

// Version is what the API server says that it is: v1.37.2.
func (c *Cluster) Version() string { return c.version.GitVersion }

// reading is one reading of a cluster.
type reading struct {
	*Cluster
	opts Options
	// owners, pods and others are the resources to list.
	owners, others []resource
	pods           *resource

	// nodes are the names of those that were listed, by the one goroutine that lists them.
	nodes []string
	// sawAPIServer says that the pod of an API server was among those listed.
	sawAPIServer bool
	// sawValues says that there are Secrets of whose values somebody would have something to say.
	sawValues atomic.Bool
	// unread is what could not be read, as it was told.
	unread []clusterfacts.Unread

	listed, objects atomic.Int64
	broken          atomic.Int64 // lists that nobody answered
}

// read chooses what to list.
func (c *Cluster) read(opts Options) *reading {
	r := &reading{Cluster: c, opts: opts}
	for _, served := range c.serves {
		switch {
		case !opts.Wants(served.group, served.kind) || !served.can("list") || isHousekeeping(&served):
		case served.group == "" && served.kind == "Pod":
			pods := served
			r.pods = &pods
		case templatePath(served.kind) != nil && (served.group == "" || served.group == "apps" || served.group == "batch"):
			r.owners = append(r.owners, served)
		default:
			r.others = append(r.others, served)
		}
	}
	slices.SortFunc(r.others, inOrder)
	slices.SortFunc(r.owners, inOrder)
	return r
}

// isHousekeeping reports whether a resource is what controllers note for themselves: of it there is as much as of everything else together, and what
// a control says of such an object in a manifest nobody could mend in a cluster.
func isHousekeeping(r *resource) bool {
	switch r.group {
	case "", "events.k8s.io":
		return r.plural == "endpoints" || r.plural == "events"
	case "coordination.k8s.io", "discovery.k8s.io":
		return true
	case "storage.k8s.io":
		return r.plural == "csistoragecapacities"
	case "resource.k8s.io":
		return r.plural == "resourceslices"
	}
	return false
}

func inOrder(a, b resource) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.plural, b.plural))
}

// window is how many lists are read at a time. API Priority and Fairness gives a user few seats, so more would only wait.
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
const window = 4

// chunk is a page of objects, ready to be judged.
type chunk []Object

// Objects reads everything, in an order that depends on the cluster alone: first what makes no pods, by group and resource, then what does, then
// pods. It ends early if yield does.
func (c *Cluster) Objects(ctx context.Context, opts Options) iter.Seq[Object] {
	return func(yield func(Object) bool) { c.read(opts).run(ctx, yield) }
}

func (c *reading) run(ctx context.Context, yield func(Object) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer func() { cancel(); running.Wait() }()
	owners := newPods()
	ownersRead := make(chan []Object, 1)
	running.Go(func() { ownersRead <- c.readOwners(ctx, owners) })
	streams := c.start(ctx, &running)
	for _, part := range []func(func(Object) bool) bool{
		c.staleGroups,
		func(yield func(Object) bool) bool { return drain(streams, yield) },
		func(yield func(Object) bool) bool { return c.workloads(ctx, owners, <-ownersRead, yield) },
		func(yield func(Object) bool) bool { return all(c.kubelets(ctx), yield) },
		c.values,
		func(yield func(Object) bool) bool {
			o, ok := c.flagz(ctx)
			return !ok || yield(o)
		},
	} {
		if !part(c.noting(yield)) {
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	facts, err := c.facts(ctx)
	if err != nil {
		facts = Object{Path: clusterfacts.Kind, Missing: &Missing{Kinds: []Kind{{clusterfacts.Group, clusterfacts.Kind}}, Verb: "describe", Resource: "the cluster", Err: err}}
	}
	yield(facts)
}

// noting keeps what could not be read, for the facts of the cluster.
func (c *reading) noting(yield func(Object) bool) func(Object) bool {
	return func(o Object) bool {
		if m := o.Missing; m != nil && m.Node == "" && !m.Chosen {
			for _, k := range m.Kinds {
				name := m.Resource
				if k.Group != "" {
					name = strings.TrimSuffix(name, "."+k.Group)
				}
				c.unread = append(c.unread, clusterfacts.Unread{Group: k.Group, Resource: name, Reason: m.Err.Error()})
			}
		}
		return yield(o)
	}
}

// staleGroups tells the groups whose own API server does not answer, so that nobody knows what it serves.
func (c *reading) staleGroups(yield func(Object) bool) bool {
	for _, group := range c.stale {
		if !yield(Object{Path: group.group, Missing: &Missing{
			Kinds: []Kind{{group.group, "*"}}, Verb: "discover", Resource: group.group + "/" + group.version, Err: errors.New("the API server behind it does not answer"),
		}}) {
			return false
		}
	}
	return true
}

// values tells that there are values of Secrets that were not asked for.
func (c *reading) values(yield func(Object) bool) bool {
	return !c.sawValues.Load() || yield(Object{Path: "secrets", Missing: &Missing{
		Kinds: []Kind{{"kubeharden.io", "SecretValues"}}, Verb: "read", Resource: "the values of secrets", Chosen: true, Err: errors.New("of Secrets only metadata is asked for"),
	}})
}

// drain takes from streams, one after the other.
func drain(streams []chan chunk, yield func(Object) bool) bool {
	for _, stream := range streams {
		for part := range stream {
			if !all(slices.Values(part), yield) {
				return false
			}
		}
	}
	return true
}

func all(objects iter.Seq[Object], yield func(Object) bool) bool {
	for o := range objects {
		if !yield(o) {
			return false
		}
	}
	return true
}

// workloads gives what makes pods, with what their pods show, and then the pods that are to be judged themselves.
func (c *reading) workloads(ctx context.Context, owners *pods, lost []Object, yield func(Object) bool) bool {
	judged, more := c.readPods(ctx, owners)
	return all(slices.Values(slices.Concat(lost, more, owners.emit(), judged)), yield)
}

// start reads what makes no pods. Each stream is one resource; those behind the one that is taken from are read ahead.
func (c *reading) start(ctx context.Context, running *sync.WaitGroup) []chan chunk {
	streams := make([]chan chunk, len(c.others))
	for i := range streams {
		streams[i] = make(chan chunk, 1)
	}
	running.Go(func() {
		free := make(chan struct{}, window)
		for i := range streams {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				close(streams[i])
				continue
			}
			running.Go(func() {
				defer func() { close(streams[i]); <-free }()
				c.stream(ctx, &c.others[i], streams[i])
			})
		}
	})
	return streams
}

// stream lists a resource into a channel, page by page: none is held open while somebody else is slow.
func (c *reading) stream(ctx context.Context, r *resource, to chan<- chunk) {
	parser := tree.NewParser()
	var part chunk
	send := func() error {
		if len(part) == 0 {
			return nil
		}
		select {
		case to <- part:
			part = nil
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := c.list(ctx, r, func(item []byte) error {
		root, err := parse(parser, item)
		if err != nil {
			return err
		}
		id := identify(root.Get("metadata"))
		if r.group == "" && r.kind == "Node" {
			c.nodes = append(c.nodes, id.name)
		}
		part = append(part, Object{Path: path(r, id.namespace, id.name), YAML: render(r, root)})
		if len(part) < pageSize {
			return nil
		}
		return send()
	})
	if err != nil && ctx.Err() == nil {
		part = append(part, missing(r, err))
	}
	_ = send() // only the end of the context keeps it from being sent
}

// list lists one resource. Secrets are asked for as a table, whose rows have the type and the metadata and not the values.
func (c *reading) list(ctx context.Context, r *resource, each func(item []byte) error) error {
	if c.broken.Load() >= maxBroken {
		return errGone
	}
	if c.opts.Progress != nil {
		c.opts.Progress(Progress{Resources: int(c.listed.Load()), All: len(c.owners) + len(c.others) + 1, Objects: int(c.objects.Load()), What: r.String()})
	}
	defer c.listed.Add(1)
	counted := func(item []byte) error {
		c.objects.Add(1)
		return each(item)
	}
	var err error
	if r.group == "" && r.kind == "Secret" {
		err = list(ctx, c.client, r, listing{accept: asTable, query: url.Values{"includeObject": {"Metadata"}}}, func(row []byte) error {
			item, err := secretOf(row)
			if err != nil {
				return err
			}
			if bytes.Contains(item, []byte(`"type":"kubernetes.io/tls"`)) {
				c.sawValues.Store(true)
			}
			return counted(item)
		})
	} else {
		err = list(ctx, c.client, r, listing{}, counted)
	}
	if _, silent := errors.AsType[*silence](err); silent && ctx.Err() == nil {
		c.broken.Add(1)
	}
	return err
}

// maxBroken is after how many lists that nobody answered, each asked for several times, no further one is begun.
const maxBroken = 2

var errGone = errors.New("not asked, for the API server has stopped answering")

func missing(r *resource, err error) Object {
	return Object{Path: r.String(), Missing: &Missing{Kinds: []Kind{{r.group, r.kind}}, Verb: "list", Resource: r.String(), Err: err}}
}

func parse(parser *tree.Parser, item []byte) (tree.Node, error) {
	t, err := parser.Parse(item, tree.Document{End: len(item)})
	if err != nil {
		return tree.Node{}, fmt.Errorf("an object cannot be understood: %w", err)
	}
	return t.Root(), nil
}

// readOwners lists everything that makes pods, and returns what could not be had.
func (c *reading) readOwners(ctx context.Context, into *pods) []Object {
	var lock sync.Mutex
	var lists sync.WaitGroup
	lost := make([]error, len(c.owners))
	free := make(chan struct{}, window)
	for i := range c.owners {
		lists.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			r, parser := &c.owners[i], tree.NewParser()
			lost[i] = c.list(ctx, r, func(item []byte) error {
				root, err := parse(parser, item)
				if err != nil {
					return err
				}
				lock.Lock()
				defer lock.Unlock()
				into.add(r, root)
				return nil
			})
		})
	}
	lists.Wait()
	var out []Object
	for i, err := range lost {
		if err != nil && ctx.Err() == nil {
			out = append(out, missing(&c.owners[i], err))
		}
	}
	return out
}

// readPods compares all pods with their owners. It returns those to be judged, and what could not be had.
func (c *reading) readPods(ctx context.Context, owners *pods) (judged, lost []Object) {
	if c.pods == nil {
		return nil, nil
	}
	err := c.list(ctx, c.pods, func(item []byte) error {
		root, err := parse(owners.parser, item)
		if err != nil {
			return err
		}
		if meta := root.Get("metadata"); meta.Get("namespace").StrIs("kube-system") && strings.HasPrefix(meta.Get("name").Text(), "kube-apiserver-") {
			c.sawAPIServer = true
		}
		if o, ok := owners.pod(c.pods, root); ok {
			judged = append(judged, o)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		lost = append(lost, missing(c.pods, err))
	}
	return judged, lost
}

// emit returns the owners that no other owner made, with what was seen of their pods.
func (p *pods) emit() []Object {
	var out []Object
	for _, o := range p.order {
		if p.top(o) != o || o.yaml == nil {
			continue
		}
		out = append(out, Object{Path: o.path, YAML: append(o.yaml, o.observation()...), Differs: len(o.signature) > 0})
	}
	slices.SortStableFunc(out, func(a, b Object) int {
		return cmp.Or(cmp.Compare(rank(a.Path), rank(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return out
}

// rank puts what serves before what runs now and then: where one stands for several, it is the one that people know.
func rank(path string) int {
	kind, _, _ := strings.Cut(path, "/")
	return slices.Index([]string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob", "Job"}, kind)
}
