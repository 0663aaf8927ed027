package workload_test

import (
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

func TestGovernance(t *testing.T) {
	set := read(t, `
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 51%, selector: {matchLabels: {app: web}}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: odd}, spec: {minAvailable: many, maxUnavailable: -1}}
---
{apiVersion: v1, kind: LimitRange, metadata: {name: a, namespace: shop}}
---
{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, stringData: {b: c}, data: {a: b}}
---
{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a, namespace: shop}, spec: {secretName: tls}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: shop}, imagePullSecrets: [{name: login}, null, {name: 1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers: [{name: i, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: b, optional: true}}}]}]
          containers: [{name: c, envFrom: [{configMapRef: {name: b}}, {secretRef: {}}]}]
          volumes: [{name: v, secret: {secretName: c}}]
`)
	g := &set.Governance
	if a := g.Autoscalers; len(a) != 1 || a[0].MinReplicas != 1 || a[0].MaxReplicas != 5 || a[0].TargetGroup != "apps" {
		t.Errorf("autoscalers %+v", a)
	}
	if b := g.Budgets; len(b) != 2 || b[0].MinAvailable.Of(2) != 2 || b[0].MinAvailable.Of(100) != 51 || b[0].Namespace != "default" || !b[0].Selects ||
		b[1].MinAvailable != nil || b[1].MaxUnavailable != nil || b[1].Selects {
		t.Errorf("budgets %+v", b)
	}
	if s := g.Stores; len(s) != 2 || !slices.Equal(s[0].Keys, []string{"a", "b"}) || s[0].Type != "Opaque" || s[0].Has("c") || s[1].Name != "tls" || !s[1].Has("tls.crt") {
		t.Errorf("stores %+v", s)
	}
	var got []string
	for i := range g.References {
		got = append(got, g.References[i].Path)
	}
	const spec = "spec.jobTemplate.spec.template.spec."
	want := []string{
		"imagePullSecrets[0].name", "imagePullSecrets[2].name",
		spec + "initContainers[0].env[0].valueFrom.secretKeyRef.name", spec + "containers[0].envFrom[0].configMapRef.name", spec + "volumes[0].secret.secretName",
	}
	if !slices.Equal(got, want) {
		t.Errorf("references\n%q\nwant\n%q", got, want)
	}
	if len(g.Bounds) != 1 || g.Len() != 11 {
		t.Errorf("%d bounds, %d in all", len(g.Bounds), g.Len())
	}
	other := read(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}")
	other.Merge(set, 7)
	if g := &other.Governance; len(g.Stores) != 3 || g.Stores[1].Object != 11 || g.References[0].Object != 13 {
		t.Errorf("merged %+v", g.Stores)
	}
}

// TestSelectionFindsWhatMatches compares with looking at every workload.
func TestSelectionFindsWhatMatches(t *testing.T) {
	set := read(t, `
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: web, tier: x}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: other, labels: {app: web}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: shop}, spec: {containers: [{name: a}]}}
`)
	selection := workload.NewIndex(set).NewSelection()
	for _, s := range []label.Selector{
		nil,
		{{Key: "app", Operator: label.In, Values: []string{"web"}}},
		{{Key: "app", Operator: label.In, Values: []string{"web", "x"}}},
		{{Key: "app", Operator: label.In, Values: []string{"web"}}, {Key: "tier", Operator: label.In, Values: []string{"x"}}},
		{{Key: "app", Operator: label.In, Values: []string{"none"}}},
		{{Key: "app", Operator: label.DoesNotExist}},
		{{Key: "tier", Operator: label.NotIn, Values: []string{"x"}}},
	} {
		for _, ns := range []string{"shop", "other", "none"} {
			var want []int
			for i := range set.Workloads {
				if w := &set.Workloads[i]; w.Namespace == ns && s.Matches(w.Labels) {
					want = append(want, i)
				}
			}
			for range 2 { // found and remembered
				if got := selection.Find(ns, s); !slices.Equal(got, want) {
					t.Errorf("%s in %s: %v, want %v", s, ns, got, want)
				}
			}
		}
	}
}
