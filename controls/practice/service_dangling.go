package practice

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

const serviceDocs = "https://kubernetes.io/docs/concepts/services-networking/service/"

// ServiceDangling: a service leads somewhere.
var ServiceDangling = control.Control{
	ID: "service-dangling", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let the selector of every Service match pods",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds(), control.Core("Namespace")),
	Kinds:    in("", "Service"),
	Require:  &control.Together{Check: checkServicesSelect, Text: "the selector of a service must match the pods of a workload, if workloads of its namespace are known"},
	Risk:     "Nothing: connections are refused today.",
	Fix:      control.Advice,
	NoFix:    "Which pods were meant only a person can say.",
	Remedy:   "Correct the selector, or the labels of the workload, or delete the Service.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{serviceDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"dangling-service"},
		Kubescape:  []string{"C-0293"},
		KubeScore:  []string{"service-targets-pod"},
		Other:      []string{"popeye:1100"},
	},
	Why: `A service that selects no pod answers nobody, and whoever makes a pod with these labels gets its traffic. Services without a selector, and those for pods
that the cluster makes itself in kube-system, are not meant, nor are namespaces where a well-known operator makes pods.`,
	Examples: []control.Example{
		{
			Name: "a label that no pod has",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: wbe}, ports: [{port: 80}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}
`,
			Want: []string{"Service/shop/web spec.selector"},
		},
		{
			Name: "pods, one pod of a StatefulSet, and no selector",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: first, namespace: shop}
spec: {selector: {statefulset.kubernetes.io/pod-name: web-0}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: example.com}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web, tier: b}}, spec: {containers: [{name: a}]}}}}
`,
		},
		{
			Name: "pods that an operator makes",
			Manifests: `{apiVersion: v1, kind: Service, metadata: {name: prometheus, namespace: shop}, spec: {selector: {prometheus: k8s}, ports: [{port: 80}]}}
---
{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {name: k8s, namespace: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}
`,
		},
		{
			Name: "workloads that are declared elsewhere",
			Manifests: `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: other, labels: {app: x}}, spec: {containers: [{name: a}]}}
`,
		},
	},
}

func checkServicesSelect(v *control.Verdicts) {
	selection := v.Index().NewSelection()
	for i := range v.Workloads.Services {
		s := &v.Workloads.Services[i]
		selector := declaredLabels(s.Selector)
		switch {
		case len(selector) == 0 || s.Type == "ExternalName" || isSystem(s.Namespace) || v.Index().Operated(s.Namespace) || !v.Populated(v.Place(s.Object)):
			v.NotApplicable(1)
		case len(selection.Find(s.Namespace, label.Equals(selector))) > 0:
			v.Pass(1)
		case v.SelectsAfloat(selection, label.Equals(selector)):
			v.NotApplicable(1)
		default:
			v.Fail(control.Breach{
				Object: s.Object, Path: "spec.selector", Message: "selects no pod: no workload of namespace " + s.Namespace + " has the labels " + label.Equals(selector).String(),
			})
		}
	}
}

// declaredLabels leaves out the labels that controllers give to pods, which no template has.
// https://kubernetes.io/docs/reference/labels-annotations-taints/
func declaredLabels(selector label.Set) label.Set {
	var out label.Set
	for _, l := range selector {
		switch {
		case strings.HasPrefix(l.Key, "statefulset.kubernetes.io/"), strings.HasPrefix(l.Key, "apps.kubernetes.io/"), strings.HasPrefix(l.Key, "batch.kubernetes.io/"):
		case strings.HasSuffix(l.Key, "pod-template-hash"), l.Key == "controller-revision-hash", l.Key == "job-name", l.Key == "controller-uid":
		default:
			out = append(out, l)
		}
	}
	return out
}

// directory finds services by name.
type directory struct {
	verdicts *control.Verdicts
	// byPlace are those of a place, and of no name the first of it.
	byPlace map[workload.Name]*workload.Service
	// afloat are the names of those that may be put into any namespace.
	afloat map[string]bool
	// elsewhere are those that name their namespace, by name.
	elsewhere map[string]*workload.Service
}

func newDirectory(v *control.Verdicts) *directory {
	d := &directory{v, map[workload.Name]*workload.Service{}, map[string]bool{}, map[string]*workload.Service{}}
	for i := range v.Workloads.Services {
		s := &v.Workloads.Services[i]
		for _, key := range [...]workload.Name{{Namespace: v.Place(s.Object), Name: s.Name}, {Namespace: v.Place(s.Object)}} {
			if d.byPlace[key] == nil {
				d.byPlace[key] = s
			}
		}
		if v.Afloat(s.Object) {
			d.afloat[s.Name] = true
		} else if d.elsewhere[s.Name] == nil {
			d.elsewhere[s.Name] = s
		}
	}
	return d
}

// find looks for the service that an object in a namespace means by a namespace and a name. It is missing if others of its
// place are known, and none may be put there.
func (d *directory) find(object int, own, namespace, name string) (s *workload.Service, missing bool) {
	place := namespace
	if namespace == own {
		place = d.verdicts.Place(object)
	}
	s = d.byPlace[workload.Name{Namespace: place, Name: name}]
	return s, s == nil && !d.afloat[name] && d.byPlace[workload.Name{Namespace: place}] != nil
}

// findElsewhere returns a service of the name in another namespace, if there is none that could be meant; nil if the object names no namespace
// itself, or there is no such service.
func (d *directory) findElsewhere(object int, name string) *workload.Service {
	if d.verdicts.Afloat(object) || d.afloat[name] {
		return nil
	}
	return d.elsewhere[name]
}
