package practice

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DuplicateEnvVar: every variable has one value.
var DuplicateEnvVar = control.Control{
	ID: "duplicate-env-var", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Set every environment variable once",
	Scope: control.Containers,
	Require: &control.Func{
		Check: checkEnv, Text: "env must not have two variables of one name",
		Expr: func(c control.CEL) string {
			env := control.NewField("env")
			return env.CEL(c.At) + ".orValue([]).all(e, " + env.CEL(c.At) + ".orValue([]).exists_one(f, f.?name == e.?name))"
		},
		Fix: fixEnv,
	},
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Risk:    "None: what is removed had no effect.",
	Remedy:  "Remove all but the last of the variables with one name; the last one is what the container gets.",
	Bad:     []control.Change{{Path: "env", Value: []any{envVar("MODE", "a"), envVar("OTHER", "b"), envVar("MODE", "c")}}},
	Good:    []control.Change{{Path: "env", Value: []any{envVar("MODE", "a"), envVar("mode", "a")}}},
	Refs:    control.Refs{Source: []string{envDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"duplicate-env-var"},
		Kubescape:  []string{"C-0295"},
		KubeScore:  []string{"environment-variable-key-duplication"},
	},
	Why: `Of variables with one name the container gets the last, so the others only look as if they were set. Worse, kubectl apply merges the
list by name: which one is left after the next change is a matter of luck.`,
}

func envVar(name, value string) map[string]any { return map[string]any{"name": name, "value": value} }

// overridden calls do for every variable that a later one of the same name overrides, until it says false.
func overridden(at tree.Node, do func(item tree.Node, name string, by int) bool) {
	last := map[string]int{}
	env := at.Get("env")
	for i, item := range env.Items() {
		last[item.Get("name").Text()] = i
	}
	for i, item := range env.Items() {
		if name := item.Get("name").Text(); last[name] != i && item.Get("name").Exists() && !do(item, name, last[name]) {
			return
		}
	}
}

func checkEnv(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	overridden(at, func(item tree.Node, name string, by int) bool {
		return fail(control.Violation{At: item.Get("name"), Problem: "is " + name + ", which env[" + strconv.Itoa(by) + "] overrides"})
	})
}

// fixEnv removes what is overridden, except where another variable makes use of the value: $(NAME) is what came before.
func fixEnv(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	overridden(at, func(item tree.Node, name string, _ int) bool {
		for _, other := range at.Get("env").Items() {
			if strings.Contains(other.Get("value").Text(), "$("+name+")") {
				return true
			}
		}
		out = append(out, control.Edit{Op: control.Remove, At: item})
		return true
	})
	return out
}
