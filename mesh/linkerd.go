package mesh

import (
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Server is a port of pods that Linkerd's policies are about: https://linkerd.io/2/reference/authorization-policy/#server
type Server struct {
	Meta
	Pods label.Selector
	// Port is the number of the port, PortName its name if that is not "".
	Port     int
	PortName string
	// Access is what counts where no policy grants access: "deny" unless the server says something else.
	Access string
	Path   string
	Labels label.Set
}

// Grant lets callers through to a Linkerd Server, or to all of a namespace: an AuthorizationPolicy or the older ServerAuthorization.
type Grant struct {
	Meta
	// Server is the name of the server; "" with Namespaced for all of the namespace, else those that Servers selects.
	Server     string
	Namespaced bool
	Servers    label.Selector
	// Route says that it is for a single route.
	Route bool
	// Identities says that only callers with an identity are let through, so that they need mutual TLS.
	Identities bool
	Path       string
}

// MeshAuthentication is a MeshTLSAuthentication of Linkerd.
type MeshAuthentication struct {
	Meta
	// All says that every identity is let through.
	All bool
}

func (r *reader) linkerd() {
	spec := r.spec()
	switch r.object.Kind {
	case "Server":
		r.server(spec)
	case "MeshTLSAuthentication":
		a := MeshAuthentication{Meta: r.meta}
		for _, identity := range spec.Get("identities").Items() {
			a.All = a.All || identity.Text() == "*"
		}
		r.set.Authentication = append(r.set.Authentication, a)
	case "AuthorizationPolicy":
		target := spec.Get("targetRef")
		g := Grant{Meta: r.meta, Path: "spec.requiredAuthenticationRefs"}
		switch kind := target.Get("kind").Text(); kind {
		case "Server":
			g.Server = object.Keep(target.Get("name"))
		case "Namespace":
			g.Namespaced = true
		default:
			g.Route = true
		}
		for _, ref := range spec.Get("requiredAuthenticationRefs").Items() { // all of them are required
			switch ref.Get("kind").Text() {
			case "MeshTLSAuthentication", "ServiceAccount":
				g.Identities = true
			}
		}
		r.set.Grants = append(r.set.Grants, g)
	case "ServerAuthorization":
		server, client := spec.Get("server"), spec.Get("client")
		g := Grant{Meta: r.meta, Server: object.Keep(server.Get("name")), Path: "spec.client", Identities: client.Get("meshTLS").Kind() == tree.Mapping}
		if unauthenticated, _ := client.Get("unauthenticated").Bool(); unauthenticated {
			g.Identities = false
		}
		if tls, _ := client.Get("meshTLS").Get("unauthenticatedTLS").Bool(); tls {
			g.Identities = true // encrypted, if by whoever
		}
		if g.Server == "" {
			g.Servers = r.labelSelector(server.Get("selector"))
		}
		r.set.Grants = append(r.set.Grants, g)
	}
}

func (r *reader) server(spec tree.Node) {
	s := Server{
		Meta: r.meta, Pods: r.labelSelector(spec.Get("podSelector")), Access: object.Keep(spec.Get("accessPolicy")),
		Path: "spec", Labels: label.Read(r.object.Root.Get("metadata").Get("labels")),
	}
	if s.Access == "" {
		s.Access = "deny"
	} else {
		s.Path = "spec.accessPolicy"
		r.linkerdPolicy(spec.Get("accessPolicy"))
	}
	port := spec.Get("port")
	if number, ok := port.Int(); ok {
		s.Port = int(number)
	} else {
		s.PortName = object.Keep(port)
	}
	if !port.Exists() {
		r.flaw(spec, "has no port, which Linkerd refuses")
	}
	r.set.Servers = append(r.set.Servers, s)
}

func (r *reader) labelSelector(n tree.Node) label.Selector { return label.ReadSelector(n, r.flaw) }

// linkerdPolicy reports a default policy that does not exist.
func (r *reader) linkerdPolicy(n tree.Node) {
	if _, ok := linkerdMode(n.Text()); !ok {
		r.flaw(n, "is no default policy of Linkerd")
	}
}

// linkerdMode returns what a default policy takes: https://linkerd.io/2/reference/authorization-policy/#default-policies
// What denies everything takes nothing but what policies grant, which say it themselves.
func linkerdMode(policy string) (Mode, bool) {
	switch policy {
	case "all-unauthenticated", "cluster-unauthenticated", "audit":
		return Permissive, true
	case "all-authenticated", "cluster-authenticated", "deny":
		return Strict, true
	}
	return Unknown, false
}
