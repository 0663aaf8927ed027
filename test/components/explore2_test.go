package components_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/node"
	collect "github.com/kubeharden/kubeharden/source/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

func nodeFacts(t *testing.T, n *cluster.Node) *node.Facts {
	t.Helper()
	facts, err := collect.Collect(t.Context(), &collect.Options{Root: n.Root, Proc: filepath.Join(n.Root, "proc"), Name: n.Name, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range facts.Spec.Problems {
		t.Logf("PROBLEM: %s: %s %v", p.Path, p.Reason, p.Affects)
	}
	return facts
}

func TestExploreNode(t *testing.T) {
	c := cluster.Start(t, cluster.Options{Node: &cluster.NodeOptions{}})
	n := c.Node(t)
	v := judged(t, []*node.Facts{nodeFacts(t, n)})
	for id, k := range v.counts {
		if k.Fail+k.Unknown+k.Pass > 0 {
			t.Logf("BASE %s %+v", id, k)
			for _, f := range v.findings[id] {
				t.Logf("    %s %s %s %s", f.Status, f.Message, f.Reason, f.Place.File)
			}
		}
	}
	here := strings.NewReplacer("0.0.0.0", c.Address(), "10.0.0.4", c.Address(), "=node-1", "="+n.Name)
	config, err := os.ReadFile(n.Path("var/lib/kubelet/config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range casesOf(component.Kubelet) {
		began := time.Now()
		flags := cluster.Flags{}
		conf := ""
		for f, v := range applied(cluster.Flags{}, here, b) {
			flags[f] = v
		}
		for _, ch := range b.changes {
			if ch.drop {
				conf = "authentication: {x509: {clientCAFile: null}}"
			}
		}
		if conf != "" {
			n.Configure(t, conf)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		err := n.TryKubelet(ctx, flags)
		cancel()
		if err != nil {
			lines := strings.Split(err.Error(), "\n")
			t.Logf("REFUSED %s: %s\n %s", b.name(), lines[0], strings.Join(lines[max(0, len(lines)-4):], "\n "))
		} else {
			v := judged(t, []*node.Facts{nodeFacts(t, n)})
			var failed []string
			for id, n := range v.counts {
				if n.Fail > 0 {
					failed = append(failed, id)
				}
				if n.Unknown > 0 {
					failed = append(failed, id+"(unknown)")
				}
			}
			t.Logf("RUNS %s %v: %v", b.name(), time.Since(began), failed)
		}
		for f := range flags {
			flags[f] = cluster.Remove
		}
		if err := os.WriteFile(n.Path("var/lib/kubelet/config.yaml"), config, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := n.TryKubelet(t.Context(), flags); err != nil {
			t.Fatal(err)
		}
	}
}
