package workload_test

import (
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/workload"
)

func TestMonitors(t *testing.T) {
	s := read(t, `
{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a, namespace: watch}, spec: {namespaceSelector: {matchNames: [shop, pay]}, selector: {matchLabels: {app: web}}, endpoints: [{port: http}, {targetPort: 80}, {port: admin}]}}
---
{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, metadata: {name: b}, spec: {namespaceSelector: {any: true}, podMetricsEndpoints: [{port: http}]}}
---
{apiVersion: example.com/v1, kind: ServiceMonitor, metadata: {name: c}}
`)
	m := s.Governance.Monitors
	if len(m) != 2 || s.Governance.Len() != 2 {
		t.Fatalf("%+v", m)
	}
	if a := m[0]; a.Kind != "ServiceMonitor" || a.Namespace != "watch" || a.Everywhere || !slices.Equal(a.Namespaces, []string{"shop", "pay"}) || a.Selector.String() != "app=web" ||
		!slices.Equal(a.Ports, []workload.MonitorPort{{Path: "spec.endpoints[0].port", Name: "http"}, {Path: "spec.endpoints[2].port", Name: "admin"}}) {
		t.Errorf("%+v", a)
	}
	if b := m[1]; b.Kind != "PodMonitor" || b.Namespace != "default" || !b.Everywhere || len(b.Selector) != 0 || len(b.Ports) != 1 {
		t.Errorf("%+v", b)
	}
	other := read(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")
	other.Merge(s, 7)
	if m := other.Governance.Monitors; len(m) != 2 || m[1].Object != 8 {
		t.Errorf("merged %+v", m)
	}
}

func TestSought(t *testing.T) {
	for manifest, want := range map[string]bool{
		"{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {app: web, app.kubernetes.io/name: web, helm.sh/chart: x}}}": false,
		"{apiVersion: v1, kind: Secret, metadata: {name: a}, type: kubernetes.io/tls}":                                           false,
		"{apiVersion: v1, kind: Secret, metadata: {name: a}, type: bootstrap.kubernetes.io/token}":                               true,
		"{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {grafana_datasource: \"1\"}}}":                               true,
		"{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {tekton.dev/git-0: x}}}":                                true,
		"{apiVersion: v1, kind: Secret, metadata: {name: a, ownerReferences: [{kind: A}]}}":                                      true,
		"{apiVersion: v1, kind: Secret, metadata: {name: \"${APP}-db\"}}":                                                        true,
		"{apiVersion: v1, kind: Secret, metadata: {name: argocd-secret}}":                                                        true,
	} {
		if got := read(t, manifest).Governance.Stores[0].Sought; got != want {
			t.Errorf("%s: %t", manifest, got)
		}
	}
}
