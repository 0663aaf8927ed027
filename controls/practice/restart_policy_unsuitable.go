package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// RestartPolicyUnsuitable: pods are restarted as their workload can have it.
var RestartPolicyUnsuitable = control.Control{
	ID: "restart-policy-unsuitable", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Use a restart policy that the workload can have",
	Scope: control.Objects,
	Kinds: slices.Concat(keepers, finishers),
	Require: &control.Func{
		Check: checkRestart, Text: "restartPolicy must be Always, or OnFailure or Never in Jobs and CronJobs",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			spec, policy := template(at).Get("spec"), "Always"
			if finishes(s) {
				policy = "OnFailure"
				if at.Get("spec").Get("podFailurePolicy").Exists() || at.Get("spec").Get("jobTemplate").Get("spec").Get("podFailurePolicy").Exists() {
					policy = "Never" // all that a pod failure policy goes with
				}
			}
			return append(out, restartPolicy.Set(spec, policy))
		},
	},
	Fix:      control.Auto,
	NoPolicy: refused,
	Risk:     "None: the API server refuses the object as it is.",
	Remedy:   "Remove restartPolicy; in a Job or CronJob set it to OnFailure, or to Never where each attempt needs a new pod.",
	Bad: slices.Concat(
		on([]string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"}, control.Change{Path: "spec.template.spec.restartPolicy", Value: "Never"}),
		on([]string{"Job"}, control.Change{Path: "spec.template.spec.restartPolicy", Value: "Always"}),
		on([]string{"Job"}, control.Change{Path: "spec.template.spec.restartPolicy", Name: "missing"}),
		on([]string{"CronJob"}, control.Change{Path: "spec.jobTemplate.spec.template.spec.restartPolicy", Value: "Always"}),
	),
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/", "https://kubernetes.io/docs/concepts/workloads/controllers/job/"}},
	Peers: control.Peers{
		KubeLinter: []string{"restart-policy"},
		KubeScore:  []string{"cronjob-restartpolicy"},
	},
	Why: `Deployments, StatefulSets, DaemonSets and ReplicaSets take only pods that are always restarted; Jobs only pods that are not, and there the
default, Always, does not count as said. The API server refuses everything else when the manifest is applied.`,
}

var restartPolicy = control.NewField("restartPolicy")

func finishes(s *control.Subject) bool { return s.Object.Kind == "Job" || s.Object.Kind == "CronJob" }

func checkRestart(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := template(at).Get("spec")
	n := restartPolicy.Find(spec)
	missing := !n.Exists() || n.StrIs("")
	switch {
	case spec.Kind() != tree.Mapping, !finishes(s) && (missing || n.StrIs("Always")):
	case finishes(s) && missing:
		fail(restartPolicy.Violation(spec, "is missing, which means Always; a "+s.Object.Kind+" needs OnFailure or Never"))
	case !finishes(s) || !n.StrIs("OnFailure") && !n.StrIs("Never"):
		fail(restartPolicy.Violation(spec, "is "+control.Show(n)+", which a "+s.Object.Kind+" cannot have"))
	}
}
