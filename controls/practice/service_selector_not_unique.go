package practice

import (
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// ServiceSelectorNotUnique: two services for the same pods and ports are a mistake, or an attempt to take traffic.
var ServiceSelectorNotUnique = control.Control{
	ID: "service-selector-not-unique", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Give every Service a selector of its own",
	Scope:    control.Everything,
	Needs:    control.WorkloadKinds(),
	Kinds:    in("", "Service"),
	Require:  &control.Together{Check: checkSelectorsUnique, Text: "no two services of a namespace may have the same selector, the same type and a port of the pods in common"},
	Risk:     "Clients that use the service which is removed have to use the other.",
	Fix:      control.Advice,
	NoFix:    "Which of them is needed only a person can say.",
	Remedy:   "Delete one of the services, or let them select different pods.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{serviceDocs}},
	Peers: control.Peers{
		Kyverno: []string{"other/require-unique-service-selector"},
		Other:   []string{"gatekeeper:uniqueserviceselector"},
	},
	Why: `Mostly a copied manifest whose labels were left as they were: the new service sends its clients to the pods of the old one. A headless service beside an
ordinary one, a load balancer beside a ClusterIP, and services for other ports of the same pods are usual and not meant.`,
	Examples: []control.Example{
		{
			Name: "copied",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web, tier: a}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {tier: a, app: web}, ports: [{port: 8080}]}
`,
			Want: []string{"Service/shop/api spec.selector"},
		},
		{
			Name: "headless, another type, another port, another namespace, no selector",
			Manifests: `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-headless, namespace: shop}, spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-public, namespace: shop}, spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-metrics, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 9090}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: other}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: other}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: other}, spec: {ports: [{port: 80}]}}
`,
		},
	},
}

// way is one port of pods that a service of a sort leads to.
type way struct {
	place, selector, sort, port string
}

func checkSelectorsUnique(v *control.Verdicts) {
	first := map[way]int{} // of the services
	for i := range v.Workloads.Services {
		s := &v.Workloads.Services[i]
		if len(s.Selector) == 0 {
			v.NotApplicable(1)
			continue
		}
		other := -1
		for _, w := range waysOf(v, s) {
			k, ok := first[w]
			if !ok {
				first[w] = i
			} else if o := &v.Workloads.Services[k]; o.Name != s.Name && other < 0 { // else the same service, as of another overlay
				other = k
			}
		}
		if other < 0 {
			v.Pass(1)
			continue
		}
		o := &v.Workloads.Services[other]
		v.Fail(control.Breach{
			Object: s.Object, Path: "spec.selector", Message: "selects the same pods as service " + o.Name + ", for the same port",
			Related: []control.Decider{{Object: o.Object, Path: "spec.selector", Text: "selects them too"}},
		})
	}
}

func waysOf(v *control.Verdicts, s *workload.Service) []way {
	sort := s.Type
	if s.Headless {
		sort = "headless"
	}
	selector := label.Equals(s.Selector).String()
	var out []way
	for i := range s.Ports {
		p := &s.Ports[i]
		port := p.TargetName
		if port == "" {
			port = strconv.Itoa(p.Target)
		}
		if w := (way{v.Place(s.Object), selector, sort, port + "/" + p.Protocol}); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
