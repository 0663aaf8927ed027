package components_test

import (
	"os"
	"strings"
	"testing"
	"time"
	"context"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

func TestExplore(t *testing.T) {
	kinds := map[string]component.Kind{"kube-apiserver": component.APIServer, "kube-controller-manager": component.ControllerManager, "kube-scheduler": component.Scheduler, "etcd": component.Etcd}
	c := cluster.Start(t, cluster.Options{Network: true, WithControllerManager: true, WithScheduler: true, Minor: os.Getenv("MINOR")})
	v := judged(t, []*node.Facts{controlPlaneFacts(t, c)})
	for id, n := range v.counts {
		if n.Fail+n.Unknown+n.Pass > 0 {
			t.Logf("BASE %s %+v", id, n)
			for _, f := range v.findings[id] {
				t.Logf("    %s %s %s %s", f.Status, f.Message, f.Reason, f.Place.File)
			}
		}
	}
	here := strings.NewReplacer("0.0.0.0", c.Address(), "10.0.0.4", c.Address(), "10.0.0.5", c.Address())
	name := os.Getenv("KIND")
	if name == "etcd" {
		c.Kill(t, cluster.APIServer)
		c.Stop(t, cluster.ControllerManager)
		c.Stop(t, cluster.Scheduler)
	}
	base := c.Flags(name)
	for _, b := range casesOf(kinds[name]) {
		began := time.Now()
		c.Kill(t, name)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		err := c.Try(ctx, name, applied(base, here, b))
		cancel()
		if err != nil {
			lines := strings.Split(err.Error(), "\n")
			t.Logf("REFUSED %s: %s\n %s", b.name(), lines[0], strings.Join(lines[max(0, len(lines)-4):], "\n "))
		} else {
			v := judged(t, []*node.Facts{controlPlaneFacts(t, c)})
			var failed []string
			for id, n := range v.counts {
				if n.Fail > 0 && !strings.HasPrefix(id, "kubelet-") && id != "encryption-local-key-unmanaged" && id != "super-admin-kubeconfig-present" && id != "etcd-data-dir-ownership" { failed = append(failed, id) }
				if n.Unknown > 0 && !strings.HasPrefix(id, "kubelet-") { failed = append(failed, id+"(unknown)") }
			}
			t.Logf("RUNS %s %v: %v", b.name(), time.Since(began), failed)
		}
		for range []int{1} {
			for _, r := range c.Running() { if r == name { c.Kill(t, name) } }
			if err := c.Try(t.Context(), name, undo(base, c.Flags(name))); err != nil { t.Fatal(err) }
		}
	}
}

func excluded() string { return "kubelet-*" }
