package network_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

// TestAgainstNaiveEvaluator compares verdicts on random clusters with an evaluator that tries everything one by one.
func TestAgainstNaiveEvaluator(t *testing.T) {
	flows, denied, clusters := 0, 0, 150
	if testing.Short() {
		clusters = 20
	}
	for seed := range uint64(clusters) {
		c := dice{rand.New(rand.NewPCG(seed, 1))}.cluster()
		text := c.text()
		read := read(t, text)
		for _, f := range read.set.Flaws {
			if !strings.HasPrefix(f.Message, "has no effect") {
				t.Fatalf("seed %d: %v in\n%s", seed, f, text)
			}
		}
		a := read.analysis()
		reach := reachable(a)
		var ends []naiveEnd
		for i := range c.pods {
			ends = append(ends, naiveEnd{pod: &c.pods[i]})
		}
		for _, ip := range []string{"10.0.0.1", "10.1.0.1", "10.1.2.3", "192.0.2.1"} {
			ends = append(ends, naiveEnd{ip: netip.MustParseAddr(ip)})
		}
		at := func(e naiveEnd) (network.Endpoint, int) {
			if e.pod == nil {
				return network.Outside(network.Addresses{First: e.ip, Last: e.ip}), -1
			}
			i := read.workload(t, e.pod.namespace, e.pod.name)
			return network.OfWorkload(i), i
		}
		for _, src := range ends {
			for _, dst := range ends {
				if src.pod == nil && dst.pod == nil {
					continue
				}
				from, i := at(src)
				to, k := at(dst)
				connections := a.Connections(from, to)
				if !connections.Unknown.Empty() {
					t.Fatalf("seed %d: %s", seed, connections)
				}
				for p, protocol := range []string{"TCP", "UDP", "SCTP"} {
					for _, port := range []int{1, 79, 80, 81, 82, 83, 84, 65535} {
						flows++
						want := c.allowed(src, dst, protocol, port)
						got := a.Flow(from, to, network.Protocol(p), port)
						if !want {
							denied++
						}
						if (got.Verdict == network.Allowed) != want || got.Verdict == network.Unknown || connections.Allowed.Has(network.Protocol(p), port) != want {
							t.Fatalf("seed %d: %s %d %v => %v: got %+v and %s, want %t in\n%s", seed, protocol, port, src, dst, got, connections, want, text)
						}
						if i != k && reach.has(a, src, dst, i, k, network.Protocol(p), port) != want {
							t.Fatalf("seed %d: %s %d %v => %v: the matrix does not say %t in\n%s", seed, protocol, port, src, dst, want, text)
						}
						if got.Egress.Text == "" || got.Ingress.Text == "" {
							t.Fatalf("seed %d: no reason in %+v", seed, got)
						}
					}
				}
			}
		}
	}
	t.Logf("%d flows, %d denied", flows, denied)
	if denied < flows/10 || denied > flows*9/10 {
		t.Errorf("%d of %d flows denied: the clusters are too simple", denied, flows)
	}
}

// matrixOf is what Matrix yields, by classes.
type matrixOf struct {
	pods map[[2]int]network.Ports
	in   map[int][]network.Reach
	out  map[int][]network.Reach
}

func reachable(a *network.Analysis) *matrixOf {
	m := &matrixOf{map[[2]int]network.Ports{}, map[int][]network.Reach{}, map[int][]network.Reach{}}
	for r := range a.Matrix(network.MatrixOptions{}) {
		for _, s := range r.From.Classes {
			for _, d := range r.To.Classes {
				m.pods[[2]int{s, d}] = m.pods[[2]int{s, d}].Union(r.Allowed)
			}
			if r.To.Addresses.Valid() {
				m.out[s] = append(m.out[s], r)
			}
		}
		for _, d := range r.To.Classes {
			if r.From.Addresses.Valid() {
				m.in[d] = append(m.in[d], r)
			}
		}
	}
	return m
}

func (m *matrixOf) has(a *network.Analysis, src, dst naiveEnd, i, k int, p network.Protocol, port int) bool {
	if src.pod != nil && dst.pod != nil {
		return m.pods[[2]int{a.ClassOf(i), a.ClassOf(k)}].Has(p, port)
	}
	var list []network.Reach
	ip := src.ip
	if src.pod == nil {
		list = m.in[a.ClassOf(k)]
	} else {
		list, ip = m.out[a.ClassOf(i)], dst.ip
	}
	for _, r := range list {
		span := r.From.Addresses
		if src.pod != nil {
			span = r.To.Addresses
		}
		if span.First.Compare(ip) <= 0 && ip.Compare(span.Last) <= 0 && r.Allowed.Has(p, port) {
			return true
		}
	}
	return false
}

// TestSomePodIsSound wants that what is said of a pod of which nothing is known is true of every pod that there is.
func TestSomePodIsSound(t *testing.T) {
	certain, unknown := 0, 0
	for seed := range uint64(100) {
		c := dice{rand.New(rand.NewPCG(seed, 2))}.cluster()
		read := read(t, c.text())
		a := read.analysis()
		for i := range c.pods {
			pod := &c.pods[i]
			known := network.OfWorkload(read.workload(t, pod.namespace, pod.name))
			for _, ingress := range []bool{true, false} {
				got := a.Connections(known, network.SomePod())
				if ingress {
					got = a.Connections(network.SomePod(), known)
				}
				for k := range c.pods {
					other := naiveEnd{pod: &c.pods[k]}
					dst := other
					if ingress {
						dst = naiveEnd{pod: pod}
					}
					for _, protocol := range []network.Protocol{network.TCP, network.UDP, network.SCTP} {
						for port := 78; port < 86; port++ {
							want := c.direction(ingress, pod, other, dst, protocol.String(), port)
							switch {
							case got.Unknown.Has(protocol, port):
								unknown++
							case got.Allowed.Has(protocol, port) != want:
								t.Fatalf("seed %d: %s %d ingress %t of %v with %v: got %s, want %t\n%s", seed, protocol, port, ingress, pod, other.pod, got, want, c.text())
							default:
								certain++
							}
						}
					}
				}
			}
		}
	}
	if certain < 100000 || unknown < 10000 {
		t.Errorf("%d certain, %d unknown", certain, unknown)
	}
}
