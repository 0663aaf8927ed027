package practice

import "github.com/kubeharden/kubeharden/control"

// CronJobDeadlineMissing: a run that was missed is not started hours later.
var CronJobDeadlineMissing = control.Control{
	ID: "cron-job-deadline-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Set startingDeadlineSeconds",
	Scope: control.Objects,
	Kinds: cronJobs,
	Require: control.FixTo(control.All(
		control.Present("spec.startingDeadlineSeconds", nil), control.AtLeast("spec.startingDeadlineSeconds", 10)),
		"spec.startingDeadlineSeconds", int64(300)),
	Fix:    control.Auto,
	Risk:   "A run that cannot start within the deadline is left out.",
	Remedy: "Set spec.startingDeadlineSeconds to how late a run may still start: 300 is five minutes. Less than 10 can mean never.",
	Refs:   control.Refs{Source: []string{cronJobDocs}},
	Peers: control.Peers{
		KubeScore: []string{"cronjob-has-deadline"},
	},
	Why: `Without a deadline a run that was missed, because the control plane was down or the previous run held it up, is started whenever the
controller gets to it: the nightly job runs at noon. A deadline below 10 seconds is as bad, because the controller looks only every 10 seconds.`,
}
