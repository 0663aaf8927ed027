package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// StatefulSetServiceMissing: the pods of a StatefulSet can be found by their names.
var StatefulSetServiceMissing = control.Control{
	ID: "stateful-set-service-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Give every StatefulSet a headless Service",
	Scope:    control.Everything,
	Needs:    control.Core("Service"),
	Kinds:    statefulSets,
	Require:  &control.Together{Check: checkServiceNames, Text: "spec.serviceName must name a headless service of the namespace that selects the pods"},
	Risk:     "spec.serviceName cannot be changed: the StatefulSet has to be deleted (with --cascade=orphan) and made again.",
	Fix:      control.Advice,
	NoFix:    "The ports of the service only a person can say.",
	Remedy:   "Add a Service with clusterIP: None, the labels of the pods as its selector and the name in spec.serviceName.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations"}},
	Peers: control.Peers{
		KubeScore: []string{"statefulset-has-servicename"},
	},
	Why: `The pods of a StatefulSet get names of their own in DNS, such as db-0.db.shop.svc, from the service that serviceName names. If it is not there or not
headless, members of a database cluster do not find one another.`,
	Examples: []control.Example{
		{
			Name: "another name, not headless, other pods, and none",
			Manifests: `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a, namespace: shop}, spec: {serviceName: missing, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: b, namespace: shop}, spec: {serviceName: ordinary, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: c, namespace: shop}, spec: {serviceName: headless, template: {metadata: {labels: {app: c}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: d, namespace: shop}, spec: {template: {metadata: {labels: {app: d}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: ordinary, namespace: shop}, spec: {selector: {app: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless, namespace: shop}, spec: {clusterIP: None, selector: {app: x}, ports: [{port: 80}]}}
`,
			Want: []string{
				"StatefulSet/shop/a spec.serviceName", "StatefulSet/shop/b spec.serviceName", "StatefulSet/shop/c spec.serviceName", "StatefulSet/shop/d spec.serviceName",
			},
		},
		{
			Name: "headless, and declared elsewhere",
			Manifests: `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {serviceName: db, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: a}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: other}, spec: {serviceName: db, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: a}]}}}}
`,
		},
	},
}

func checkServiceNames(v *control.Verdicts) {
	known := newDirectory(v)
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if w.Kind != "StatefulSet" || len(w.Labels) == 0 { // else a patch for another manifest
			continue
		}
		b := control.Breach{Object: w.Object, Path: "spec.serviceName"}
		s, missing := known.find(w.Object, w.Namespace, w.Namespace, w.ServiceName)
		switch {
		case w.ServiceName == "":
			b.Message = "has no serviceName, so its pods have no names in DNS"
		case s == nil && !missing:
			v.NotApplicable(1)
			continue
		case missing:
			b.Message = "names service " + w.ServiceName + ", which is not among those of namespace " + w.Namespace
		case !s.Headless:
			b.Message, b.Related = "names service "+w.ServiceName+", which is not headless", of(s)
		case len(s.Selector) > 0 && !s.Selects(w):
			b.Message, b.Related = "names service "+w.ServiceName+", which does not select its pods", of(s)
		default:
			v.Pass(1)
			continue
		}
		v.Fail(b)
	}
}

func of(s *workload.Service) []control.Decider {
	return []control.Decider{{Object: s.Object, Text: "is the service"}}
}
