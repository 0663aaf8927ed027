package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Addresses is a range of IP addresses of one family, both ends included. The zero value is no range.
type Addresses struct{ First, Last netip.Addr }

// InternetV4 returns all IPv4 addresses.
func InternetV4() Addresses { return addressesOf(netip.PrefixFrom(netip.IPv4Unspecified(), 0)) }

// InternetV6 returns all IPv6 addresses.
func InternetV6() Addresses { return addressesOf(netip.PrefixFrom(netip.IPv6Unspecified(), 0)) }

// AddressesOf returns the addresses of a CIDR.
func AddressesOf(p netip.Prefix) Addresses { return addressesOf(p.Masked()) }

func addressesOf(p netip.Prefix) Addresses {
	bytes := p.Addr().AsSlice()
	for i := range bytes {
		switch low := (i+1)*8 - p.Bits(); {
		case low >= 8:
			bytes[i] = 0xff
		case low > 0:
			bytes[i] |= 1<<low - 1
		}
	}
	last, _ := netip.AddrFromSlice(bytes)
	return Addresses{p.Addr(), last}
}

// Valid reports whether there is an address in the range.
func (a Addresses) Valid() bool { return a.First.IsValid() }

// Everything reports whether the range is all of its family.
func (a Addresses) Everything() bool { return a == InternetV4() || a == InternetV6() }

// String writes a CIDR if the range is one, else first-last.
func (a Addresses) String() string {
	if !a.Valid() {
		return ""
	}
	for bits := 0; bits <= a.First.BitLen(); bits++ {
		if p := netip.PrefixFrom(a.First, bits); p.Masked() == p && addressesOf(p).Last == a.Last {
			return p.String()
		}
	}
	return a.First.String() + "-" + a.Last.String()
}

// within says how much of the range a CIDR without its exceptions covers: all, some or nothing.
func (a Addresses) within(block netip.Prefix, except []netip.Prefix) match {
	switch m := a.in(block); m {
	case never:
		return never
	case perhaps, always:
		for _, e := range except {
			switch a.in(e) {
			case always:
				return never
			case perhaps:
				m = perhaps
			case never:
			}
		}
		return m
	}
	return never
}

func (a Addresses) in(block netip.Prefix) match {
	if !block.IsValid() || block.Addr().Is4() != a.First.Is4() {
		return never
	}
	b := addressesOf(block)
	switch {
	case b.First.Compare(a.First) <= 0 && a.Last.Compare(b.Last) <= 0:
		return always
	case b.Last.Less(a.First) || a.Last.Less(b.First):
		return never
	}
	return perhaps
}

// ParseCIDR reads a CIDR as the API server does in the fields of network policies: bits behind the prefix are ignored, leading
// zeros too. https://pkg.go.dev/k8s.io/utils/net#ParseCIDRSloppy
func ParseCIDR(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		if p, err = netip.ParsePrefix(withoutZeros(s)); err != nil {
			return netip.Prefix{}, fmt.Errorf("reading CIDR %q: not of the form 192.0.2.0/24 or 2001:db8::/64", s)
		}
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// withoutZeros takes the leading zeros from the numbers of an IPv4 CIDR.
func withoutZeros(s string) string {
	address, bits, ok := strings.Cut(s, "/")
	parts := strings.Split(address, ".")
	if !ok || len(parts) != 4 || len(s) > 64 {
		return s
	}
	for i, p := range parts {
		if p = strings.TrimLeft(p, "0"); p == "" && parts[i] != "" {
			p = "0"
		}
		parts[i] = p
	}
	return strings.Join(parts, ".") + "/" + bits
}

// split cuts all addresses of both families so that each piece lies either in or out of every given CIDR.
func split(blocks []netip.Prefix) []Addresses {
	var cuts []netip.Addr // where a piece begins
	for _, b := range blocks {
		a := addressesOf(b)
		cuts = append(cuts, a.First)
		if next := a.Last.Next(); next.IsValid() {
			cuts = append(cuts, next)
		}
	}
	v4, v6 := InternetV4(), InternetV6()
	cuts = append(cuts, v4.First, v6.First)
	slices.SortFunc(cuts, netip.Addr.Compare) // IPv4 sorts before IPv6
	cuts = slices.Compact(cuts)
	out := make([]Addresses, 0, len(cuts))
	for i, first := range cuts {
		last := v4.Last
		if !first.Is4() {
			last = v6.Last
		}
		if i+1 < len(cuts) && cuts[i+1].Is4() == first.Is4() {
			last = cuts[i+1].Prev()
		}
		out = append(out, Addresses{first, last})
	}
	return out
}
