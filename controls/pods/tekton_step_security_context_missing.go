package pods

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// TektonStepSecurityContextMissing: a build step is a container like any other.
var TektonStepSecurityContextMissing = control.Control{
	ID: "tekton-step-security-context-missing", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Set a securityContext on Tekton steps",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: "tekton.dev", Kind: "Task"},
		{Group: "tekton.dev", Kind: "ClusterTask"},
		{Group: "tekton.dev", Kind: "TaskRun"},
		{Group: "tekton.dev", Kind: "Pipeline"},
		{Group: "tekton.dev", Kind: "PipelineRun"},
	},
	Require: &control.Func{
		Check: checkSteps, Text: "every step must have a securityContext, of its own or of the stepTemplate", Expr: stepsCEL, Fix: fixSteps,
	},
	Fix:    control.Auto,
	Risk:   "Steps that need root, such as some builders of images, fail.",
	Remedy: "Give the stepTemplate the securityContext of the restricted Pod Security level; give a step that needs more its own one.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://tekton.dev/docs/pipelines/tasks/#specifying-a-step-template", podSecurityStandards},
	},
	Peers: control.Peers{
		Kyverno: []string{"tekton/require-tekton-securitycontext"},
	},
	Why: `Build steps run code of many authors and hold the credentials for repositories and registries. Tekton makes pods of them, but the manifest is a Task, which rules on
pods do not see: without a securityContext each step runs as its image says, mostly as root.`,
	Bad: []control.Change{
		{Path: "spec", Value: map[string]any{"steps": []any{map[string]any{"name": "build", "image": "golang"}}}},
		{Path: "spec", Name: "inline", Value: map[string]any{"taskSpec": map[string]any{"steps": []any{map[string]any{"name": "build", "securityContext": map[string]any{}}}}}},
		{Path: "spec", Name: "pipeline", Value: map[string]any{"tasks": []any{map[string]any{"taskSpec": map[string]any{"steps": []any{map[string]any{"name": "build"}}}}}}},
		{Path: "spec", Name: "inline pipeline", Value: map[string]any{"pipelineSpec": map[string]any{"finally": []any{map[string]any{"taskSpec": map[string]any{"steps": []any{map[string]any{"name": "build"}}}}}}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "by template", Value: map[string]any{"stepTemplate": map[string]any{"securityContext": map[string]any{"runAsNonRoot": true}}, "steps": []any{map[string]any{"name": "build"}}}},
		{Path: "spec", Name: "of its own", Value: map[string]any{"steps": []any{map[string]any{"name": "build", "securityContext": map[string]any{"runAsNonRoot": true}}}}},
		{Path: "spec", Name: "by reference", Value: map[string]any{"taskRef": map[string]any{"name": "build"}}},
	},
}

var stepContext = control.NewField("securityContext")

// taskSpecs yields every place where the steps of a task are written.
func taskSpecs(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		spec := at.Get("spec")
		if !yield(spec) || !yield(spec.Get("taskSpec")) {
			return
		}
		for _, pipeline := range [...]tree.Node{spec, spec.Get("pipelineSpec")} {
			for _, list := range [...]string{"tasks", "finally"} {
				for _, task := range pipeline.Get(list).Items() {
					if !yield(task.Get("taskSpec")) {
						return
					}
				}
			}
		}
	}
}

// bareSteps yields the steps without a securityContext.
func bareSteps(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for spec := range taskSpecs(at) {
			if stepContext.Find(spec.Get("stepTemplate")).Len() > 0 {
				continue
			}
			for _, step := range spec.Get("steps").Items() {
				if stepContext.Find(step).Len() == 0 && !yield(step) {
					return
				}
			}
		}
	}
}

func checkSteps(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for step := range bareSteps(at) {
		problem := "is missing"
		if stepContext.Find(step).Exists() {
			problem = "is empty"
		}
		if !fail(stepContext.Violation(step, problem)) {
			return
		}
	}
}

func fixSteps(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	for step := range bareSteps(at) {
		out = append(out, stepContext.Set(step, map[string]any{
			"allowPrivilegeEscalation": false,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
			"runAsNonRoot":             true,
			"seccompProfile":           map[string]any{"type": "RuntimeDefault"},
		}))
	}
	return out
}

func stepsCEL(c control.CEL) string {
	covered := func(task string) string {
		return "(" + task + ".?stepTemplate.?securityContext.orValue({}).size() > 0 || " +
			task + ".?steps.orValue([]).all(s, s.?securityContext.orValue({}).size() > 0))"
	}
	spec := c.At + ".?spec"
	parts := []string{covered(spec), covered(spec + ".?taskSpec")}
	for _, list := range []string{".?tasks", ".?finally", ".?pipelineSpec.?tasks", ".?pipelineSpec.?finally"} {
		parts = append(parts, spec+list+".orValue([]).all(t, "+covered("t.?taskSpec")+")")
	}
	return "(" + strings.Join(parts, " && ") + ")"
}
