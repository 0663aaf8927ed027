package practice

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

const monitorDocs = "https://prometheus-operator.dev/docs/api-reference/api/"

// ServiceMonitorDangling: what is monitored is there.
var ServiceMonitorDangling = control.Control{
	ID: "service-monitor-dangling", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Let every ServiceMonitor match a Service and every PodMonitor a pod",
	Scope: control.Everything,
	Needs: control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.Core("Service", "Namespace")),
	Kinds: in("monitoring.coreos.com", "ServiceMonitor", "PodMonitor"),
	Require: &control.Together{
		Check: checkMonitors,
		Text:  "a monitor must select a Service or a pod of its namespaces, if some of each are known, and the Services must have the ports that it names",
	},
	Risk:     "Nothing: no metrics are read today. Prometheus has more to store from then on.",
	Fix:      control.Advice,
	NoFix:    "Which Service was meant only a person can say.",
	Remedy:   "Correct the selector, namespaceSelector or the port of the monitor, or the labels of the Service, or delete the monitor.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{monitorDocs, "https://prometheus-operator.dev/docs/platform/troubleshooting/"}},
	Peers:    control.Peers{KubeLinter: []string{"dangling-servicemonitor"}},
	Why: `Prometheus says nothing of a monitor that finds nothing: there are no metrics, and no alert that hangs on them is ever raised. A ServiceMonitor selects by the
labels of Services, not of their pods, looks into its own namespace unless namespaceSelector says otherwise, and knows ports by their name in the Service. Namespaces of
which no Service is known, those of the cluster itself and those where an operator makes things are not judged.`,
	Examples: []control.Example{
		{
			Name: "a label, a port, a namespace",
			Manifests: `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: label, namespace: shop}
spec: {selector: {matchLabels: {app: wbe}}, endpoints: [{port: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: port, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}, {port: metrics}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: namespace, namespace: watch}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: pods, namespace: watch}
spec: {namespaceSelector: {matchNames: [shop]}, selector: {matchExpressions: [{key: app, operator: In, values: [api]}]}, podMetricsEndpoints: [{port: http}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: app}]}}
`,
			Want: []string{
				"ServiceMonitor/shop/label spec.selector", "ServiceMonitor/shop/port spec.endpoints[1].port", "ServiceMonitor/watch/namespace spec.selector",
				"PodMonitor/watch/pods spec.selector",
			},
		},
		{
			Name: "its own namespace, one that it names, all, and everything",
			Manifests: `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: own, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}, {targetPort: 9090}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: named, namespace: watch}
spec: {namespaceSelector: {matchNames: [shop, other]}, selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: all, namespace: watch}
spec: {namespaceSelector: {any: true}, selector: {matchExpressions: [{key: app, operator: Exists}]}, endpoints: [{port: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: everything, namespace: shop}
spec: {selector: {}, podMetricsEndpoints: [{port: injected}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: app}]}}
`,
		},
		{
			Name: "Services that are declared elsewhere, of the cluster itself, or made by an operator",
			Manifests: `{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a, namespace: shop}, spec: {selector: {matchLabels: {app: web}}}}
---
{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: b, namespace: shop}, spec: {namespaceSelector: {matchNames: [kube-system]}, selector: {matchLabels: {k8s-app: kubelet}}}}
---
{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: c, namespace: watch}, spec: {selector: {matchLabels: {operated-prometheus: "true"}}}}
---
{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: k8s, namespace: watch}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: watch, labels: {app: api}}}
---
{apiVersion: v1, kind: Service, metadata: {name: dns, namespace: kube-system, labels: {k8s-app: dns}}}
`,
		},
	},
}

// monitored is something that a monitor can select: a Service, or a workload for its pods.
type monitored struct {
	object          int
	namespace, name string
	labels          label.Set
	service         *workload.Service
}

// scrapes finds what monitors of a kind select.
type scrapes struct {
	verdicts *control.Verdicts
	what     string
	all      []monitored
	// places are those of which something is known.
	places map[string]bool
	// labelled are those with a label, and keyed those with its key, by their indexes.
	labelled map[label.Label][]int
	keyed    map[string][]int
	// found are those that a selector selects in all namespaces.
	found map[string][]int
}

func newScrapes(v *control.Verdicts, kind string) *scrapes {
	s := &scrapes{v, "Service", nil, map[string]bool{}, map[label.Label][]int{}, map[string][]int{}, map[string][]int{}}
	if kind == "ServiceMonitor" {
		for i := range v.Workloads.Services {
			o := &v.Workloads.Services[i]
			s.all = append(s.all, monitored{o.Object, o.Namespace, o.Name, o.Labels, o})
		}
	} else {
		s.what = "workload"
		for i := range v.Workloads.Workloads {
			o := &v.Workloads.Workloads[i]
			s.all = append(s.all, monitored{o.Object, o.Namespace, o.Name, o.Labels, nil})
		}
	}
	for i := range s.all {
		s.places[v.Place(s.all[i].object)] = true
		for _, l := range s.all[i].labels {
			s.labelled[l] = append(s.labelled[l], i)
			s.keyed[l.Key] = append(s.keyed[l.Key], i)
		}
	}
	return s
}

// find returns what a selector selects, wherever it is. A label that has to be there is looked up.
func (s *scrapes) find(selector label.Selector) []int {
	key := selector.String()
	if found, ok := s.found[key]; ok {
		return found
	}
	var found, candidates []int
	narrowed := false
	for _, r := range selector {
		with := s.keyed[r.Key]
		switch {
		case r.Operator == label.In && len(r.Values) == 1:
			with = s.labelled[label.Label{Key: r.Key, Value: r.Values[0]}]
		case r.Operator != label.In && r.Operator != label.Exists:
			continue
		}
		if !narrowed || len(with) < len(candidates) {
			narrowed, candidates = true, with
		}
	}
	if narrowed {
		for _, i := range candidates {
			if selector.Matches(s.all[i].labels) {
				found = append(found, i)
			}
		}
	} else {
		for i := range s.all {
			if selector.Matches(s.all[i].labels) {
				found = append(found, i)
			}
		}
	}
	s.found[key] = found
	return found
}

func checkMonitors(v *control.Verdicts) {
	byKind := map[string]*scrapes{}
	for i := range v.Workloads.Governance.Monitors {
		m := &v.Workloads.Governance.Monitors[i]
		if byKind[m.Kind] == nil {
			byKind[m.Kind] = newScrapes(v, m.Kind)
		}
		byKind[m.Kind].check(m)
	}
}

// inside says whether something is in the namespaces of a monitor; perhaps, if one of them names none and may be put there.
func (s *scrapes) inside(m *workload.Monitor, t *monitored) (in, perhaps bool) {
	switch {
	case m.Everywhere:
		return true, false
	case len(m.Namespaces) > 0:
		return slices.Contains(m.Namespaces, t.namespace) && !s.verdicts.Afloat(t.object), s.verdicts.Afloat(t.object)
	}
	return s.verdicts.Place(m.Object) == s.verdicts.Place(t.object), s.verdicts.Afloat(m.Object) || s.verdicts.Afloat(t.object)
}

func (s *scrapes) check(m *workload.Monitor) {
	v := s.verdicts
	found := s.find(m.Selector)
	var selected []*monitored
	var elsewhere *monitored
	for _, i := range found {
		t := &s.all[i]
		switch in, perhaps := s.inside(m, t); {
		case in:
			selected = append(selected, t)
		case perhaps:
			v.NotApplicable(1)
			return
		case elsewhere == nil:
			elsewhere = t
		}
	}
	switch {
	case len(selected) > 0:
		s.checkPorts(m, selected)
	case m.Selector.Impossible() || !s.known(m) && (elsewhere == nil || len(m.Selector) == 0 || s.open(m)):
		v.NotApplicable(1)
	default:
		b := control.Breach{Object: m.Object, Path: "spec.selector", Message: "matches no " + s.what + " of " + namespacesOf(m) + "; none has the labels " + m.Selector.String()}
		if near := s.nearest(m); elsewhere != nil {
			b.Message = "matches no " + s.what + " of " + namespacesOf(m) + "; " + elsewhere.name + " of namespace " + elsewhere.namespace + " has the labels " + m.Selector.String()
			b.Related = []control.Decider{{Object: elsewhere.object, Text: "has the labels, in another namespace"}}
		} else if near != nil {
			b.Message += "; the nearest is " + near.name + " with " + near.shared(m.Selector)
			b.Related = []control.Decider{{Object: near.object, Text: "has the nearest labels"}}
		}
		v.Fail(b)
	}
}

// open reports whether things are made in a namespace of the monitor that no manifest has.
func (s *scrapes) open(m *workload.Monitor) bool {
	made := func(namespace string) bool { return isSystem(namespace) || s.verdicts.Index().Operated(namespace) }
	return len(m.Namespaces) == 0 && made(m.Namespace) || slices.ContainsFunc(m.Namespaces, made)
}

// known reports whether something is known of each namespace of a monitor; of one for all, whether it is of its own.
func (s *scrapes) known(m *workload.Monitor) bool {
	if s.open(m) {
		return false
	}
	if len(m.Namespaces) == 0 || m.Everywhere {
		return s.places[s.verdicts.Place(m.Object)]
	}
	return !slices.ContainsFunc(m.Namespaces, func(n string) bool { return !s.places[n] })
}

func namespacesOf(m *workload.Monitor) string {
	switch {
	case m.Everywhere:
		return "any namespace"
	case len(m.Namespaces) > 1:
		return "namespaces " + strings.Join(m.Namespaces, ", ")
	case len(m.Namespaces) == 1:
		return "namespace " + m.Namespaces[0]
	}
	return "namespace " + m.Namespace
}

// checkPorts looks for the ports in what is selected. Those of pods are left alone, which may be given containers that no manifest has.
func (s *scrapes) checkPorts(m *workload.Monitor, selected []*monitored) {
	names, whole := map[string]bool{}, true
	for _, t := range selected {
		// The ports of a Service without any, or for another name, are those of endpoints that somebody makes.
		if t.service == nil || len(t.service.Ports) == 0 || t.service.Type == "ExternalName" {
			whole = false
			break
		}
		for k := range t.service.Ports {
			names[t.service.Ports[k].Name] = true
		}
	}
	right := true
	for _, p := range m.Ports {
		if !whole || names[p.Name] {
			continue
		}
		right = false
		s.verdicts.Fail(control.Breach{
			Object: m.Object, Path: p.Path, Message: "names port " + p.Name + ", which " + selected[0].name + " does not have: " + portNamesOf(selected[0].service),
			Related: []control.Decider{{Object: selected[0].object, Path: "spec.ports", Text: "is selected"}},
		})
	}
	if right {
		s.verdicts.Pass(1)
	}
}

func portNamesOf(s *workload.Service) string {
	var names []string
	for i := range s.Ports {
		if s.Ports[i].Name != "" {
			names = append(names, s.Ports[i].Name)
		}
	}
	if len(names) == 0 {
		return "its port has no name"
	}
	return "there is " + strings.Join(names, ", ")
}

// maxNearest bounds with how many a monitor is compared for each of its labels.
const maxNearest = 200

// nearest returns what meets most of a selector in the namespaces of a monitor; nil if nothing has a label with one of its keys.
func (s *scrapes) nearest(m *workload.Monitor) *monitored {
	var best *monitored
	most := -1
	for _, r := range m.Selector {
		list := s.keyed[r.Key]
		for _, i := range list[:min(len(list), maxNearest)] {
			t := &s.all[i]
			if in, _ := s.inside(m, t); !in {
				continue
			}
			met := 0
			for k := range m.Selector {
				if m.Selector[k].Matches(t.labels) {
					met++
				}
			}
			if met > most {
				best, most = t, met
			}
		}
	}
	return best
}

// shared writes the labels that a selector asks for as they are.
func (t *monitored) shared(selector label.Selector) string {
	var out label.Set
	for _, r := range selector {
		if value, ok := t.labels.Get(r.Key); ok {
			out = append(out, label.Label{Key: r.Key, Value: value})
		}
	}
	return out.String()
}
