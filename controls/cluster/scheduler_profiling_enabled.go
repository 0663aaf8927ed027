package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// SchedulerProfilingEnabled: nobody needs a profiler in production.
var SchedulerProfilingEnabled = control.Control{
	ID: "scheduler-profiling-enabled", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Turn off scheduler profiling",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Scheduler}, Settings: []control.Setting{schedulerProfiling()}},
	Risk:     "The endpoint /debug/pprof is gone.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the scheduler with --profiling=false, or set enableProfiling: false in its configuration file, which voids the flag.",
	Refs: control.Refs{
		CIS:    []string{"1.4.1"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1082"},
		Source: []string{schedulerFlagDocs, schedulerAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0151"},
		Trivy:     []string{"KCV-0040"},
		Checkov:   []string{"CKV_K8S_114"},
		KubeBench: []string{"1.4.1"},
	},
	Why: `Profiles show what the scheduler is doing and with what, and taking one costs it time. The endpoint asks for rights, so that it is a small thing; but
nobody misses it.`,
	Examples: []control.Example{
		fails("on", schedulerFile("enableProfiling: true"), "enableProfiling"),
		fails("not given", schedulerFile("leaderElection: {leaderElect: true}"), ""),
		passes("off", schedulerFile("enableProfiling: false")),
	},
}

// schedulerProfiling requires the field of the configuration file where there is one, and the flag where there is none: the file voids it.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-scheduler/app/options/options.go (ApplyTo)
func schedulerProfiling() control.Setting {
	s := control.FlagIs("profiling", false)
	s.Value = func(i *component.Instance) component.Value {
		v := i.Flag("profiling")
		if v.Set {
			return v
		}
		if field := i.Field("enableProfiling"); field.Set || !field.Known && !field.Absent {
			return field
		}
		return v
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		e, ok := i.EditOfField("enableProfiling", false)
		if !ok && !i.Flag("config").Set {
			e, ok = i.EditOf("profiling", "false")
		}
		if !ok {
			return nil
		}
		return []component.Edit{e}
	}
	return s
}
