package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// PDBBlocksEviction: a node can be drained.
var PDBBlocksEviction = control.Control{
	ID: "pdb-blocks-eviction", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let a PodDisruptionBudget leave room for evictions",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), []control.Kind{{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}}),
	Kinds:    budgets,
	Require:  &control.Together{Check: checkRoomToEvict, Text: "a budget must allow the eviction of at least one of the pods that it selects when all of them run"},
	Risk:     "One pod at a time may be evicted, where before none could.",
	Fix:      control.Advice,
	NoFix:    "Whether the program can do without one pod, or needs one more, only a person can say.",
	Remedy:   "Set maxUnavailable: 1 in place of what is there, and run at least two pods.",
	NoPolicy: "An admission policy sees one object at a time, and not how many pods the budget is for.",
	Refs:     control.Refs{Source: []string{budgetDocs, "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"}},
	Peers: control.Peers{
		KubeLinter: []string{"pdb-max-unavailable", "pdb-min-available"},
		Polaris:    []string{"pdbDisruptionsIsZero"},
		Kyverno: []string{
			"other/pdb-maxunavailable", "other/pdb-maxunavailable-with-deployments", "other/pdb-minavailable-check",
			"other/deployment-replicas-higher-than-pdb", "other/require-reasonable-pdbs", "other/require-replicas-allow-disruption",
		},
		Other: []string{"gatekeeper:poddisruptionbudget", "popeye:901"},
	},
	Why: `A budget that allows no eviction stops every drain: upgrades of nodes, and with them security fixes, hang until somebody deletes the pod by hand or gives
up. Where an autoscaler sets the number of pods, its maximum counts.`,
	Examples: []control.Example{
		{
			Name: "all have to be there",
			Manifests: manifests(
				budgetOf("percent", "shop", "web", "minAvailable: 100%"),
				budgetOf("none", "shop", "web", "maxUnavailable: 0"),
			),
			Want: []string{"PodDisruptionBudget/shop/percent spec.minAvailable", "PodDisruptionBudget/shop/none spec.maxUnavailable"},
		},
		{
			Name: "as many as there are",
			Manifests: manifests(
				budgetOf("web", "shop", "web", "minAvailable: 2"),
				budgetOf("half", "shop", "web", "minAvailable: 51%"),
				deploymentOf("web", 2),
			),
			Want: []string{"PodDisruptionBudget/shop/web spec.minAvailable", "PodDisruptionBudget/shop/half spec.minAvailable"},
		},
		{
			Name: "room",
			Manifests: manifests(
				budgetOf("web", "shop", "web", "minAvailable: 50%"),
				budgetOf("scaled", "shop", "scaled", "minAvailable: 2"),
				budgetOf("elsewhere", "other", "web", "minAvailable: 2"),
				deploymentOf("web", 2),
				deploymentOf("scaled", 0),
				autoscalerOf("scaled", 2, 5),
			),
		},
	},
}

func checkRoomToEvict(v *control.Verdicts) {
	pods, scalers := podsOfBudgets(v), autoscalersByTarget(v)
	for i := range v.Workloads.Governance.Budgets {
		b := &v.Workloads.Governance.Budgets[i]
		path, amount := "spec.maxUnavailable", b.MaxUnavailable
		if amount == nil {
			path, amount = "spec.minAvailable", b.MinAvailable
		}
		p := count(v, b, pods[i], scalers)
		switch {
		case amount == nil:
			v.NotApplicable(1)
		case amount == b.MaxUnavailable && amount.Value == 0, amount == b.MinAvailable && amount.Percent && amount.Value == 100:
			v.Fail(control.Breach{Object: b.Object, Path: path, Message: "is " + amount.String() + ", so no pod may be evicted"})
		case amount == b.MaxUnavailable:
			v.Pass(1)
		case p.unknown || p.most == 0: // nobody can say how many pods it is for
			v.NotApplicable(1)
		case amount.Of(p.most) >= p.most:
			v.Fail(control.Breach{
				Object: b.Object, Path: path, Message: "is " + amount.String() + " of " + strconv.Itoa(p.most) + " in all, so no pod may be evicted",
				Related: []control.Decider{{Object: p.object, Text: "runs the pods"}},
			})
		default:
			v.Pass(1)
		}
	}
}

// selected is how many pods a budget is for at most.
type selected struct {
	most    int
	object  int // of the first workload
	unknown bool
}

// count counts the pods of the workloads of a budget.
func count(v *control.Verdicts, b *workload.Budget, workloads []int, scalers map[target]*workload.Autoscaler) selected {
	var s selected
	for _, k := range workloads {
		w := &v.Workloads.Workloads[k]
		if !w.Controlled && v.Place(w.Object) == v.Place(b.Object) { // else its owner counts
			s.add(w, scalers[nameOf(v, w)])
		}
	}
	return s
}

func (s *selected) add(w *workload.Workload, a *workload.Autoscaler) {
	if s.most == 0 {
		s.object = w.Object
	}
	switch {
	case !isReplicated(w):
		s.unknown = true // as many as there are nodes, or as many as somebody makes
	case a != nil && a.MaxReplicas > 0:
		s.most += a.MaxReplicas
	default:
		s.most += replicasOf(w)
	}
}
