package controls_test

import (
	"iter"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// TestNothingIsMissingElsewhere has manifests without a namespace in two inputs, as two bases are: each is put where its users like, so that what one of them
// does not have says nothing of the other.
func TestNothingIsMissingElsewhere(t *testing.T) {
	const other = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: other}, spec: {template: {metadata: {labels: {app: other}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: other}, spec: {selector: {app: other}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: b}}
---
{apiVersion: v1, kind: Secret, metadata: {name: password, labels: {a: b}}, stringData: {a: b}}
`
	for _, c := range []struct{ control, manifest string }{
		{"hpa-target-missing", "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}"},
		{"service-dangling", "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: web}, ports: [{port: 80}]}}"},
		{"ingress-dangling", "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}"},
		{"gateway-route-dangling", "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}}"},
		{"stateful-set-service-missing", "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: web, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}}}"},
		{"env-source-missing", "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, envFrom: [{configMapRef: {name: web}}, {secretRef: {name: pasword}}]}]}}"},
		{"image-pull-secret-missing-or-dangling", "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {imagePullSecrets: [{name: pasword}], containers: [{name: a}]}}"},
		{"network-policy-dangling", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {matchLabels: {app: web}}}}"},
		{"service-monitor-dangling", "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a}, spec: {selector: {matchLabels: {app: web}}}}"},
		{"secret-unused", "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: b}}"},
	} {
		t.Run(c.control, func(t *testing.T) {
			if got := failuresIn(t, c.control, c.manifest, other); got != 0 {
				t.Errorf("%d findings of manifests of which one is elsewhere", got)
			}
			if got := failuresIn(t, c.control, c.manifest+"\n---\n"+other); got == 0 {
				t.Error("no finding where both are together")
			}
		})
	}
	// A base without a namespace may be put into the one that others name.
	for _, c := range []struct{ control, manifest string }{
		{"hpa-target-missing", "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}, maxReplicas: 5}}"},
		{"service-dangling", "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}, spec: {selector: {app: other}, ports: [{port: 80}]}}"},
		{"ingress-dangling", "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: shop}, spec: {defaultBackend: {service: {name: other, port: {number: 80}}}}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}}"},
		{"env-source-missing", "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a, envFrom: [{configMapRef: {name: other}}]}]}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: shop}}"},
		{"network-policy-dangling", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a, namespace: shop}, spec: {podSelector: {matchLabels: {app: other}}}}"},
	} {
		known := c.manifest + "\n---\n{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop, labels: {app: x}}, spec: {containers: [{name: a}]}}\n"
		if got := failuresIn(t, c.control, known, other); got != 0 {
			t.Errorf("%s: %d findings of what may be put there", c.control, got)
		}
		if got := failuresIn(t, c.control, known); got == 0 {
			t.Errorf("%s: no finding of what is nowhere", c.control)
		}
	}
	if got := failuresIn(t, "service-selector-not-unique", "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: other}, ports: [{port: 80}]}}", other); got != 0 {
		t.Errorf("%d services share a selector with one that is elsewhere", got)
	}
}

// failuresIn judges each text as an input of its own and counts what fails.
func failuresIn(t *testing.T, id string, texts ...string) int {
	t.Helper()
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for i, text := range texts {
			if !yield(engine.Input{Path: string(rune('a'+i)) + ".yaml", Read: func() ([]byte, error) { return []byte(text), nil }}) {
				return
			}
		}
	}
	n := 0
	_, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: controls.Find(id), Version: control.LatestMinor, Now: now}, func(f *report.File) error {
		for i := range f.Findings {
			if f.Findings[i].Status == control.Fail {
				n++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
