package mesh

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// hosts are the DestinationRules of one namespace by host.
type hosts struct {
	byHost map[string][]int // the oldest first
}

// Client is the TLS with which clients call a host.
type Client struct {
	TLS TLS
	// Rule is the number of the deciding DestinationRule or mesh configuration, Nobody for the default.
	Rule int
	Path string
	Why  string
}

func (a *Analysis) domain() string { return cmp.Or(a.options.ClusterDomain, "cluster.local") }

// full returns the whole name of a host: only a name without any dot is completed. ResolveShortnameToFQDN in
// https://github.com/istio/istio/blob/master/pilot/pkg/model/config.go
func (a *Analysis) full(host, namespace string) string {
	if host == "" || strings.ContainsAny(host, ".*") {
		return host
	}
	return host + "." + namespace + ".svc." + a.domain()
}

func (a *Analysis) indexHosts() {
	a.destinations = map[string]*hosts{}
	services := map[string]int{}
	for i := range a.cluster.Services {
		services[a.cluster.Services[i].Name+"."+a.cluster.Services[i].Namespace] = i
	}
	for i := range a.set.Destinations {
		d := &a.set.Destinations[i]
		h := a.destinations[d.Namespace]
		if h == nil {
			h = &hosts{byHost: map[string][]int{}}
			a.destinations[d.Namespace] = h
		}
		host := a.full(d.Host, d.Namespace)
		h.byHost[host] = append(h.byHost[host], i)
		if _, ok := services[strings.TrimSuffix(host, ".svc")]; ok {
			a.Flaws = append(a.Flaws, object.Flaw{
				Object: d.Object, Path: "spec.host",
				Message: "fits no host: only a name without dots is completed, others have to end in .svc." + a.domain(),
			})
		}
	}
	for _, h := range a.destinations {
		for _, list := range h.byHost {
			slices.SortStableFunc(list, func(x, y int) int { return age(&a.set.Destinations[x].Meta, &a.set.Destinations[y].Meta) })
		}
	}
}

// match returns the rules for the most specific host that fits: the name itself, else the longest wildcard.
func (h *hosts) match(host string, use func(int) bool) []int {
	if h == nil || len(host) > 253 { // longer names do not exist
		return nil
	}
	try := func(name string) []int {
		var out []int
		for _, i := range h.byHost[name] {
			if use(i) {
				out = append(out, i)
			}
		}
		return out
	}
	if out := try(host); len(out) > 0 {
		return out
	}
	for i := 0; i < len(host); i++ {
		if host[i] != '.' && i > 0 {
			continue
		}
		if out := try("*" + host[i:]); len(out) > 0 {
			return out
		}
	}
	return try("*")
}

// local reports whether a rule counts for clients of its own namespace.
func (d *DestinationRule) local() bool {
	return len(d.Clients) > 0 || len(d.ExportTo) == 0 || slices.Contains(d.ExportTo, "*") || slices.Contains(d.ExportTo, ".") || slices.Contains(d.ExportTo, d.Namespace)
}

// private reports whether a rule is for its own namespace only.
func (d *DestinationRule) private() bool {
	return len(d.Clients) > 0 || len(d.ExportTo) == 1 && (d.ExportTo[0] == "." || d.ExportTo[0] == d.Namespace)
}

// exported reports whether a rule counts for clients of another namespace.
func (d *DestinationRule) exported(to string) bool {
	return !d.private() && (len(d.ExportTo) == 0 || slices.Contains(d.ExportTo, "*") || slices.Contains(d.ExportTo, to))
}

// rules returns the DestinationRules for a call: those of the client's namespace, else those that the service's namespace exports,
// else those that the root namespace exports. destinationRule in
// https://github.com/istio/istio/blob/master/pilot/pkg/model/push_context.go
func (a *Analysis) rules(clientNamespace, serviceNamespace, host string) []int {
	rule := func(i int) *DestinationRule { return &a.set.Destinations[i] }
	own := func(i int) bool { return rule(i).local() }
	if clientNamespace == a.root {
		own = func(i int) bool { return rule(i).private() } // the others are for the whole mesh and come last
	}
	if out := a.destinations[clientNamespace].match(host, own); len(out) > 0 {
		return out
	}
	exported := func(i int) bool { return rule(i).exported(clientNamespace) }
	for _, namespace := range [...]string{serviceNamespace, a.root} {
		if out := a.destinations[namespace].match(host, func(i int) bool { return !rule(i).private() }); len(out) > 0 {
			out = slices.DeleteFunc(slices.Clone(out), func(i int) bool { return !exported(i) })
			if len(out) > 0 {
				return out
			}
		}
	}
	return nil
}

// Client returns the TLS with which pods of a namespace call a port of a host; labels are those of the client's pods, host is the
// whole name, port the service's, subset "" for none. The first of several rules for one host counts, as their settings are not
// merged; of rules for some clients only the one that selects the client.
func (a *Analysis) Client(namespace string, labels label.Set, serviceNamespace, host string, port int, subset string) Client {
	auto := Client{TLS: TLSAuto, Rule: Nobody}
	if a.config.AutoMTLS != nil && !*a.config.AutoMTLS {
		auto = Client{TLS: TLSDisable, Rule: a.config.Object, Path: a.config.Path, Why: "enableAutoMtls is off"}
	}
	list := a.rules(namespace, serviceNamespace, host)
	var general, special []int
	for _, i := range list {
		d := &a.set.Destinations[i]
		switch {
		case len(d.Clients) == 0:
			general = append(general, i)
		case d.Namespace == namespace && label.Equals(d.Clients).Matches(labels):
			special = append(special, i)
		}
	}
	if len(special) > 0 {
		general = special
	}
	if len(general) == 0 {
		return auto
	}
	out := a.client(general, port, subset, auto)
	if len(rivals(general, func(i int) *Meta { return &a.set.Destinations[i].Meta })) > 1 {
		for k := range general {
			rest := slices.Concat(general[k:k+1], general[:k], general[k+1:])
			if k == maxRivals {
				break
			}
			if other := a.client(rest, port, subset, auto); other.TLS != out.TLS {
				out.TLS, out.Why = TLSUnknown, "several rules are for the host, and it is not known which is the oldest"
				break
			}
		}
	}
	return out
}

// client returns what a rule says. A rule without a policy of its own takes that of the next; subsets are put together.
func (a *Analysis) client(list []int, port int, subset string, auto Client) Client {
	out, rule := auto, Traffic{}
	object := Nobody
	for _, i := range list {
		if d := &a.set.Destinations[i]; d.Traffic.Set {
			rule, object = d.Traffic, d.Object
			break
		}
	}
	out = out.with(rule, object, port, auto)
	if subset == "" {
		return out
	}
	for _, i := range list {
		d := &a.set.Destinations[i]
		for k := range d.Subsets {
			if d.Subsets[k].Name == subset {
				return out.with(d.Subsets[k].Traffic, d.Object, port, auto)
			}
		}
	}
	return out
}

// with returns what is in effect if a policy is laid over another: MergeTrafficPolicy in
// https://github.com/istio/istio/blob/master/pilot/pkg/networking/util/util.go. Settings of a port replace all the others, even
// where they say nothing of TLS.
func (c Client) with(t Traffic, object, port int, auto Client) Client {
	if p, ok := t.Ports[port]; ok {
		if p.TLS == "" {
			return auto
		}
		return Client{TLS: p.TLS, Rule: object, Path: p.Path}
	}
	if t.TLS != "" {
		return Client{TLS: t.TLS, Rule: object, Path: t.Path}
	}
	return c
}

// Verdict is what becomes of a call.
type Verdict string

// The verdicts.
const (
	Encrypted     Verdict = "encrypted"
	Plaintext     Verdict = "plaintext"
	Broken        Verdict = "broken"
	VerdictHidden Verdict = "unknown"
)

// Call is a call from a workload to a port of a service, and what becomes of it.
type Call struct {
	Client  Client
	Server  MTLS
	Verdict Verdict
}

// Call resolves a call to a port of a service that a server's pods serve. port is the service's.
func (a *Analysis) Call(client *workload.Workload, service *workload.Service, port int, server *workload.Workload, subset string) Call {
	target := port
	for k := range service.Ports {
		if p := &service.Ports[k]; p.Port == port {
			target = targetOf(server, p)
		}
	}
	from, to := a.Membership(client), a.Membership(server)
	c := Call{Server: a.effective(server, to, target)}
	switch from.Proxy {
	case NoProxy:
		c.Client = Client{TLS: TLSDisable, Rule: from.Object, Path: from.Path, Why: "the client is in no mesh"}
	case ProxyIsUnknown:
		c.Client = Client{TLS: TLSUnknown, Rule: Nobody, Why: from.Why}
	case AmbientProxy, LinkerdProxy: // DestinationRules are nothing to them
		c.Client = Client{TLS: TLSAuto, Rule: Nobody}
		if (from.Proxy == LinkerdProxy) != (to.Proxy == LinkerdProxy) {
			c.Client = Client{TLS: TLSDisable, Rule: Nobody, Why: "client and server are in different meshes"}
		}
	case SidecarProxy, GatewayProxy:
		c.Client = a.Client(client.Namespace, client.Labels, service.Namespace, service.Name+"."+service.Namespace+".svc."+a.domain(), port, subset)
		if to.Proxy == LinkerdProxy && (c.Client.TLS == TLSAuto || c.Client.TLS == TLSDisable) {
			c.Client.TLS, c.Client.Why = TLSDisable, "client and server are in different meshes"
		}
	}
	c.Verdict = meet(c.Client.TLS, c.Server)
	return c
}

func targetOf(w *workload.Workload, p *workload.ServicePort) int {
	if p.TargetName == "" {
		return p.Target
	}
	for i := range w.Containers {
		for _, c := range w.Containers[i].Ports {
			if c.Name == p.TargetName {
				return c.Number
			}
		}
	}
	return 0
}

// meet returns what becomes of a call with a client's TLS to a server's mode.
func meet(client TLS, server MTLS) Verdict {
	if client == TLSUnknown || server.Mode == Unknown || server.Mode == Unset {
		return VerdictHidden
	}
	switch client {
	case TLSDisable:
		if server.Mode == Strict {
			return Broken
		}
		return Plaintext
	case TLSAuto:
		if server.Mode == Disable {
			return Plaintext // the proxy sees that the server takes no mutual TLS
		}
		return Encrypted
	case TLSIstioMutual:
		if server.Mode == Disable {
			return Broken // the server gets TLS that it does not end; a server that ends TLS itself does not know the mesh's certificates
		}
		return Encrypted
	case TLSSimple, TLSMutual:
		if server.Mode == Strict {
			return Broken
		}
		return VerdictHidden // PERMISSIVE and DISABLE hand TLS that is not the mesh's on to the application, which may end it
	case TLSUnknown:
	}
	return VerdictHidden
}
