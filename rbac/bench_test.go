package rbac_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/workload"
)

// large makes a cluster with n bindings: a tenth as many namespaces, each with its accounts, roles and workloads.
func large(n int) (*rbac.Set, *workload.Set) {
	set, workloads := &rbac.Set{}, &workload.Set{}
	number := 0
	next := func() int { number++; return number }
	rules := [][]rbac.Rule{
		{{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{""}, Resources: []string{"pods", "services"}}},
		{{Verbs: []string{"create", "update"}, APIGroups: []string{"apps"}, Resources: []string{"deployments"}}},
		{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"tls"}}},
		{{Verbs: []string{"create"}, APIGroups: []string{""}, Resources: []string{"pods/exec"}}, {Verbs: []string{"create"}, APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, ResourceNames: []string{"app-1"}}},
	}
	for i := range n / 10 {
		ns := fmt.Sprintf("team-%05d", i)
		for k := range 4 {
			set.Roles = append(set.Roles, rbac.Role{Object: next(), Namespace: ns, Name: fmt.Sprintf("role-%d", k), Rules: rules[k]})
			workloads.Accounts = append(workloads.Accounts, workload.Account{Object: next(), Namespace: ns, Name: fmt.Sprintf("app-%d", k)})
			workloads.Workloads = append(workloads.Workloads, workload.Workload{Object: next(), Kind: "Deployment", Namespace: ns, Name: fmt.Sprintf("app-%d", k), ServiceAccount: fmt.Sprintf("app-%d", k)})
		}
		for k := range 9 {
			set.Bindings = append(set.Bindings, rbac.Binding{
				Object: next(), Namespace: ns, Name: fmt.Sprintf("binding-%d", k), RoleKind: "Role", RoleName: fmt.Sprintf("role-%d", k%4),
				Subjects: []rbac.Subject{{Kind: "ServiceAccount", Namespace: ns, Name: fmt.Sprintf("app-%d", k%4)}, {Kind: "User", Name: fmt.Sprintf("user-%d", (i*9+k)%(n/20+1))}, {Kind: "Group", Name: "team-" + ns}},
			})
		}
		role := "view"
		if i%100 == 0 {
			role = "cluster-admin"
		}
		set.Bindings = append(set.Bindings, rbac.Binding{
			Object: next(), Name: "cluster-" + ns, RoleKind: "ClusterRole", RoleName: role, Subjects: []rbac.Subject{{Kind: "ServiceAccount", Namespace: ns, Name: "app-0"}},
		})
	}
	return set, workloads
}

// BenchmarkPaths resolves everybody's rights and finds everybody's shortest path to cluster-admin.
func BenchmarkPaths(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n, " bindings"), func(b *testing.B) {
			set, workloads := large(n)
			b.ReportAllocs()
			var peak runtime.MemStats
			paths := 0
			for b.Loop() {
				graph := rbac.NewGraph(rbac.New(set, workloads))
				found, _ := graph.Paths(rbac.PathOptions{Max: 1 << 30})
				paths = len(found)
				runtime.ReadMemStats(&peak)
			}
			b.ReportMetric(float64(paths), "paths")
			b.ReportMetric(float64(peak.HeapAlloc)/(1<<20), "MiB-heap")
		})
	}
}
