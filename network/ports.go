package network

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Protocol is a protocol that network policies know.
type Protocol uint8

// The protocols of network policies: https://kubernetes.io/docs/reference/networking/service-protocols/
const (
	TCP Protocol = iota
	UDP
	SCTP
	protocols // their number
)

func (p Protocol) String() string {
	switch p {
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case SCTP:
		return "SCTP"
	default:
		return "unknown protocol"
	}
}

// ParseProtocol reads TCP, UDP or SCTP, "" being TCP as the API server has it.
func ParseProtocol(s string) (p Protocol, ok bool) {
	switch s {
	case "TCP", "":
		return TCP, true
	case "UDP":
		return UDP, true
	case "SCTP":
		return SCTP, true
	}
	return TCP, false
}

// MaxPort is the highest port; the lowest is 1.
const MaxPort = 65535

// PortRange is a range of ports, both ends included.
type PortRange struct{ First, Last uint16 }

// Ports is a set of ports of each protocol in its one canonical form: for each protocol the ranges sorted, neither touching nor
// overlapping. The zero value is empty. Sets are not changed once made, so that they may share memory.
type Ports struct{ of [protocols][]PortRange }

// everything is shared by all sets that hold each port of a protocol.
func everything() []PortRange { return []PortRange{{1, MaxPort}} }

// AllPorts returns every port of every protocol.
func AllPorts() Ports {
	e := everything()
	return Ports{[protocols][]PortRange{e, e, e}}
}

// PortsOf returns the ports first to last of a protocol; nothing if there are none between them.
func PortsOf(p Protocol, first, last int) Ports {
	first, last = max(first, 1), min(last, MaxPort)
	var s Ports
	if p < protocols && first <= last {
		s.of[p] = []PortRange{{uint16(first), uint16(last)}} //nolint:gosec // both are within 1 and 65535
	}
	return s
}

// Of returns the ranges of a protocol. They must not be changed.
func (s Ports) Of(p Protocol) []PortRange {
	if p >= protocols {
		return nil
	}
	return s.of[p]
}

// Empty reports whether there is no port in the set.
func (s Ports) Empty() bool {
	return len(s.of[TCP]) == 0 && len(s.of[UDP]) == 0 && len(s.of[SCTP]) == 0
}

// All reports whether every port of every protocol is in the set.
func (s Ports) All() bool { return full(s.of[TCP]) && full(s.of[UDP]) && full(s.of[SCTP]) }

func full(r []PortRange) bool { return len(r) == 1 && r[0] == PortRange{1, MaxPort} }

// Has reports whether a port is in the set.
func (s Ports) Has(p Protocol, port int) bool {
	for _, r := range s.Of(p) {
		if int(r.First) <= port && port <= int(r.Last) {
			return true
		}
	}
	return false
}

// Equal reports whether both sets have the same ports.
func (s Ports) Equal(t Ports) bool {
	for p := range s.of {
		if !slices.Equal(s.of[p], t.of[p]) {
			return false
		}
	}
	return true
}

// Union returns the ports that are in one of the sets.
func (s Ports) Union(t Ports) Ports {
	for p := range s.of {
		s.of[p] = union(s.of[p], t.of[p])
	}
	return s
}

func union(a, b []PortRange) []PortRange {
	switch {
	case len(a) == 0 || full(b):
		return b
	case len(b) == 0 || full(a):
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y PortRange) int { return cmp.Compare(x.First, y.First) })
	out := all[:1]
	for _, r := range all[1:] {
		last := &out[len(out)-1]
		if int(r.First) <= int(last.Last)+1 {
			last.Last = max(last.Last, r.Last)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// Intersect returns the ports that are in both sets.
func (s Ports) Intersect(t Ports) Ports {
	for p := range s.of {
		s.of[p] = intersect(s.of[p], t.of[p])
	}
	return s
}

func intersect(a, b []PortRange) []PortRange {
	switch {
	case len(a) == 0 || len(b) == 0:
		return nil
	case full(a):
		return b
	case full(b):
		return a
	}
	var out []PortRange
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if first, last := max(a[i].First, b[j].First), min(a[i].Last, b[j].Last); first <= last {
			out = append(out, PortRange{first, last})
		}
		if a[i].Last < b[j].Last {
			i++
		} else {
			j++
		}
	}
	return out
}

// Minus returns the ports of s that are not in t.
func (s Ports) Minus(t Ports) Ports {
	for p := range s.of {
		s.of[p] = minus(s.of[p], t.of[p])
	}
	return s
}

func minus(a, b []PortRange) []PortRange {
	switch {
	case len(a) == 0 || full(b):
		return nil
	case len(b) == 0:
		return a
	}
	var out []PortRange
	j := 0
	for _, r := range a {
		first, last := int(r.First), int(r.Last)
		for j < len(b) && int(b[j].Last) < first {
			j++
		}
		for k := j; k < len(b) && int(b[k].First) <= last && first <= last; k++ {
			if int(b[k].First) > first {
				out = append(out, PortRange{uint16(first), b[k].First - 1}) //nolint:gosec // a port
			}
			first = int(b[k].Last) + 1
		}
		if first <= last {
			out = append(out, PortRange{uint16(first), uint16(last)}) //nolint:gosec // ports
		}
	}
	return out
}

// String writes "all", "none", or the protocols in the order TCP, UDP, SCTP: "TCP 80,443,8000-8080; UDP 53". A protocol with all
// of its ports is written "UDP".
func (s Ports) String() string {
	if s.All() {
		return "all"
	}
	if s.Empty() {
		return "none"
	}
	var b strings.Builder
	for p := range protocols {
		ranges := s.of[p]
		if len(ranges) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.String())
		if full(ranges) {
			continue
		}
		for i, r := range ranges {
			if i > 0 {
				b.WriteByte(',')
			} else {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.Itoa(int(r.First)))
			if r.Last != r.First {
				b.WriteString("-" + strconv.Itoa(int(r.Last)))
			}
		}
	}
	return b.String()
}
