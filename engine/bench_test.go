package engine_test

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// BenchmarkScan judges files that are already in memory with all controls, on one core, and writes JSON.
func BenchmarkScan(b *testing.B) {
	dir := corpus
	if _, err := os.Stat(dir); err != nil {
		dir = "../examples"
	}
	var in []engine.Input
	size := int64(0)
	for m := range manifests(b, dir) {
		src, err := m.Read()
		if err != nil {
			b.Fatal(err)
		}
		size += int64(len(src))
		m.Read = func() ([]byte, error) { return src, nil }
		in = append(in, m)
	}
	opts := &engine.Options{Controls: defaults(), Version: control.LatestMinor, Jobs: 1}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		w := report.NewJSON(io.Discard)
		if err := w.Begin(&report.Run{Controls: opts.Controls}); err != nil {
			b.Fatal(err)
		}
		seq := func(yield func(engine.Input) bool) {
			for i := range in {
				if !yield(in[i]) {
					return
				}
			}
		}
		findings := 0
		if _, err := engine.Scan(b.Context(), seq, opts, func(f *report.File) error {
			findings += len(f.Findings)
			return w.File(f)
		}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(findings), "findings/op")
	}
}

// defaults are the controls of a plain scan.
func defaults() []*control.Control {
	return slices.DeleteFunc(controls.All(), func(c *control.Control) bool { return c.Profile != "" })
}

// BenchmarkTogether judges clusters of growing size with the controls on everything at once: namespaces with an application each, that
// is a Deployment, a Service, an account, a role and its binding, network policies and a setting of the mesh. The time for one object must not grow.
func BenchmarkTogether(b *testing.B) {
	together := slices.DeleteFunc(defaults(), func(c *control.Control) bool { return c.Scope != control.Everything })
	for _, namespaces := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("%d_objects", namespaces*applicationObjects), func(b *testing.B) {
			src := []byte(applications(namespaces))
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			opts := &engine.Options{Controls: together, Version: control.LatestMinor, Jobs: 1}
			for b.Loop() {
				findings := 0
				in := func(yield func(engine.Input) bool) {
					yield(engine.Input{Path: "cluster.yaml", Read: func() ([]byte, error) { return src, nil }})
				}
				if _, err := engine.Scan(b.Context(), in, opts, func(f *report.File) error {
					findings += len(f.Findings)
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(findings), "findings/op")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(namespaces*applicationObjects), "ns/object")
		})
	}
}

// applicationObjects is how many objects an application of applications is.
const applicationObjects = 9

func applications(namespaces int) string {
	var text strings.Builder
	for i := range namespaces {
		text.WriteString(strings.ReplaceAll(`apiVersion: v1
kind: Namespace
metadata: {name: shop-N, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop-N}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop-N}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {serviceAccountName: app, containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop-N}
spec: {selector: {app: app}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: app, namespace: shop-N}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [get, create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: app, namespace: shop-N}
subjects: [{kind: ServiceAccount, name: app, namespace: shop-N}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: app}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop-N}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: app, namespace: shop-N}
spec: {podSelector: {matchLabels: {app: app}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}}], ports: [{port: 8080}]}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop-N}
spec: {mtls: {mode: STRICT}}
---
`, "shop-N", "shop-"+strconv.Itoa(i)))
	}
	return text.String()
}
