package practice

import "github.com/kubeharden/kubeharden/control"

// JobTTLMissing: finished Jobs go away by themselves.
var JobTTLMissing = control.Control{
	ID: "job-ttl-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Set ttlSecondsAfterFinished",
	Scope:   control.Objects,
	Kinds:   jobs,
	Unless:  deletedByHook,
	Require: control.Present("spec.ttlSecondsAfterFinished", int64(3600)),
	Fix:     control.Auto,
	Risk:    "The Job and the logs of its pods are gone an hour after it finished, and a tool that compares the cluster with the manifests may start it again.",
	Remedy:  "Set spec.ttlSecondsAfterFinished; 3600 keeps the Job for an hour.",
	Good:    []control.Change{{Path: "spec.ttlSecondsAfterFinished", Value: 0}},
	Refs:    control.Refs{Source: []string{ttlDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"job-ttl-seconds-after-finished"},
		Kyverno:    []string{"other/add-ttl-jobs"},
	},
	Why: `A Job that finished stays, with its pods, until somebody deletes it. What was once started by hand or by a pipeline is left
lying around in the API server and on the disks of the nodes. Jobs of CronJobs are not meant: those are limited by the history limits of the CronJob.`,
}

// deletedByHook are Jobs that Helm or Argo CD delete.
var deletedByHook = control.Any(
	control.Present(`metadata.annotations["helm.sh/hook-delete-policy"]`, nil),
	control.Present(`metadata.annotations["argocd.argoproj.io/hook-delete-policy"]`, nil),
)
