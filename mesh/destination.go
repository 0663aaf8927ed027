package mesh

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// TLS is the TLS mode of a client: https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings-TLSmode
type TLS string

// The modes of clients. Auto is none of a rule's: without any setting the proxy uses mutual TLS where the server takes it, if
// the mesh has enableAutoMtls, which is the default.
const (
	TLSAuto        TLS = "AUTO"
	TLSDisable     TLS = "DISABLE"
	TLSSimple      TLS = "SIMPLE"
	TLSMutual      TLS = "MUTUAL"
	TLSIstioMutual TLS = "ISTIO_MUTUAL"
	TLSUnknown     TLS = "UNKNOWN"
)

// Traffic is the TLS part of a trafficPolicy.
type Traffic struct {
	// Set says that there is a policy, whatever it is about.
	Set bool
	// TLS is "" where the policy says nothing of it.
	TLS  TLS
	Path string
	// Insecure says that the server's certificate is not verified (insecureSkipVerify).
	Insecure bool
	// Ports are the settings of single ports of the service. They replace TLS even where they say nothing of it.
	Ports map[int]Traffic
}

// Subset is a named part of a service's pods.
type Subset struct {
	Name    string
	Labels  label.Set
	Traffic Traffic
}

// DestinationRule is Istio's setting of how clients call a host.
type DestinationRule struct {
	Meta
	Host     string
	ExportTo []string
	// Clients selects the client pods, of the rule's namespace only; empty is all.
	Clients label.Set
	Traffic Traffic
	Subsets []Subset
}

func (r *reader) destinationRule() {
	spec := r.spec()
	r.fields(spec, "host", "trafficPolicy", "subsets", "exportTo", "workloadSelector")
	d := DestinationRule{
		Meta: r.meta, Host: object.Keep(spec.Get("host")), ExportTo: texts(spec.Get("exportTo")),
		Clients: r.selector(spec.Get("workloadSelector"), "matchLabels"), Traffic: r.traffic(spec.Get("trafficPolicy")),
	}
	if d.Host == "" {
		r.flaw(spec, "has no host, which Istio refuses")
	}
	for _, s := range spec.Get("subsets").Items() {
		d.Subsets = append(d.Subsets, Subset{Name: object.Keep(s.Get("name")), Labels: label.Read(s.Get("labels")), Traffic: r.traffic(s.Get("trafficPolicy"))})
	}
	r.set.Destinations = append(r.set.Destinations, d)
}

func (r *reader) traffic(n tree.Node) Traffic {
	t := r.clientTLS(n)
	t.Set = n.Kind() == tree.Mapping
	for _, p := range n.Get("portLevelSettings").Items() {
		number, ok := p.Get("port").Get("number").Int()
		if !ok || number < 1 || number > 65535 {
			r.flaw(p, "names no port from 1 to 65535")
			continue
		}
		if t.Ports == nil {
			t.Ports = map[int]Traffic{}
		}
		if _, there := t.Ports[int(number)]; !there { // the first that fits counts
			t.Ports[int(number)] = r.clientTLS(p)
		}
	}
	return t
}

// clientTLS reads a ClientTLSSettings. Its mode's zero value is DISABLE: "tls: {}" switches TLS off.
func (r *reader) clientTLS(n tree.Node) Traffic {
	tls := n.Get("tls")
	if !tls.Exists() || tls.IsNull() {
		return Traffic{}
	}
	t := Traffic{TLS: TLSDisable, Path: r.path(tls)}
	t.Insecure, _ = tls.Get("insecureSkipVerify").Bool()
	mode := tls.Get("mode")
	if !mode.Exists() || mode.IsNull() {
		return t
	}
	t.Path = r.path(mode)
	switch m := TLS(mode.Text()); m {
	case TLSDisable, TLSSimple, TLSMutual, TLSIstioMutual:
		t.TLS = TLS(object.Keep(mode))
	case TLSAuto, TLSUnknown:
		fallthrough
	default:
		t.TLS = TLSUnknown
		r.flaw(mode, "is none of DISABLE, SIMPLE, MUTUAL and ISTIO_MUTUAL")
	}
	if t.TLS == TLSIstioMutual {
		for _, key := range [...]string{"clientCertificate", "privateKey", "caCertificates", "credentialName"} {
			if v := tls.Get(key); v.Text() != "" {
				r.flaw(v, "does not go with ISTIO_MUTUAL: Istio refuses it")
			}
		}
	}
	if t.TLS == TLSMutual && tls.Get("credentialName").Text() == "" {
		for _, key := range [...]string{"clientCertificate", "privateKey"} {
			if tls.Get(key).Text() == "" {
				r.flaw(mode, "needs "+key+" or credentialName: Istio refuses it")
			}
		}
	}
	return t
}

// Listener is what serves a port of a proxy.
type Listener string

// The listeners. Passthrough serves the ports that no service declares: it hands the bytes on as they come.
const (
	Passthrough  Listener = "passthrough"
	ListenerTCP  Listener = "TCP"
	ListenerHTTP Listener = "HTTP"
)

// protocol returns the listener of a port by its protocol, as the port's name or appProtocol gives it.
// https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
func protocol(name string) Listener {
	switch strings.ToLower(name) {
	case "http", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws":
		return ListenerHTTP
	}
	return ListenerTCP
}

// EntryPort is a port that a Sidecar or a ServiceEntry declares.
type EntryPort struct {
	Port     int
	Listener Listener
	Path     string
	// ServerTLS is the TLS that a Sidecar ends itself for callers outside of the mesh; "" without.
	ServerTLS string
}

// Sidecar is Istio's setting of what the proxies of a namespace listen on and whom they can call.
type Sidecar struct {
	Meta
	Selector label.Set
	Ingress  []EntryPort
	// Outbound is outboundTrafficPolicy.mode: REGISTRY_ONLY or ALLOW_ANY; "" is the mesh's.
	Outbound string
}

// ServiceEntry adds a host to the mesh; here only its ports on pods count.
type ServiceEntry struct {
	Meta
	Hosts []string
	// Selectors are the pods that serve it: workloadSelector, or the labels of endpoints.
	Selectors []label.Set
	Ports     []EntryPort
}

func (r *reader) entryPort(n tree.Node) EntryPort {
	number, _ := n.Get("number").Int()
	target, ok := n.Get("targetPort").Int()
	if ok && target != 0 {
		number = target
	}
	return EntryPort{Port: int(number), Listener: protocol(n.Get("protocol").Text()), Path: r.path(n)}
}

func (r *reader) sidecar() {
	spec := r.spec()
	s := Sidecar{
		Meta: r.meta, Selector: label.Read(spec.Get("workloadSelector").Get("labels")),
		Outbound: object.Keep(spec.Get("outboundTrafficPolicy").Get("mode")),
	}
	for _, in := range spec.Get("ingress").Items() {
		p := r.entryPort(in.Get("port"))
		p.ServerTLS = object.Keep(in.Get("tls").Get("mode"))
		s.Ingress = append(s.Ingress, p)
	}
	r.set.Sidecars = append(r.set.Sidecars, s)
}

func (r *reader) serviceEntry() {
	spec := r.spec()
	e := ServiceEntry{Meta: r.meta, Hosts: texts(spec.Get("hosts"))}
	if labels := label.Read(spec.Get("workloadSelector").Get("labels")); len(labels) > 0 {
		e.Selectors = append(e.Selectors, labels)
	}
	for _, endpoint := range spec.Get("endpoints").Items() {
		if labels := label.Read(endpoint.Get("labels")); len(labels) > 0 {
			e.Selectors = append(e.Selectors, labels)
		}
	}
	for _, p := range spec.Get("ports").Items() {
		e.Ports = append(e.Ports, r.entryPort(p))
	}
	r.set.Entries = append(r.set.Entries, e)
}

// portList reads a list of ports and ranges as the annotations of meshes have it: "80,8000-8010"; every is "*".
func portList(text string) (ranges [][2]int, every bool) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "*" {
			return nil, true
		}
		low, high, ranged := strings.Cut(part, "-")
		from, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
		if err != nil {
			continue
		}
		to := from
		if ranged {
			if to, err = strconv.ParseUint(strings.TrimSpace(high), 10, 16); err != nil {
				continue
			}
		}
		ranges = append(ranges, [2]int{int(from), int(to)})
	}
	return ranges, false
}

func inPorts(text string, port int) bool {
	ranges, every := portList(text)
	if every {
		return true
	}
	for _, r := range ranges {
		if r[0] <= port && port <= r[1] {
			return true
		}
	}
	return false
}
