package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Pods are what their owner says they are, nearly always: one finding on a Deployment is worth more than a hundred on its pods. So a pod whose
// owner is known is compared with the template that it was made from and left out. What differs is told with the owner, as `observed`, and
// the pod is judged besides, as one that stands for all which differ in the same way.

// owned is an object that makes pods, and what was seen of these.
type owned struct {
	path      string
	resource  *resource
	id        identity
	template  []byte // JSON of the pod template
	yaml      []byte
	observed  observation
	idle      bool            // a ReplicaSet without pods: an older revision
	signature map[string]bool // of the pods that stand for others
}

// observation is what the pods of an owner show.
type observation struct {
	pods   int
	drift  []drift
	images map[imageOf][]string
	more   int // further pods that differ
}

type imageOf struct{ container, image string }

// drift is one difference between a pod and the template that it was made from.
type drift struct{ pod, path, text string }

// maxDrift bounds what is told of the pods of one owner.
const maxDrift = 20

// templatePath is where a kind keeps its pod template.
func templatePath(kind string) []string {
	switch kind {
	case "CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job":
		return []string{"spec", "template"}
	}
	return nil
}

// pods is everything known of owners and their pods.
type pods struct {
	byUID  map[string]*owned
	order  []*owned
	parser *tree.Parser
	// templates is the one that was read last: the pods of an owner come one after the other, mostly.
	last     *tree.Parser
	lastOf   *owned
	lastTree *tree.Tree
	foreign  map[string]*owned // owners that are not listed, by uid
}

func newPods() *pods {
	return &pods{byUID: map[string]*owned{}, parser: tree.NewParser(), last: tree.NewParser(), foreign: map[string]*owned{}}
}

// add notes an object that makes pods.
func (p *pods) add(r *resource, root tree.Node) {
	o := &owned{resource: r, id: identify(root.Get("metadata")), signature: map[string]bool{}}
	o.path = path(r, o.id.namespace, o.id.name)
	n := root
	for _, key := range templatePath(r.kind) {
		n = n.Get(key)
	}
	o.template = slices.Clone(n.Raw())
	if r.kind == "ReplicaSet" {
		replicas, _ := root.Get("status").Get("replicas").Int()
		wanted, _ := root.Get("spec").Get("replicas").Int()
		o.idle = replicas == 0 && wanted == 0
	}
	if o.idle && o.id.owner.uid != "" {
		o.template = nil
	} else {
		o.yaml = render(r, root)
	}
	p.byUID[o.id.uid] = o
	p.order = append(p.order, o)
}

// top is the first of the owners above one that is made by no other that was listed.
func (p *pods) top(o *owned) *owned {
	for range 8 {
		above := p.byUID[o.id.owner.uid]
		if above == nil {
			return o
		}
		o = above
	}
	return o
}

// pod compares a pod with the template of its owner, and returns it if it is to be judged: as itself, or standing for others.
func (p *pods) pod(r *resource, root tree.Node) (object Object, judged bool) {
	id := identify(root.Get("metadata"))
	name := path(r, id.namespace, id.name)
	own := p.byUID[id.owner.uid]
	switch {
	case id.owner.uid == "" || id.owner.kind == "Node":
		o := &owned{observed: observation{pods: 1}}
		o.see(root)
		return Object{Path: name, YAML: append(render(r, root), o.observation()...)}, true
	case own == nil:
		return p.stranger(r, root, id, name)
	}
	if phase := root.Get("status").Get("phase").Text(); phase == "Succeeded" || phase == "Failed" {
		return Object{}, false
	}
	head := p.top(own)
	head.observed.pods++
	head.see(root)
	found := p.compare(own, root)
	if len(found) == 0 && own != head && own.template != nil && head.resource.kind == "Deployment" {
		found = p.revision(own, head)
	}
	if len(found) == 0 {
		return Object{}, false
	}
	first := head.note(id.name, found)
	return Object{Path: name, YAML: render(r, root), Alone: true, Owner: head.path}, first
}

// stranger is a pod of an owner that is not listed, such as a custom resource: one stands for all that are alike.
func (p *pods) stranger(r *resource, root tree.Node, id identity, name string) (Object, bool) {
	o := p.foreign[id.owner.uid]
	if o == nil {
		o = &owned{template: slices.Clone(root.Raw()), signature: map[string]bool{}}
		p.foreign[id.owner.uid] = o
		return Object{Path: name, YAML: render(r, root)}, true
	}
	found := p.compare(o, root)
	if len(found) == 0 || !o.note(id.name, found) {
		return Object{}, false
	}
	return Object{Path: name, YAML: render(r, root)}, true
}

// note keeps what differs, and reports whether no other pod of the owner differs in the same way.
func (o *owned) note(pod string, found []drift) bool {
	var signature strings.Builder
	for i := range found {
		found[i].pod = pod
		signature.WriteString(found[i].path + "\x00" + found[i].text + "\x00")
	}
	if o.signature[signature.String()] || len(o.signature) >= maxDrift {
		o.observed.more++
		return false
	}
	o.signature[signature.String()] = true
	o.observed.drift = append(o.observed.drift, found...)
	return true
}

// see notes which image each container runs.
func (o *owned) see(root tree.Node) {
	wanted := map[string]string{}
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		for _, c := range root.Get("spec").Get(list).Items() {
			wanted[c.Get("name").Text()] = c.Get("image").Text()
		}
	}
	for _, list := range []string{"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"} {
		for _, s := range root.Get("status").Get(list).Items() {
			name := s.Get("name").Text()
			// The digest is that of the registry only behind an @; a bare one is that of the image's configuration.
			_, digest, ok := strings.Cut(s.Get("imageID").Text(), "@")
			if !ok || wanted[name] == "" {
				continue
			}
			if o.observed.images == nil {
				o.observed.images = map[imageOf][]string{}
			}
			key := imageOf{name, wanted[name]}
			if !slices.Contains(o.observed.images[key], digest) && len(o.observed.images[key]) < maxDrift {
				o.observed.images[key] = append(o.observed.images[key], digest)
			}
		}
	}
}

// observation is what was seen of the pods, as a part of the owner's YAML that Kubernetes does not have.
func (o *owned) observation() []byte {
	if o.observed.pods == 0 {
		return nil
	}
	w := writer{}
	line := func(depth int, text string) { w.indent(depth); w.out = append(append(w.out, text...), '\n') }
	pair := func(depth int, lead, key, value string) {
		w.indent(depth)
		w.out = append(w.out, lead+key+": "...)
		w.scalar(value)
		w.out = append(w.out, '\n')
	}
	line(0, "observed:")
	line(1, fmt.Sprintf("pods: %d", o.observed.pods))
	if n := len(o.observed.drift); n > 0 {
		slices.SortFunc(o.observed.drift, func(a, b drift) int {
			return cmp.Or(cmp.Compare(a.pod, b.pod), cmp.Compare(a.path, b.path))
		})
		line(1, "drift:")
		for _, d := range o.observed.drift[:min(n, maxDrift)] {
			pair(1, "- ", "pod", d.pod)
			pair(2, "", "path", d.path)
			pair(2, "", "text", d.text)
		}
		if o.observed.more > 0 {
			line(1, fmt.Sprintf("alike: %d", o.observed.more))
		}
	}
	if len(o.observed.images) > 0 {
		keys := make([]imageOf, 0, len(o.observed.images))
		for key := range o.observed.images {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b imageOf) int {
			return cmp.Or(cmp.Compare(a.container, b.container), cmp.Compare(a.image, b.image))
		})
		line(1, "images:")
		for _, key := range keys {
			pair(1, "- ", "container", key.container)
			pair(2, "", "image", key.image)
			line(2, "digests:")
			digests := slices.Sorted(slices.Values(o.observed.images[key]))
			for _, digest := range digests {
				w.indent(2)
				w.out = append(w.out, "- "...)
				w.scalar(digest)
				w.out = append(w.out, '\n')
			}
		}
	}
	return w.out
}
