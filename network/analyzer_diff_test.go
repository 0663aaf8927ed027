package network_test

import (
	"cmp"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

var diffLine = regexp.MustCompile(`^diff-type: \w+, source: (.*), destination: (.*), ref1: (.*), ref2: (.*?)(, workloads-diff-info: .*)?$`)

func end(e network.DiffEnd, owners map[string]string) []string {
	if e.Addresses.Valid() {
		return []string{e.Addresses.First.String() + "-" + e.Addresses.Last.String() + "[External]"}
	}
	var out []string
	for _, w := range e.Workloads {
		kind, name, _ := strings.Cut(w, "/")
		if owner := owners[name]; owner != "" && (kind == "Pod" || kind == "") {
			namespace, _, _ := strings.Cut(name, "/")
			out = append(out, namespace+"/"+owner)
			continue
		}
		out = append(out, name+"["+kind+"]")
	}
	return out
}

// ownersOf returns name[Kind] of the owners of pods, by namespace/name.
func ownersOf(clusters ...*cluster) map[string]string {
	out := map[string]string{}
	for _, c := range clusters {
		for i := range c.workloads.Workloads {
			w := &c.workloads.Workloads[i]
			if owner, ok := c.owners[w.Object]; ok && w.PodPath == "" && owner[0] != "Node" {
				out[w.Namespace+"/"+w.Name] = owner[1] + "[" + cmp.Or(owner[0], "Pod") + "]"
			}
		}
	}
	return out
}

func diffPorts(c network.Connections) string {
	if c.Allowed.Empty() {
		return "No Connections"
	}
	return analyzerPorts(c.Allowed)
}

// folder returns what the files of a test of the analyzer say.
func folder(t *testing.T, name string) *cluster {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(oracleDir, "netpol-analyzer", name), func(path string, d os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !d.IsDir() && (ext == ".yaml" || ext == ".yml" || ext == ".json") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return readFiles(t, "", files)
}

func TestAnalyzerDiff(t *testing.T) {
	count := map[string]int{}
	for _, c := range oracleCases(t, "netpol-analyzer") {
		if c.Check != "diff" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(oracleDir, "netpol-analyzer", c.note.ExpectedOutput))
		if err != nil {
			t.Fatal(err)
		}
		want := parseDiff(string(text))
		before, after := folder(t, c.note.Old), folder(t, c.note.New)
		if len(after.workloads.Workloads) == 0 {
			count["only policies in the new folder"]++ // nothing to compare: its pods are not among the cases
			continue
		}
		owners := ownersOf(before, after)
		compare := func() (missing, more []connection) {
			got := map[connection]bool{}
			for change := range network.Diff(before.analysis(), after.analysis()) {
				if change.From.Addresses.First.Is6() || change.To.Addresses.First.Is6() || change.Old.Allowed.Equal(change.New.Allowed) {
					continue
				}
				for _, from := range end(change.From, owners) {
					for _, to := range end(change.To, owners) {
						if from != to {
							got[connection{from, to, diffPorts(change.Old) + " | " + diffPorts(change.New)}] = true
						}
					}
				}
			}
			list := sorted(got)
			return difference(want, list), difference(list, want)
		}
		missing, more := compare()
		why := "same"
		for i := 0; i < len(peersView) && len(missing)+len(more) > 0; i++ {
			why = peersView[i].why
			peersView[i].take(before)
			peersView[i].take(after)
			missing, more = compare()
		}
		if len(missing)+len(more) > 0 && (before.hasOtherNetworks() || after.hasOtherNetworks()) {
			why, missing, more = "networks and machines that are not Kubernetes'", nil, nil
		}
		if count[why]++; len(missing)+len(more) > 0 {
			t.Errorf("%s\nmissing %v\nmore %v", c.note.ExpectedOutput, missing, more)
		}
	}
	expected := map[string]int{
		"same": 25, peersView[0].why: 1, peersView[1].why: 6, "networks and machines that are not Kubernetes'": 1, "only policies in the new folder": 1,
	}
	if !maps.Equal(count, expected) {
		t.Errorf("got %v, want %v", count, expected)
	}
}

// parseDiff reads an expected output; what concerns the ingress controller is left out.
func parseDiff(text string) []connection {
	type key struct{ from, to, ports string }
	spans := map[key][]network.Addresses{}
	found := map[connection]bool{}
	for line := range strings.Lines(text) {
		m := diffLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || strings.Contains(m[1], "{") {
			continue
		}
		k := key{m[1], m[2], m[3] + " | " + m[4]}
		switch {
		case strings.HasSuffix(k.from, "[External]"):
			spans[key{"", k.to, k.ports}] = append(spans[key{"", k.to, k.ports}], parseSpan(k.from))
		case strings.HasSuffix(k.to, "[External]"):
			spans[key{k.from, "", k.ports}] = append(spans[key{k.from, "", k.ports}], parseSpan(k.to))
		default:
			found[connection(k)] = true
		}
	}
	for k, s := range spans {
		for _, span := range joined(s) {
			external := span.First.String() + "-" + span.Last.String() + "[External]"
			found[connection{cmp.Or(k.from, external), cmp.Or(k.to, external), k.ports}] = true
		}
	}
	return sorted(found)
}

// joined puts neighbouring ranges together.
func joined(s []network.Addresses) []network.Addresses {
	slices.SortFunc(s, func(x, y network.Addresses) int { return x.First.Compare(y.First) })
	var out []network.Addresses
	var next netip.Addr
	for _, span := range s {
		if len(out) > 0 && next == span.First {
			out[len(out)-1].Last = span.Last
		} else {
			out = append(out, span)
		}
		next = span.Last.Next()
	}
	return out
}

var exposureLine = regexp.MustCompile(`^(\S+)\s+(<=|=>)\s+entire-cluster : (.*)$`)

// exposureDifferences are where we leave unknown what the peer says of pods that nobody knows, and why. Both are right: the peer lists
// the exceptions beside the rule.
var exposureDifferences = map[string]string{
	"exposure_test_egress_to_entire_cluster_with_named_ports_exposure_output.txt": "names of ports",
	"exposure_test_with_anp_11_with_named_port_exposure_output.txt":               "names of ports",
	"exposure_test_with_anp_16_exposure_output.txt":                               "pods of some labels are denied",
	"exposure_test_with_anp_9_exposure_output.txt":                                "pods of some labels are denied",
}

// TestAnalyzerExposure compares what netpol-analyzer says of traffic with pods that are not in the files, of any labels in any namespace.
func TestAnalyzerExposure(t *testing.T) {
	count := map[string]int{}
	for _, c := range oracleCases(t, "netpol-analyzer") {
		if c.Check != "exposure" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(oracleDir, "netpol-analyzer", c.note.ExpectedOutput))
		if err != nil {
			t.Fatal(err)
		}
		want := map[connection]bool{}
		for line := range strings.Lines(string(text)) {
			if m := exposureLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				want[connection{m[1], m[2], m[3]}] = true
			}
		}
		cluster := readFiles(t, oracleDir, c.Files)
		owners := ownersOf(cluster)
		compare := func() (missing, more []connection) {
			a := cluster.analysis()
			got := map[connection]bool{}
			for i := range cluster.workloads.Workloads {
				name := end(network.DiffEnd{Workloads: []string{a.Workload(i).String()}}, owners)[0]
				if in := a.Connections(network.SomePod(), network.OfWorkload(i)); !in.Allowed.Empty() {
					got[connection{name, "<=", analyzerPorts(in.Allowed)}] = true
				}
				if out := a.Connections(network.OfWorkload(i), network.SomePod()); !out.Allowed.Empty() {
					got[connection{name, "=>", analyzerPorts(out.Allowed)}] = true
				}
			}
			return difference(sorted(want), sorted(got)), difference(sorted(got), sorted(want))
		}
		missing, more := compare()
		why := "same"
		for i := 0; i < len(peersView) && len(missing)+len(more) > 0; i++ {
			why = peersView[i].why
			peersView[i].take(cluster)
			missing, more = compare()
		}
		if because := exposureDifferences[filepath.Base(c.note.ExpectedOutput)]; because != "" && len(missing)+len(more) > 0 {
			why, missing, more = because, nil, nil
		}
		if count[why]++; len(missing)+len(more) > 0 {
			t.Errorf("%s\nmissing %v\nmore %v", c.note.ExpectedOutput, missing, more)
		}
	}
	expected := map[string]int{"same": 45, "names of ports": 2, "pods of some labels are denied": 2}
	if !maps.Equal(count, expected) {
		t.Errorf("got %v, want %v", count, expected)
	}
}
