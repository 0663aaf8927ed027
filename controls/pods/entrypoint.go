package pods

import (
	"regexp"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// The words of an entrypoint: command and args one behind the other. Without a command the first argument is judged as one,
// because images commonly run what they are given.
const (
	// changesUser is a word that is sudo or su.
	changesUser = `^(\S*/)?(sudo|su)(\s|$)`
	// runsOther are programs that run the command or the script in their arguments. A lone -c is for a shell in the image.
	runsOther = `^(\S*/)?(sh|ash|bash|dash|ksh|zsh|busybox|env|exec|tini|dumb-init|catatonit|nohup|timeout|nice|-[a-z]*c)$`
	// callsInScript finds sudo or su where a shell script has a command: at the start, behind a separator or a keyword.
	callsInScript = `(^|[;&|({\n` + "`" + `]|\b(then|do|else|exec|time|if|while|until|!)\s)\s*(\w+=\S*\s+)*(\S*/)?(sudo|su)(\s|$)`
)

var (
	changesUserExpr   = regexp.MustCompile(changesUser)
	runsOtherExpr     = regexp.MustCompile(runsOther)
	callsInScriptExpr = regexp.MustCompile(callsInScript)
)

func checkEntrypoint(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	first, scripts := true, false
	for _, list := range [...]tree.Node{at.Get("command"), at.Get("args")} {
		for _, word := range list.Items() {
			text := word.Text()
			if first && changesUserExpr.MatchString(text) || scripts && callsInScriptExpr.MatchString(text) {
				if !fail(control.Violation{At: word, Problem: "calls sudo or su"}) {
					return
				}
			}
			if first {
				scripts = runsOtherExpr.MatchString(text)
			}
			first = false
		}
	}
}

func entrypointCEL(c control.CEL) string {
	words := "(" + c.At + ".?command.orValue([]) + " + c.At + ".?args.orValue([]))"
	return "(" + words + ".size() == 0 || !" + words + "[0].matches(" + control.Quote(changesUser) + ") && (!" +
		words + "[0].matches(" + control.Quote(runsOther) + ") || !" + words + ".exists(w, w.matches(" + control.Quote(callsInScript) + "))))"
}
