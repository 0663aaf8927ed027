package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kubeharden/kubeharden/source/cluster"
	"github.com/kubeharden/kubeharden/terminal"
)

// progress returns what tells how far the reading of a cluster is, in one line of a terminal that is written again and again. Where standard error
// is no terminal, or nobody wants to hear it, it says nothing. done takes the line away; it may be called more than once.
func (p *Process) progress(quiet bool) (tell func(cluster.Progress), done func()) {
	if quiet || !isTerminal(p.Stderr) || p.Getenv("TERM") == "dumb" {
		return nil, func() {}
	}
	line := &progressLine{p: p, width: 78}
	return line.tell, line.done
}

type progressLine struct {
	p     *Process
	width int

	mutex sync.Mutex
	shown int
	last  time.Time
	ended bool
}

// pace keeps a fast scan from writing more than anybody can read.
const pace = 100 * time.Millisecond

func (l *progressLine) tell(at cluster.Progress) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.p.Now()
	if l.ended || now.Sub(l.last) < pace {
		return
	}
	l.last = now
	text := fmt.Sprintf("reading %s (%d of %d, %d objects)", terminal.Sanitize(at.What), at.Resources, at.All, at.Objects)
	text = text[:min(len(text), l.width)]
	_, _ = fmt.Fprintf(l.p.Stderr, "\r%s%s", text, strings.Repeat(" ", max(l.shown-len(text), 0)))
	l.shown = len(text)
}

func (l *progressLine) done() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.shown > 0 && !l.ended {
		_, _ = fmt.Fprintf(l.p.Stderr, "\r%s\r", strings.Repeat(" ", l.shown))
	}
	l.ended = true
}
