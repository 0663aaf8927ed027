package mesh_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// naive is a PeerAuthentication of the naive implementation.
type naive struct {
	namespace, name string
	created         int // 0: not said
	selector        map[string]string
	mode            string
	ports           map[int]string
}

func (p *naive) manifest() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: %s\n  namespace: %s\n", p.name, p.namespace)
	if p.created > 0 {
		fmt.Fprintf(&b, "  creationTimestamp: 2024-01-01T00:00:%02dZ\n", p.created)
	}
	b.WriteString("spec:\n  x: {}\n")
	if p.selector != nil {
		b.WriteString("  selector:\n    matchLabels: {")
		for k, v := range p.selector {
			fmt.Fprintf(&b, "%s: %s, ", k, v)
		}
		b.WriteString("}\n")
	}
	if p.mode != "" {
		fmt.Fprintf(&b, "  mtls: {mode: %s}\n", p.mode)
	}
	if len(p.ports) > 0 {
		b.WriteString("  portLevelMtls:\n")
		for port, mode := range p.ports {
			fmt.Fprintf(&b, "    %d: {mode: %s}\n", port, mode)
		}
	}
	b.WriteString("---\n")
	return b.String()
}

// compose is ComposePeerAuthentication with every order of the objects whose age is not known: it returns all the modes that
// some order gives.
func compose(all []naive, namespace string, labels map[string]string, port int) map[string]bool {
	out := map[string]bool{}
	var pick func(level int, modes []string)
	levels := [3][]naive{}
	for _, p := range all {
		switch {
		case len(p.selector) == 0 && p.namespace == "root":
			levels[0] = append(levels[0], p)
		case len(p.selector) == 0 && p.namespace == namespace:
			levels[1] = append(levels[1], p)
		case p.namespace == namespace && namespace != "root":
			fits := true
			for k, v := range p.selector {
				fits = fits && labels[k] == v
			}
			if fits {
				levels[2] = append(levels[2], p)
			}
		}
	}
	pick = func(level int, modes []string) {
		if level == 3 {
			mode := "PERMISSIVE"
			for _, m := range modes {
				if m != "" && m != "UNSET" {
					mode = m
				}
			}
			out[mode] = true
			return
		}
		if len(levels[level]) == 0 {
			pick(level+1, modes)
			return
		}
		undated := false
		for _, p := range levels[level] {
			undated = undated || p.created == 0
		}
		for i, p := range levels[level] {
			oldest := true
			for k, q := range levels[level] {
				if k != i && (q.created < p.created || q.created == p.created && q.name < p.name) {
					oldest = false
				}
			}
			if !undated && !oldest && len(levels[level]) > 1 {
				continue
			}
			next := append(append([]string{}, modes...), p.mode)
			if level == 2 {
				next = append(next, p.ports[port])
			}
			pick(level+1, next)
		}
	}
	pick(0, nil)
	return out
}

func TestEffectiveIsWhatANaiveImplementationSays(t *testing.T) {
	modes := []string{"", "UNSET", "DISABLE", "PERMISSIVE", "STRICT"}
	counts := map[mesh.Mode]int{}
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 1))
		some := func(list []string) string { return list[r.IntN(len(list))] }
		var all []naive
		var text strings.Builder
		for i := range r.IntN(7) {
			p := naive{namespace: some([]string{"root", "a", "b"}), name: fmt.Sprintf("p%d", i), mode: some(modes), created: r.IntN(4)}
			if seed%3 == 0 {
				p.created = 1 + r.IntN(4)
			}
			for _, key := range []string{"app", "tier"} {
				if r.IntN(3) == 0 {
					if p.selector == nil {
						p.selector = map[string]string{}
					}
					p.selector[key] = some([]string{"x", "y"})
				}
			}
			if r.IntN(2) == 0 {
				p.ports = map[int]string{80: some(modes[1:])}
			}
			all = append(all, p)
			text.WriteString(p.manifest())
		}
		for _, ns := range []string{"root", "a", "b"} {
			text.WriteString(namespace(ns, istioOn))
		}
		labels := map[string]string{"app": some([]string{"x", "y"}), "tier": some([]string{"x", "y"})}
		ns := some([]string{"root", "a", "b"})
		text.WriteString(pod(ns, "w", "app: "+labels["app"]+", tier: "+labels["tier"], plain))
		w := read(t, text.String())
		a := w.analyse(mesh.Options{RootNamespace: "root"})
		for _, port := range []int{80, 81} {
			want := compose(all, ns, labels, port)
			got := a.Effective(w.workload(t, "w"), port)
			counts[got.Mode]++
			if len(want) > 1 && got.Mode == mesh.Unknown || len(want) == 1 && want[string(got.Mode)] {
				continue
			}
			t.Fatalf("seed %d, port %d: got %+v, want one of %v\n%s", seed, port, got, want, text.String())
		}
	}
	for _, m := range []mesh.Mode{mesh.Disable, mesh.Permissive, mesh.Strict, mesh.Unknown} {
		if counts[m] < 50 {
			t.Errorf("only %d cases are %s", counts[m], m)
		}
	}
}

func FuzzMesh(f *testing.F) {
	f.Add(peer("a", "p", "{selector: {matchLabels: {a: b}}, mtls: {mode: STRICT}, portLevelMtls: {80: {mode: DISABLE}}}") + namespace("a", istioOn) + pod("a", "w", "a: b", plain))
	f.Add(authorization("a", "p", "{action: DENY, rules: [{from: [{source: {principals: ['*']}}], to: [{operation: {paths: [/]}}], when: [{key: source.ip, notValues: [a]}]}]}"))
	f.Add(rule("a", "d", "{host: '*.a', trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 1}}]}, subsets: [{name: x}]}"))
	f.Add("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata:\n  mesh: |\n    rootNamespace: a\n---\napiVersion: policy.linkerd.io/v1\nkind: Server\nspec: {port: 1}\n")
	f.Fuzz(func(t *testing.T, text string) {
		src := []byte(text)
		var set mesh.Set
		var cluster workload.Set
		parser := tree.NewParser()
		number := 0
		for doc := range tree.Split(src) {
			tr, err := parser.Parse(src, doc)
			if err != nil {
				continue
			}
			for o := range object.Each(tr.Root()) {
				set.Add(o, number)
				cluster.Add(o, number)
				number++
			}
		}
		a := mesh.New(&set, &cluster, mesh.Options{})
		for _, l := range a.Summary() {
			if l.MTLS.Mode == "" || l.MTLS.Mode == mesh.Unset || l.MTLS.Decider >= number {
				t.Errorf("%s: %+v", l.Workload, l.MTLS)
			}
			a.AuthorizationFor(l.Workload)
			a.Accepts(l.Workload, l.Port, true)
			for i := range cluster.Services {
				a.Call(l.Workload, &cluster.Services[i], 80, l.Workload, "x")
			}
			a.DefaultDeny(l.Workload.Namespace)
		}
		for _, flaw := range append(set.Flaws, a.Flaws...) {
			if flaw.Object < 0 || flaw.Object >= number || flaw.Message == "" {
				t.Errorf("%+v", flaw)
			}
		}
		if got, err := a.GeneratePeerAuthentication(mesh.GenerateOptions{DefaultDeny: true}); err == nil && len(got.YAML) == 0 {
			t.Error("nothing was generated")
		}
	})
}

// big is a cluster with many workloads and settings in a few namespaces.
func big(b *testing.B, workloads, policies int) *world {
	var text strings.Builder
	for i := range 50 {
		text.WriteString(namespace(fmt.Sprintf("n%d", i), istioOn))
	}
	for i := range workloads {
		text.WriteString(pod(fmt.Sprintf("n%d", i%50), fmt.Sprintf("w%d", i), fmt.Sprintf("app: w%d, tier: t%d", i, i%3), plain))
	}
	for i := range policies {
		text.WriteString(peer(fmt.Sprintf("n%d", i%50), fmt.Sprintf("p%d", i), fmt.Sprintf("{selector: {matchLabels: {app: w%d, tier: t%d}}, mtls: {mode: STRICT}}", i, i%3)))
		text.WriteString(authorization(fmt.Sprintf("n%d", i%50), fmt.Sprintf("a%d", i), fmt.Sprintf("{selector: {matchLabels: {app: w%d}}, rules: [{from: [{source: {namespaces: [a]}}]}]}", i)))
	}
	return read(b, text.String())
}

func BenchmarkSummary(b *testing.B) {
	for _, size := range []struct{ workloads, policies int }{{5000, 1000}, {10000, 2000}, {20000, 4000}} {
		w := big(b, size.workloads, size.policies)
		b.Run(fmt.Sprintf("%d_workloads_%d_policies", size.workloads, size.policies), func(b *testing.B) {
			for b.Loop() {
				a := w.analyse(mesh.Options{})
				for _, l := range a.Summary() {
					a.AuthorizationFor(l.Workload)
				}
			}
		})
	}
}

// BenchmarkRivals has settings that all select the same pods of one namespace, none of them dated.
func BenchmarkRivals(b *testing.B) {
	var text strings.Builder
	text.WriteString(namespace("n", istioOn))
	for i := range 10000 {
		text.WriteString(pod("n", fmt.Sprintf("w%d", i), fmt.Sprintf("app: web, id: i%d", i), plain))
	}
	for i := range 2000 {
		text.WriteString(peer("n", fmt.Sprintf("p%d", i), "{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}"))
		text.WriteString(peer("n", fmt.Sprintf("q%d", i), "{mtls: {mode: STRICT}}"))
	}
	w := read(b, text.String())
	for b.Loop() {
		w.analyse(mesh.Options{}).Summary()
	}
}
