package pods

import (
	"sync"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// runsOther are programs that run the command or the script in their arguments. A lone -c is for a shell in the image.
var runsOther = newPattern(`^(\S*/)?(sh|ash|bash|dash|ksh|zsh|busybox|env|exec|tini|dumb-init|catatonit|nohup|timeout|nice|-[a-z]*c)$`)

// program finds calls of programs in the words of commands.
type program struct {
	// word is a word that is one of them, call is where a shell script has one: at the start, behind a separator or a keyword.
	word, call *pattern
}

// newProgram takes the names as alternatives of a regular expression.
func newProgram(names string) *program {
	return &program{
		newPattern(`^(\S*/)?(` + names + `)(\s|$)`),
		newPattern(`(^|[;&|({\n` + "`" + `]|\b(then|do|else|exec|time|if|while|until|!)\s)\s*(\w+=\S*\s+)*(\S*/)?(` + names + `)(\s|$)`),
	}
}

// find calls found for every word of the lists, one behind the other, that calls the program, as long as it says so.
func (p *program) find(found func(word tree.Node) bool, lists ...tree.Node) {
	first, scripts := true, false
	for _, list := range lists {
		for _, word := range list.Items() {
			text := word.Text()
			if (first && p.word.matches(text) || scripts && p.call.matches(text)) && !found(word) {
				return
			}
			if first {
				scripts = runsOther.matches(text)
			}
			first = false
		}
	}
}

// cel says that a list of words does not call the program.
func (p *program) cel(words string) string {
	return "(" + words + ".size() == 0 || !" + words + "[0].matches(" + control.Quote(p.word.text) + ") && (!" +
		words + "[0].matches(" + control.Quote(runsOther.text) + ") || !" + words + ".exists(w, w.matches(" + control.Quote(p.call.text) + "))))"
}

// notInEntrypoint requires that the entrypoint does not call the program: command and args one behind the other. Without
// a command the first argument is judged as one, because images commonly run what they are given.
func notInEntrypoint(p *program, text, problem string) control.Rule {
	return &control.Func{
		Text: text,
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			p.find(func(word tree.Node) bool {
				return fail(control.Violation{At: word, Problem: problem})
			}, at.Get("command"), at.Get("args"))
		},
		Expr: func(c control.CEL) string {
			return p.cel("(" + c.At + ".?command.orValue([]) + " + c.At + ".?args.orValue([]))")
		},
	}
}

// programs are the programs that parameters name, by their names: settings do not change during a run.
var programs sync.Map

func programNamed(names string) *program {
	if p, ok := programs.Load(names); ok {
		return p.(*program)
	}
	p, _ := programs.LoadOrStore(names, newProgram(names))
	return p.(*program)
}
