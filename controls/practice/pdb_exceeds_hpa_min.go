package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
)

// PDBExceedsHPAMin: a budget can be kept when there is little load.
var PDBExceedsHPAMin = control.Control{
	ID: "pdb-exceeds-hpa-min", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Keep minAvailable of a PodDisruptionBudget within minReplicas of the autoscaler",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), []control.Kind{{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}}),
	Kinds:    budgets,
	Require:  &control.Together{Check: checkBudgetsOfScaled, Text: "minAvailable, as a number, must not be more than minReplicas of the autoscaler of the same pods"},
	Risk:     "More pods run when there is little load, or fewer have to stay up.",
	Fix:      control.Advice,
	NoFix:    "Which of the two numbers is right only a person can say.",
	Remedy:   "Use maxUnavailable: 1 in place of minAvailable, or raise minReplicas above it.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{budgetDocs, autoscaleDocs}},
	Peers: control.Peers{
		Polaris: []string{"pdbMinAvailableGreaterThanHPAMinReplicas"},
	},
	Why: `When load is low, fewer pods run than the budget wants to have available: then none may be evicted, and drains hang at night and on weekends, when
they are planned.`,
	Examples: []control.Example{
		{
			Name: "more than there are at night",
			Manifests: manifests(
				budgetOf("web", "shop", "web", "minAvailable: 3"),
				deploymentOf("web", 0),
				autoscalerOf("web", 2, 9),
			),
			Want: []string{"PodDisruptionBudget/shop/web spec.minAvailable"},
		},
		{
			Name: "no more than the least, and a part of it",
			Manifests: manifests(
				budgetOf("web", "shop", "web", "minAvailable: 2"),
				budgetOf("part", "shop", "web", "minAvailable: 90%"),
				deploymentOf("web", 0),
				autoscalerOf("web", 2, 9),
			),
		},
	},
}

func checkBudgetsOfScaled(v *control.Verdicts) {
	pods, scalers := podsOfBudgets(v), autoscalersByTarget(v)
	for i := range v.Workloads.Governance.Budgets {
		b := &v.Workloads.Governance.Budgets[i]
		if b.MinAvailable == nil || b.MinAvailable.Percent {
			v.NotApplicable(1)
			continue
		}
		broken := false
		for _, k := range pods[i] {
			w := &v.Workloads.Workloads[k]
			a := scalers[nameOf(v, w)]
			if a == nil || v.Place(w.Object) != v.Place(b.Object) || b.MinAvailable.Value <= a.MinReplicas {
				continue
			}
			v.Fail(control.Breach{
				Object: b.Object, Path: "spec.minAvailable", Message: "is " + b.MinAvailable.String() + ", while an autoscaler may leave " + strconv.Itoa(a.MinReplicas) + " running",
				Related: []control.Decider{{Object: a.Object, Text: "sets the number of pods of " + w.Kind + " " + w.Name}},
			})
			broken = true
			break // one workload is enough
		}
		if !broken {
			v.Pass(1)
		}
	}
}
