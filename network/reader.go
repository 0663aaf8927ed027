package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// reader reads one object into a set.
type reader struct {
	set     *Set
	object  *object.Object
	root    tree.Node
	number  int
	refused string // the first thing for which the API server refuses the object
	flaws   int
}

// maxFlaws bounds what is told of one object: more help nobody, and finding paths costs time.
const maxFlaws = 100

// flaw notes something that means nothing, but that the API server takes.
func (r *reader) flaw(at tree.Node, message string) {
	if r.flaws++; r.flaws <= maxFlaws {
		r.set.Flaws = append(r.set.Flaws, object.Flaw{Object: r.number, Path: r.root.Path(at), Message: strings.Clone(message)})
	}
}

// refuse notes something for which the API server refuses the object.
func (r *reader) refuse(at tree.Node, message string) {
	if r.refused == "" {
		r.refused = "the API server refuses it: " + r.root.Path(at) + " " + message
	}
	r.flaw(at, message)
}

// fields notes the fields of a mapping that are none of those given: the API server drops them, kubectl complains.
func (r *reader) fields(n tree.Node, what string, known ...string) {
	if n.Exists() && !n.IsNull() && n.Kind() != tree.Mapping {
		r.refuse(n, "is a "+n.Kind().String()+", not a mapping")
		return
	}
	for key := range n.Pairs() {
		if !key.Overridden() && !slices.Contains(known, key.Text()) {
			r.flaw(key, "is no field of "+what+", so it is ignored; the fields are "+strings.Join(known, ", "))
		}
	}
}

// list returns a list field; what is no list is refused.
func (r *reader) list(parent tree.Node, key string) tree.Node {
	n := parent.Get(key)
	if n.Exists() && !n.IsNull() && n.Kind() != tree.Sequence {
		r.refuse(n, "is a "+n.Kind().String()+", not a list")
		return tree.Node{}
	}
	return n
}

func (r *reader) selector(n tree.Node) label.Selector { return label.ReadSelector(n, r.refuse) }

// set reports whether a field is there and not null.
func set(n tree.Node) bool { return n.Exists() && !n.IsNull() }

func (r *reader) cidr(n tree.Node) (netip.Prefix, bool) {
	s, ok := n.Str()
	if !ok || s == "" {
		r.refuse(n, "has to be a CIDR")
		return netip.Prefix{}, false
	}
	p, err := ParseCIDR(s)
	if err != nil {
		r.refuse(n, "is no CIDR, as 192.0.2.0/24 or 2001:db8::/64 are")
		return netip.Prefix{}, false
	}
	return p, true
}

// port reads a port number; ok is false if it is none.
func (r *reader) port(n tree.Node) (int, bool) {
	v, ok := n.Int()
	if !ok || v < 1 || v > MaxPort {
		r.refuse(n, "has to be a port number between 1 and 65535")
		return 0, false
	}
	return int(v), true
}

// protocol reads the protocol of a port, TCP if there is none.
func (r *reader) protocol(n tree.Node) (Protocol, bool) {
	if !set(n) {
		return TCP, true
	}
	if s, ok := n.Str(); ok && s != "" {
		if p, ok := ParseProtocol(s); ok {
			return p, true
		}
	}
	r.refuse(n, "is "+quote(n.Text())+"; the protocols are TCP, UDP and SCTP, in capital letters")
	return TCP, false
}

// portName checks the name of a port as the API server does.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsValidPortName
func (r *reader) portName(n tree.Node) (string, bool) {
	name := object.Keep(n)
	var wrong string
	switch {
	case len(name) > 15:
		wrong = "is longer than the 15 characters that the name of a port may have"
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		wrong = "is no name of a port: lower-case letters, digits and hyphens"
	case !strings.ContainsFunc(name, func(c rune) bool { return c >= 'a' && c <= 'z' }):
		wrong = "is no name of a port, as it has no letter"
		if _, err := strconv.Atoi(name); err == nil {
			wrong += "; a port number is written without quotes"
		}
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") || strings.Contains(name, "--"):
		wrong = "is no name of a port: hyphens stand between letters or digits"
	default:
		return name, true
	}
	r.refuse(n, wrong)
	return "", false
}

func item(path string, index int) string { return fmt.Sprintf("%s[%d]", path, index) }

// add takes a policy that has been read.
func (r *reader) add(p Policy) {
	p.Object = r.number
	if r.refused != "" && p.Opaque == "" {
		p.Opaque = r.refused
	}
	if p.Opaque != "" && !p.Ingress.Applies && !p.Egress.Applies {
		p.Ingress.Applies, p.Egress.Applies = true, true
	}
	r.set.Policies = append(r.set.Policies, p)
}
