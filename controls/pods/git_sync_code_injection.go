package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GitSyncCodeInjection: git-sync runs what its settings say.
var GitSyncCodeInjection = control.Control{
	ID: "git-sync-code-injection", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not let settings of git-sync name programs to run",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkGitSync, Text: "a git-sync container must not be told which programs to run", Expr: gitSyncCEL},
	Fix:     control.Advice,
	NoFix:   "What the hook or the other git does for the program, only a person can say.",
	Risk:    "Hooks behind a synchronisation no longer run inside the git-sync container.",
	Remedy:  "Remove the setting; let the main container watch the link that git-sync moves, or use a webhook.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1195.002"},
		Source: []string{"https://www.akamai.com/blog/security-research/2024-august-kubernetes-gitsync-command-injection-defcon", "https://github.com/kubernetes/git-sync/blob/master/README.md"},
	},
	Peers: control.Peers{
		Checkov: []string{"CKV_K8S_159"},
	},
	Why: `git-sync runs the program in GITSYNC_GIT instead of git, and a hook after every synchronisation. Whoever may only change a
pod's environment or arguments thereby runs code in it, under the name of a harmless image that exceptions are commonly made for.`,
	Bad: []control.Change{
		{Path: "env", Name: "GITSYNC_GIT", Value: []any{map[string]any{"name": "GITSYNC_GIT", "value": "/tmp/x"}, map[string]any{"name": "GITSYNC_REPO", "value": "https://git.example.com/a"}}},
		{Path: "args", Value: []any{"--repo=https://git.example.com/a", "--link=x", "--root=/git", "--exechook-command=/tmp/x"}},
		{Path: "args", Value: []any{"--root=/git", "--git=/tmp/x", "--repo=https://git.example.com/a"}},
	},
	Good: []control.Change{
		{Path: "args", Value: []any{"--repo=https://git.example.com/a", "--root=/git", "--link=x", "--git-gc=off"}},
		{Path: "args", Name: "another program", Value: []any{"--git=/usr/bin/git"}},
	},
}

var gitSyncSettings = []string{"exechook-command", "git", "sync-hook-command"}

// isGitSync recognises the container by its image, or by arguments and variables that only git-sync has.
func isGitSync(at tree.Node) bool {
	if strings.Contains(at.Get("image").Text(), "git-sync") {
		return true
	}
	for _, e := range at.Get("env").Items() {
		if name := e.Get("name").Text(); strings.HasPrefix(name, "GITSYNC_") || strings.HasPrefix(name, "GIT_SYNC_") {
			return true
		}
	}
	has := 0
	for _, list := range [...]tree.Node{at.Get("command"), at.Get("args")} {
		for _, word := range list.Items() {
			if name, _, _ := strings.Cut(word.Text(), "="); name == "--repo" || name == "--root" {
				has++
			}
		}
	}
	return has > 1
}

func checkGitSync(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if !isGitSync(at) {
		return
	}
	for _, list := range [...]tree.Node{at.Get("command"), at.Get("args")} {
		for _, word := range list.Items() {
			name, _, _ := strings.Cut(word.Text(), "=")
			if setting, ok := strings.CutPrefix(name, "--"); ok && slices.Contains(gitSyncSettings, setting) &&
				!fail(control.Violation{At: word, Problem: "makes git-sync run what it says"}) {
				return
			}
		}
	}
	for _, e := range at.Get("env").Items() {
		name := e.Get("name")
		for _, prefix := range [...]string{"GITSYNC_", "GIT_SYNC_"} {
			rest, ok := strings.CutPrefix(name.Text(), prefix)
			if ok && slices.Contains(gitSyncSettings, strings.ReplaceAll(strings.ToLower(rest), "_", "-")) &&
				!fail(control.Violation{At: name, Problem: "is " + name.Text() + ", which makes git-sync run what it says"}) {
				return
			}
		}
	}
}

func gitSyncCEL(c control.CEL) string {
	settings := strings.Join(gitSyncSettings, "|")
	words := "(" + c.At + ".?command.orValue([]) + " + c.At + ".?args.orValue([]))"
	env := c.At + ".?env.orValue([])"
	is := "(" + c.At + ".?image.orValue('').contains('git-sync') || " + words + ".filter(w, w.matches('^--(repo|root)(=|$)')).size() > 1 || " +
		env + ".exists(e, e.?name.orValue('').matches('^GIT_?SYNC_')))"
	upper := strings.ToUpper(strings.ReplaceAll(settings, "-", "_"))
	return "(!" + is + " || !" + words + ".exists(w, w.matches('^--(" + settings + ")(=|$)')) && !" +
		env + ".exists(e, e.?name.orValue('').matches('^GIT_?SYNC_(?i:" + upper + ")$')))"
}
