package network_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

// connection is one line of netpol-analyzer's list: who reaches whom, and on what.
type connection struct{ from, to, ports string }

func (c connection) String() string { return c.from + " => " + c.to + " : " + c.ports }

// analyzerList returns the connections in the format of netpol-analyzer, IPv4 only as it is, without those of a workload to itself.
func analyzerList(c *cluster, a *network.Analysis) []connection {
	name := func(i int) string {
		w := a.Workload(i)
		if owner, ok := c.owners[w.Object]; ok && w.PodPath == "" && owner[0] != "Node" {
			return w.Namespace + "/" + owner[1] + "[" + cmp.Or(owner[0], "Pod") + "]"
		}
		return w.Namespace + "/" + w.Name + "[" + w.Kind + "]"
	}
	ends := func(g network.Group) []string {
		if g.Addresses.Valid() {
			return []string{g.Addresses.First.String() + "-" + g.Addresses.Last.String() + "[External]"}
		}
		var out []string
		for _, class := range g.Classes {
			for _, i := range a.Classes()[class].Workloads {
				out = append(out, name(i))
			}
		}
		return out
	}
	found := map[connection]bool{}
	for r := range a.Matrix(network.MatrixOptions{}) {
		if r.Allowed.Empty() || r.From.Addresses.First.Is6() || r.To.Addresses.First.Is6() {
			continue
		}
		for _, from := range ends(r.From) {
			for _, to := range ends(r.To) {
				if from != to {
					found[connection{from, to, analyzerPorts(r.Allowed)}] = true
				}
			}
		}
	}
	return sorted(found)
}

func sorted(m map[connection]bool) []connection {
	return slices.SortedFunc(maps.Keys(m), func(x, y connection) int { return cmp.Compare(x.String(), y.String()) })
}

func analyzerPorts(p network.Ports) string {
	if p.All() {
		return "All Connections"
	}
	var parts []string
	for _, protocol := range []network.Protocol{network.SCTP, network.TCP, network.UDP} {
		var ranges []string
		for _, r := range p.Of(protocol) {
			s := fmt.Sprint(r.First)
			if r.Last != r.First {
				s += fmt.Sprintf("-%d", r.Last)
			}
			ranges = append(ranges, s)
		}
		if len(ranges) > 0 {
			parts = append(parts, protocol.String()+" "+strings.Join(ranges, ","))
		}
	}
	return strings.Join(parts, ",")
}

// parseAnalyzer reads the first section of an expected output, and puts neighbouring ranges of addresses with equal ports together.
func parseAnalyzer(text string) (list []connection, controller []connection) {
	type key struct{ from, to, ports string }
	spans := map[key][]network.Addresses{}
	found := map[connection]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Exposure Analysis Result") || strings.HasPrefix(line, "Permitted connectivity analyzed in") && len(found)+len(spans) > 0 {
			break
		}
		pair, ports, ok := strings.Cut(line, " : ")
		from, to, arrow := strings.Cut(pair, " => ")
		if !ok || !arrow {
			continue
		}
		c := connection{strings.TrimSpace(from), strings.TrimSpace(to), strings.TrimSpace(ports)}
		switch {
		case c.from == "{ingress-controller}":
			controller = append(controller, c)
		case strings.HasSuffix(c.from, "[External]"):
			k := key{"", c.to, c.ports}
			spans[k] = append(spans[k], parseSpan(c.from))
		case strings.HasSuffix(c.to, "[External]"):
			k := key{c.from, "", c.ports}
			spans[k] = append(spans[k], parseSpan(c.to))
		default:
			found[c] = true
		}
	}
	for k, s := range spans {
		for _, span := range joined(s) {
			external := span.First.String() + "-" + span.Last.String() + "[External]"
			found[connection{cmp.Or(k.from, external), cmp.Or(k.to, external), k.ports}] = true
		}
	}
	return sorted(found), controller
}

func parseSpan(s string) network.Addresses {
	first, last, _ := strings.Cut(strings.TrimSuffix(s, "[External]"), "-")
	return network.Addresses{First: netip.MustParseAddr(first), Last: netip.MustParseAddr(last)}
}

func difference(a, b []connection) []connection {
	var out []connection
	for _, c := range a {
		if !slices.Contains(b, c) {
			out = append(out, c)
		}
	}
	return out
}

// peersView are the ways in which netpol-analyzer sees a cluster differently than Kubernetes. Who is right stands beside each; taking its
// view has to give its list.
var peersView = []struct {
	why  string
	take func(c *cluster)
}{
	// The custom resource definitions require podSelector and namespaceSelector of pods (required: in network-policy-api's
	// config/crd of v0.1.1), so the API server refuses these policies; the peer takes what is missing for the empty selector.
	// We: the verdict is unknown.
	{"the API server refuses an AdminNetworkPolicy without podSelector or namespaceSelector", func(c *cluster) {
		for i := range c.set.Policies {
			c.set.Policies[i].Opaque = ""
		}
	}},
	// https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods: how policies treat pods
	// with hostNetwork is undefined, mostly they are ignored. The peer applies them. We: they do not apply.
	{"policies do not apply to pods with hostNetwork", func(c *cluster) {
		for i := range c.workloads.Workloads {
			c.workloads.Workloads[i].HostNetwork = false
		}
	}},
}

// otherNetworks are kinds by which OpenShift and KubeVirt change what is in which network, or run virtual machines. They are not
// Kubernetes' and not read here; the peer is right for clusters that have them.
var otherNetworks = []string{"UserDefinedNetwork", "ClusterUserDefinedNetwork", "VirtualMachine", "NetworkAttachmentDefinition", "MultiNetworkPolicy"}

func (c *cluster) hasOtherNetworks() bool {
	return slices.ContainsFunc(c.names, func(n string) bool {
		kind, _, _ := strings.Cut(n, " ")
		return slices.Contains(otherNetworks, kind)
	})
}

func TestAnalyzerConnections(t *testing.T) {
	count := map[string]int{}
	for _, c := range oracleCases(t, "netpol-analyzer") {
		sort, focus, _ := strings.Cut(c.Check, ":")
		if sort == "diff" || sort == "explain" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(oracleDir, "netpol-analyzer", c.note.ExpectedOutput))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := parseAnalyzer(string(text))
		cluster := readFiles(t, oracleDir, c.Files)
		compare := func() (missing, more []connection) {
			got := analyzerList(cluster, cluster.analysis())
			if missing = difference(want, got); focus == "" {
				more = difference(got, want) // else only some workloads are listed
			}
			return missing, more
		}
		missing, more := compare()
		why := "same"
		for i := 0; i < len(peersView) && len(missing)+len(more) > 0; i++ {
			why = peersView[i].why
			peersView[i].take(cluster)
			missing, more = compare()
		}
		if len(missing)+len(more) > 0 && cluster.hasOtherNetworks() {
			why, missing, more = "networks and machines that are not Kubernetes'", nil, nil
		}
		if count[why]++; len(missing)+len(more) > 0 {
			t.Errorf("%s: %s\nmissing %v\nmore %v", c.Check, c.note.ExpectedOutput, missing, more)
		}
	}
	want := map[string]int{
		"same": 122, peersView[0].why: 10, peersView[1].why: 9, "networks and machines that are not Kubernetes'": 16,
	}
	if !maps.Equal(count, want) {
		t.Errorf("got %v, want %v", count, want)
	}
}

// TestAnalyzerControllers compares what netpol-analyzer says of the pods behind Ingresses and Routes.
func TestAnalyzerControllers(t *testing.T) {
	lines := 0
	for _, c := range oracleCases(t, "netpol-analyzer") {
		if c.Check != "connlist" && c.Check != "exposure" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(oracleDir, "netpol-analyzer", c.note.ExpectedOutput))
		if err != nil {
			t.Fatal(err)
		}
		_, want := parseAnalyzer(string(text))
		cluster := readFiles(t, oracleDir, c.Files)
		a := cluster.analysis()
		reached := map[string]network.Ports{}
		for _, e := range a.Exposed() {
			if e.How == "Ingress" || e.How == "Route" {
				w := a.Workload(e.Workload)
				name := w.Namespace + "/" + w.Name + "[" + w.Kind + "]"
				reached[name] = reached[name].Union(e.Allowed)
			}
		}
		found := map[connection]bool{}
		for name, ports := range reached {
			if !ports.Empty() {
				found[connection{"{ingress-controller}", name, analyzerPorts(ports)}] = true
			}
		}
		got := sorted(found)
		if lines += len(want); cluster.hasOtherNetworks() {
			continue
		}
		if missing, more := difference(want, got), difference(got, want); len(missing)+len(more) > 0 {
			t.Errorf("%s\nmissing %v\nmore %v", c.note.ExpectedOutput, missing, more)
		}
	}
	if lines < 11 {
		t.Errorf("only %d lines", lines)
	}
}
