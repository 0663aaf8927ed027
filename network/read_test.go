package network_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// cluster is what some manifests say.
type cluster struct {
	set       network.Set
	workloads workload.Set
	names     []string          // of objects: Kind namespace/name
	lenient   bool              // documents that cannot be read are passed over
	owners    map[int][2]string // by object: kind and name of a pod's owner
}

func (c *cluster) read(t testing.TB, text []byte) {
	t.Helper()
	for doc := range tree.Split(text) {
		p := tree.NewParser()
		parsed, err := p.Parse(text, doc)
		if err != nil {
			if !c.lenient {
				t.Fatal(err)
			}
			continue // files of other tools hold templates too
		}
		for o := range object.Each(parsed.Root()) {
			n := len(c.names)
			c.names = append(c.names, o.Kind+" "+o.EffectiveNamespace()+"/"+o.DisplayName())
			c.set.Add(o, n)
			c.workloads.Add(o, n)
			if owner := o.Root.Get("metadata").Get("ownerReferences").At(0); owner.Exists() {
				if c.owners == nil {
					c.owners = map[int][2]string{}
				}
				c.owners[n] = [2]string{object.Keep(owner.Get("kind")), object.Keep(owner.Get("name"))}
			}
		}
	}
}

func read(t testing.TB, text string) *cluster {
	t.Helper()
	c := &cluster{}
	c.read(t, []byte(text))
	return c
}

func (c *cluster) analysis() *network.Analysis { return network.New(&c.set, &c.workloads) }

// workload returns the index of a workload by namespace and name.
func (c *cluster) workload(t testing.TB, namespace, name string) int {
	t.Helper()
	for i := range c.workloads.Workloads {
		if w := &c.workloads.Workloads[i]; w.Namespace == namespace && w.Name == name {
			return i
		}
	}
	t.Fatalf("no workload %s/%s", namespace, name)
	return -1
}

func readFiles(t testing.TB, dir string, files []string) *cluster {
	t.Helper()
	c := &cluster{lenient: true}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		c.read(t, bytes.TrimPrefix(text, []byte("\ufeff")))
	}
	return c
}
