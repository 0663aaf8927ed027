package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// NamespaceBoundariesMissing: a namespace has one owner.
var NamespaceBoundariesMissing = control.Control{
	ID: "namespace-boundaries-missing", Section: "other", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Separate the workloads of different owners by namespaces",
	Scope:   control.Everything,
	Needs:   control.AllOf(control.WorkloadKinds(), control.Core("Namespace")),
	Kinds:   control.WorkloadKinds(),
	Require: &control.Together{Check: checkOwners, Text: "the pods of a namespace must have the same owner, by their labels"},
	Params: []control.Param{{
		Name: "ownerLabels", Doc: "labels of pods that say whose they are", Default: []string{"owner", "team", "tenant"}, Example: []string{"team", "example.com/tenant"},
		Valid: func(v string) bool { return v != "" && !strings.ContainsAny(v, " =") },
	}},
	Risk:     "What moves to another namespace is reached under another name, and needs Secrets, roles and policies there.",
	Fix:      control.Advice,
	NoFix:    "Which workload belongs where, only a person can say.",
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Give each owner a namespace, with roles, quota and network policies of its own.",
	Refs: control.Refs{
		CIS:    []string{"5.6.1"},
		NSA:    []string{"Network separation: namespaces"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/multi-tenancy/", "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0209"},
	},
	Why: `Rights, quotas, network policies and Secrets end at the namespace. Who may create a pod in it can run as every service account and mount every Secret there, so
two owners in one namespace have each other's credentials.`,
	Examples: []control.Example{
		{
			Name: "two teams",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shared, labels: {team: shop}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shared, labels: {team: shop}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: shared, labels: {team: pay}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: shared, labels: {team: search}}, spec: {containers: [{name: a}]}}
`,
			Want: []string{"Pod/shared/c metadata.labels.team"},
		},
		{
			Name: "a namespace for each, and pods that say nothing",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {team: shop}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: pay, labels: {team: pay}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: d, labels: {team: search}}, spec: {containers: [{name: a}]}}
`,
		},
	},
}

// ownedAt is a label at a place.
type ownedAt struct{ place, key string }

// checkOwners tells each namespace once, at the first workload of a second owner.
func checkOwners(v *control.Verdicts) {
	first, told := map[ownedAt]*workload.Workload{}, map[string]bool{}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		place, other, key := v.Place(w.Object), (*workload.Workload)(nil), ""
		for _, label := range v.Params["ownerLabels"] {
			value, ok := w.Labels.Get(label)
			if !ok {
				continue
			}
			at := ownedAt{place, label}
			if first[at] == nil {
				first[at] = w
			} else if had, _ := first[at].Labels.Get(label); had != value && other == nil {
				other, key = first[at], label
			}
		}
		switch {
		case v.Afloat(w.Object):
			v.NotApplicable(1)
		case other == nil || told[place]:
			v.Pass(1)
		default:
			told[place] = true
			value, _ := w.Labels.Get(key)
			v.Fail(control.Breach{
				Object: w.Object, Path: string(tree.AppendKey([]byte(labelsPath(w)), key)),
				Message: "is " + value + " in a namespace that others own too",
				Related: []control.Decider{{Object: other.Object, Path: string(tree.AppendKey([]byte(labelsPath(other)), key)), Text: "has another owner"}},
			})
		}
	}
}

func labelsPath(w *workload.Workload) string {
	if w.PodPath == "" {
		return "metadata.labels"
	}
	return w.PodPath + ".metadata.labels"
}
