package mesh_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// world is what was read from some manifests, with the objects' names by their numbers.
type world struct {
	set     mesh.Set
	cluster workload.Set
	names   []string
}

func read(t testing.TB, manifests ...string) *world {
	t.Helper()
	w := &world{}
	parser := tree.NewParser()
	for _, text := range manifests {
		src := []byte(text)
		for doc := range tree.Split(src) {
			tr, err := parser.Parse(src, doc)
			if err != nil {
				t.Fatalf("parsing: %v\n%s", err, text)
			}
			for o := range object.Each(tr.Root()) {
				w.set.Add(o, len(w.names))
				w.cluster.Add(o, len(w.names))
				w.names = append(w.names, o.Kind+"/"+o.DisplayName())
			}
		}
	}
	return w
}

func (w *world) analyse(options mesh.Options) *mesh.Analysis {
	return mesh.New(&w.set, &w.cluster, options)
}

func (w *world) name(number int) string {
	if number < 0 {
		return ""
	}
	return w.names[number]
}

func (w *world) workload(t testing.TB, name string) *workload.Workload {
	t.Helper()
	for i := range w.cluster.Workloads {
		if w.cluster.Workloads[i].Name == name {
			return &w.cluster.Workloads[i]
		}
	}
	t.Fatalf("no workload %s", name)
	return nil
}

func namespace(name, labels string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + name + "\n  labels: {" + labels + "}\n---\n"
}

func pod(ns, name, labels, rest string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\n  namespace: " + ns + "\n  labels: {" + labels + "}\n" + rest + "\n---\n"
}

func peer(ns, name, spec string) string {
	return "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: " + name + ", namespace: " + ns + "}\nspec: " + spec + "\n---\n"
}

const plain = "spec: {containers: [{name: app, image: app, ports: [{containerPort: 8080, name: http}]}]}"

const istioOn = "istio-injection: enabled"
