package pods

import (
	"path"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// CronJobInventory: what runs by the clock should be known.
var CronJobInventory = control.Control{
	ID: "cron-job-inventory", Section: "other", Layer: control.Pods, Severity: control.Info, Since: "0.1",
	Title:   "Review the CronJobs that are not listed as known (persistence)",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "batch", Kind: "CronJob"}},
	Require: &control.Func{Check: checkCronJobKnown, Text: "the CronJob must be listed in the parameter known"},
	Params: []control.Param{{
		Name: "known", Doc: "CronJobs that are known, as NAMESPACE/NAME; * stands for any text without a slash", Default: []string{}, Example: []string{"shop/app", "*/backup-*"},
		Valid: func(v string) bool { _, err := path.Match(v, ""); return err == nil },
	}},
	Fix:      control.Advice,
	NoFix:    "Whether a CronJob is meant to be there, only a person can say.",
	NoPolicy: "Patterns with * have no equal in CEL, and to refuse a CronJob is not the point of a list to review.",
	Risk:     "Nothing stops working: this is a list to review.",
	Remedy:   "Look at what the CronJob does and who made it; then list it in the parameter known, or delete it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1053.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0026"},
	},
	Why: `A CronJob starts pods for ever, long after whoever made it is gone. It is an easy way to stay in a cluster, because it looks like maintenance and
brings its own pods back after every clean-up.`,
	Bad: []control.Change{
		{Path: "metadata.name", Value: "miner"},
		{Path: "metadata.namespace", Value: "other"},
	},
	Good: []control.Change{
		{Path: "metadata", Name: "by pattern", Value: map[string]any{"name": "backup-db", "namespace": "other"}},
	},
}

func checkCronJobKnown(s *control.Subject, at tree.Node, fail control.FailFunc) {
	name := s.Object.Namespace + "/" + s.Object.Name
	if !slices.ContainsFunc(s.Params["known"], func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	}) {
		fail(objectName.Violation(at, "is not listed as known"))
	}
}
