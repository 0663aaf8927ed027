package network_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

// large is a cluster of namespaces with 50 pods of 10 applications and 10 policies each, and a few policies for all.
func large(b testing.TB, namespaces int) *cluster {
	b.Helper()
	var text strings.Builder
	for n := range namespaces {
		fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: Namespace, metadata: {name: ns%d, labels: {team: t%d, stage: s%d}}}\n", n, n%20, n%3)
		for p := range 50 {
			fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: Pod, metadata: {namespace: ns%d, name: p%d, labels: {app: a%d, tier: t%d, pod: p%d}}, spec: {containers: [{name: c, ports: [{containerPort: %d, name: http}]}]}}\n",
				n, p, p%10, p%3, p, 8000+p%10)
		}
		fmt.Fprintf(&text, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns%d, name: deny}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}\n", n)
		for p := range 9 {
			fmt.Fprintf(&text, `---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns%d, name: np%d}, spec: {podSelector: {matchLabels: {app: a%d}}, policyTypes: [Ingress, Egress],
  ingress: [{from: [{podSelector: {matchLabels: {app: a%d}}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ns%d}}, podSelector: {matchLabels: {tier: t1}}}, {ipBlock: {cidr: 10.%d.0.0/16}}], ports: [{port: http}, {port: 9090, endPort: 9099}]}, {ports: [{port: 80}]}],
  egress: [{to: [{podSelector: {matchLabels: {app: a%d}}}]}, {to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]}}
`, n, p, p, (p+1)%10, (n+1)%namespaces, n%200, (p+2)%10)
		}
	}
	text.WriteString(`---
{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: guard}, spec: {priority: 1, subject: {namespaces: {matchLabels: {stage: s0}}}, ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: t3}}}], ports: [{portNumber: {port: 22, protocol: TCP}}]}]}}
`)
	c := &cluster{}
	c.read(b, []byte(text.String()))
	return c
}

// BenchmarkSummary reports the time, and the memory that stays in use, for the whole summary of a cluster: classes, matrix, coverage of
// every workload and what leads nowhere.
func BenchmarkSummary(b *testing.B) {
	for _, namespaces := range []int{20, 200} {
		c := large(b, namespaces)
		b.Run(fmt.Sprintf("pods=%d,policies=%d", len(c.workloads.Workloads), len(c.set.Policies)), func(b *testing.B) {
			b.ReportAllocs()
			var rows, denied int
			for b.Loop() {
				a := c.analysis()
				rows, denied = 0, 0
				for range a.Matrix(network.MatrixOptions{}) {
					rows++
				}
				for i := range c.workloads.Workloads {
					if a.Covered(i).Ingress.Verdict == network.Denied {
						denied++
					}
				}
				a.Dangling()
			}
			if denied != len(c.workloads.Workloads) {
				b.Fatalf("%d denied", denied)
			}
			a := c.analysis()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB-live")
			b.ReportMetric(float64(rows), "rows")
			runtime.KeepAlive(a)
		})
	}
}

func BenchmarkFlow(b *testing.B) {
	c := large(b, 200)
	a := c.analysis()
	n := len(c.workloads.Workloads)
	i := 0
	for b.Loop() {
		a.Flow(network.OfWorkload(i%n), network.OfWorkload((i*7+3)%n), network.TCP, 8001)
		i++
	}
}
