package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DirectJobNotAllowed: where only CronJobs and operators start Jobs, one that a person started stands out.
var DirectJobNotAllowed = control.Control{
	ID: "direct-job-not-allowed", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Allow Jobs only from CronJobs / known controllers",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "batch", Kind: "Job"}, {Group: "tekton.dev", Kind: "TaskRun"}},
	Require: &control.Func{Check: checkJobOwner, Text: "the object must belong to a controller of an allowed kind", Expr: jobOwnerCEL},
	Params: []control.Param{{
		Name: "owners", Doc: "kinds of the controllers that may start Jobs and TaskRuns", Example: []string{"CronJob", "PipelineRun"},
	}},
	Fix:    control.Advice,
	NoFix:  "Whether a Job may be started by hand is a rule of the house.",
	Risk:   "Jobs that people or pipelines start directly are refused.",
	Remedy: "Start the Job from a CronJob (kubectl create job --from=cronjob/NAME), or list the kind of its controller in the parameter owners.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1053.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/job/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-jobs", "tekton/block-tekton-task-runs"},
	},
	Why: `A Job is a pod that runs once and is cleaned up after itself, which suits whoever wants to run something in a cluster and leave little behind. Where all Jobs come
from CronJobs and operators, the owner of a Job says whether it is one of them.`,
	Bad: []control.Change{
		{Path: "metadata.ownerReferences", Name: "missing"},
		{Path: "metadata.ownerReferences", Name: "another", Value: []any{map[string]any{"kind": "ConfigMap", "name": "x", "controller": true}}},
		{Path: "metadata.ownerReferences", Name: "no controller", Value: []any{map[string]any{"kind": "CronJob", "name": "x"}}},
	},
}

func checkJobOwner(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, owner := range owners.Find(at).Items() {
		if controls, _ := owner.Get("controller").Bool(); controls && slices.Contains(s.Params["owners"], owner.Get("kind").Text()) {
			return
		}
	}
	fail(owners.Violation(at, "names no controller that may start it"))
}

func jobOwnerCEL(c control.CEL) string {
	return owners.CEL(c.At) + ".orValue([]).exists(o, o.?controller.orValue(false) == true && o.?kind.orValue('') in " + control.QuoteAll(c.Params["owners"]) + ")"
}
