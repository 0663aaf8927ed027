package mesh

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// PeerAuthentication is Istio's setting of which TLS the ports of workloads take.
// https://istio.io/latest/docs/reference/config/security/peer_authentication/
type PeerAuthentication struct {
	Meta
	// Selector selects workloads of the namespace; empty is the whole namespace, or in the root namespace the whole mesh.
	Selector label.Set
	// Mode is Unset where it is to be inherited and Unknown where it is none of the modes.
	Mode Mode
	// Path leads to the mode, or to what lacks it.
	Path string
	// Ports are sorted by number. They count only together with a selector.
	Ports []PortMode
}

// PortMode is the mode of one port of the pod (not of its Service).
type PortMode struct {
	Port int
	Mode Mode
	Path string
}

// RequestAuthentication is Istio's setting of which tokens a workload takes. A request without any token passes it.
// https://istio.io/latest/docs/reference/config/security/request_authentication/
type RequestAuthentication struct {
	Meta
	Selector label.Set
	// Attached says that it has targetRefs, so that it counts at waypoints and gateways only.
	Attached bool
	Issuers  []string
}

// peerAuthentication reads as the CRD's schema and ValidatePeerAuthentication of istio/pkg/config/validation do.
func (r *reader) peerAuthentication() {
	spec := r.spec()
	r.fields(spec, "selector", "mtls", "portLevelMtls")
	p := PeerAuthentication{Meta: r.meta, Selector: r.selector(spec.Get("selector"), "matchLabels"), Mode: r.mode(spec.Get("mtls"))}
	switch mtls := spec.Get("mtls"); {
	case mtls.Get("mode").Exists():
		p.Path = r.path(mtls.Get("mode"))
	case mtls.Exists():
		p.Path = r.path(mtls)
	default:
		p.Path = "spec"
	}
	ports := spec.Get("portLevelMtls")
	switch {
	case ports.Kind() == tree.Mapping && ports.Len() == 0:
		r.flaw(ports, "has no port, which Istio refuses")
	case ports.Len() > 0 && len(p.Selector) == 0:
		r.flaw(ports, "needs a selector: Istio refuses ports of a whole namespace or mesh, and ignores them")
	}
	for key, value := range ports.Pairs() {
		if key.Overridden() {
			continue
		}
		number, err := strconv.ParseUint(key.Text(), 10, 32)
		if err != nil || number < 1 || number > 65535 {
			r.flaw(value, "is no port from 1 to 65535")
			continue
		}
		at := value
		if value.Get("mode").Exists() {
			at = value.Get("mode")
		}
		p.Ports = append(p.Ports, PortMode{Port: int(number), Mode: r.mode(value), Path: r.path(at)})
	}
	slices.SortStableFunc(p.Ports, func(a, b PortMode) int { return cmp.Compare(a.Port, b.Port) })
	r.set.Peers = append(r.set.Peers, p)
}

// mode reads a MutualTLS. What is missing, null or empty inherits.
func (r *reader) mode(n tree.Node) Mode {
	r.fields(n, "mode")
	mode := n.Get("mode")
	if n.Exists() && !n.IsNull() && n.Kind() != tree.Mapping {
		r.flaw(n, "is no mapping with a mode")
		return Unknown
	}
	if !mode.Exists() || mode.IsNull() {
		return Unset
	}
	if text, ok := mode.Str(); ok {
		switch m := Mode(text); m {
		case Unset, Disable, Permissive, Strict:
			return m
		case Unknown:
		}
	}
	r.flaw(mode, "is none of UNSET, DISABLE, PERMISSIVE and STRICT"+spelling(mode.Text()))
	return Unknown
}

// spelling adds what was probably meant: the names of the modes are case-sensitive.
func spelling(text string) string {
	switch m := Mode(strings.ToUpper(text)); m {
	case Unset, Disable, Permissive, Strict:
		return ": " + string(m) + " has to be in capitals"
	case Unknown:
	}
	return ""
}

func (r *reader) requestAuthentication() {
	spec := r.spec()
	r.fields(spec, "selector", "targetRef", "targetRefs", "jwtRules")
	q := RequestAuthentication{Meta: r.meta, Selector: r.selector(spec.Get("selector"), "matchLabels")}
	q.Attached = spec.Get("targetRefs").Len() > 0 || spec.Get("targetRef").Len() > 0
	for _, rule := range spec.Get("jwtRules").Items() {
		issuer := object.Keep(rule.Get("issuer"))
		if issuer == "" {
			r.flaw(rule, "has no issuer, which Istio refuses")
		}
		q.Issuers = append(q.Issuers, issuer)
	}
	r.set.Requests = append(r.set.Requests, q)
}
