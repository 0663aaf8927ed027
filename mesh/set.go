package mesh

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Set is what is known of meshes, in the order in which it was read. One object may be there more than once, as when two
// overlays have it.
type Set struct {
	Peers          []PeerAuthentication
	Destinations   []DestinationRule
	Authorizations []AuthorizationPolicy
	Requests       []RequestAuthentication
	Sidecars       []Sidecar
	Entries        []ServiceEntry
	Configs        []Config
	Revisions      []Revision
	Servers        []Server
	Grants         []Grant
	Authentication []MeshAuthentication
	Encryptions    []Encryption
	Others         []Other
	// Flaws are what the API server or the mesh's webhook refuses, and what is silently ignored.
	Flaws []object.Flaw
}

// Meta is the identity of an object.
type Meta struct {
	Object          int
	Namespace, Name string
	// Created is the object's creationTimestamp in RFC 3339; "" in a file that was never in a cluster. Of rivals the oldest counts.
	Created string
}

// String returns namespace/name.
func (m *Meta) String() string { return m.Namespace + "/" + m.Name }

// Other is an object of a mesh that is recognised, but whose effect on mutual TLS is not resolved.
type Other struct {
	Meta
	Kind string
	// Fact says in a few words what it settles: "TLS of incoming connections is at least TLSv1_2"; "" if that is not read.
	Fact string
}

// Add reads what the object is to the set; number is what it will be known by. Most kinds are nothing to it.
func (s *Set) Add(o *object.Object, number int) {
	r := &reader{set: s, object: o, number: number, meta: Meta{
		Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")),
		Created: object.Keep(o.Root.Get("metadata").Get("creationTimestamp")),
	}}
	switch o.Group() {
	case "security.istio.io", "networking.istio.io":
		r.istio()
	case "install.istio.io", "sailoperator.io", "operator.istio.io":
		r.installation()
	case "policy.linkerd.io":
		r.linkerd()
	case "admissionregistration.k8s.io":
		r.webhooks()
	case "cilium.io":
		r.cilium()
	case "consul.hashicorp.com":
		r.consul()
	case "":
		if o.Kind == "ConfigMap" {
			r.configMap()
		}
	}
}

// Merge adds what another set has; its objects are known by base more than before.
func (s *Set) Merge(other *Set, base int) {
	s.Peers = object.Merge(s.Peers, other.Peers, base, func(p *PeerAuthentication) *int { return &p.Object })
	s.Destinations = object.Merge(s.Destinations, other.Destinations, base, func(d *DestinationRule) *int { return &d.Object })
	s.Authorizations = object.Merge(s.Authorizations, other.Authorizations, base, func(p *AuthorizationPolicy) *int { return &p.Object })
	s.Requests = object.Merge(s.Requests, other.Requests, base, func(p *RequestAuthentication) *int { return &p.Object })
	s.Sidecars = object.Merge(s.Sidecars, other.Sidecars, base, func(p *Sidecar) *int { return &p.Object })
	s.Entries = object.Merge(s.Entries, other.Entries, base, func(p *ServiceEntry) *int { return &p.Object })
	s.Configs = object.Merge(s.Configs, other.Configs, base, func(p *Config) *int { return &p.Object })
	s.Revisions = object.Merge(s.Revisions, other.Revisions, base, func(p *Revision) *int { return &p.Object })
	s.Servers = object.Merge(s.Servers, other.Servers, base, func(p *Server) *int { return &p.Object })
	s.Grants = object.Merge(s.Grants, other.Grants, base, func(p *Grant) *int { return &p.Object })
	s.Authentication = object.Merge(s.Authentication, other.Authentication, base, func(p *MeshAuthentication) *int { return &p.Object })
	s.Encryptions = object.Merge(s.Encryptions, other.Encryptions, base, func(p *Encryption) *int { return &p.Object })
	s.Others = object.Merge(s.Others, other.Others, base, func(p *Other) *int { return &p.Object })
	s.Flaws = object.Merge(s.Flaws, other.Flaws, base, func(p *object.Flaw) *int { return &p.Object })
}

// Len counts what the set holds.
func (s *Set) Len() int {
	return len(s.Peers) + len(s.Destinations) + len(s.Authorizations) + len(s.Requests) + len(s.Sidecars) + len(s.Entries) + len(s.Configs) +
		len(s.Revisions) + len(s.Servers) + len(s.Grants) + len(s.Authentication) + len(s.Encryptions) + len(s.Others) + len(s.Flaws)
}

// reader reads one object.
type reader struct {
	set    *Set
	object *object.Object
	number int
	meta   Meta
}

func (r *reader) spec() tree.Node { return r.object.Root.Get("spec") }

func (r *reader) flaw(at tree.Node, message string) {
	r.set.Flaws = append(r.set.Flaws, object.Flaw{Object: r.number, Path: r.object.Root.Path(at), Message: message})
}

// path writes the way to a node so that it can be kept.
func (r *reader) path(at tree.Node) string { return r.object.Root.Path(at) }

// fields reports the keys of a mapping that are none of the known ones: the API server prunes them from an Istio object, so
// that they do nothing. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
func (r *reader) fields(n tree.Node, known ...string) {
	for key := range n.Pairs() {
		if key.Overridden() || slices.Contains(known, key.Text()) {
			continue
		}
		r.flaw(n.Get(key.Text()), "is no field that exists: it does nothing")
	}
}

// selector reads a WorkloadSelector of Istio: equal labels only, no wildcards.
// https://istio.io/latest/docs/reference/config/type/workload-selector/
func (r *reader) selector(n tree.Node, key string) label.Set {
	r.fields(n, key)
	labels := n.Get(key)
	if n.Kind() == tree.Mapping && labels.Len() == 0 {
		r.flaw(n, "selects by no labels, which is as if there were no selector: all workloads of the namespace")
	}
	for k, v := range labels.Pairs() {
		switch {
		case k.Text() == "":
			r.flaw(v, "has an empty key, which Istio refuses")
		case strings.Contains(k.Text()+v.Text(), "*"):
			r.flaw(v, "has a wildcard, which Istio refuses in a selector")
		}
	}
	return label.Read(labels)
}

func texts(n tree.Node) []string {
	var out []string
	for _, v := range n.Items() {
		out = append(out, object.Keep(v))
	}
	return out
}

func (r *reader) istio() {
	switch r.object.Kind {
	case "PeerAuthentication":
		r.peerAuthentication()
	case "RequestAuthentication":
		r.requestAuthentication()
	case "AuthorizationPolicy":
		r.authorizationPolicy()
	case "DestinationRule":
		r.destinationRule()
	case "Sidecar":
		r.sidecar()
	case "ServiceEntry":
		r.serviceEntry()
	}
}
