package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster/internal/supervise"
)

// begin starts the first process of the node.
func (n *Node) begin(tool string) error {
	cmd := newCommand(tool, []string{"init"})
	cmd.SysProcAttr = attributes()
	cmd.SysProcAttr.Cloneflags = namespaces
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	events, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = theirs
	p, err := start("the first process of "+n.Name, cmd, n.logFile("init"))
	if err := errors.Join(err, theirs.Close()); err != nil {
		return errors.Join(err, events.Close())
	}
	n.init, n.in = p, in
	n.Root = fmt.Sprintf("/proc/%d/root", p.pid)
	go n.listen(events)
	return nil
}

// listen takes what the first process says until it ends.
func (n *Node) listen(events *os.File) {
	defer events.Close()
	d := json.NewDecoder(events)
	for {
		var e supervise.Event
		if err := d.Decode(&e); err != nil {
			return
		}
		n.mu.Lock()
		to := n.answers[e.ID]
		delete(n.answers, e.ID)
		if e.ID == 0 {
			to = n.end(e.PID)
		}
		n.mu.Unlock()
		if to != nil {
			to <- e // with room for one
		}
	}
}

// end is where the end of a process is told, whoever asks first.
func (n *Node) end(pid int) chan supervise.Event {
	if n.ends[pid] == nil {
		n.ends[pid] = make(chan supervise.Event, 1)
	}
	return n.ends[pid]
}

// ask asks the first process.
func (n *Node) ask(ctx context.Context, r supervise.Request) (supervise.Event, error) {
	answer := make(chan supervise.Event, 1)
	n.mu.Lock()
	n.last++
	r.ID = n.last
	n.answers[r.ID] = answer
	err := json.NewEncoder(n.in).Encode(r)
	n.mu.Unlock()
	if err != nil {
		return supervise.Event{}, fmt.Errorf("asking the first process of %s: %w", n.Name, err)
	}
	select {
	case e := <-answer:
		if e.Error != "" {
			return e, fmt.Errorf("%s: %s", n.Name, e.Error)
		}
		return e, nil
	case <-n.init.done:
		return supervise.Event{}, n.init.ended()
	case <-ctx.Done():
		return supervise.Event{}, context.Cause(ctx)
	}
}

// environment is that of all programs of a node.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
}

// start starts a program that stays.
func (n *Node) start(ctx context.Context, name, path string, args []string) (*process, error) {
	log := n.logFile(name)
	e, err := n.ask(ctx, supervise.Request{Start: &supervise.Start{Path: path, Args: append([]string{path}, args...), Env: environment(), Dir: "/", Out: log}})
	if err != nil {
		return nil, err
	}
	p := &process{name: name, pid: e.PID, log: log, done: make(chan struct{})}
	p.kill = func(s signal) error {
		number := map[signal]syscall.Signal{terminate: syscall.SIGTERM, kill: syscall.SIGKILL, freeze: syscall.SIGSTOP, thaw: syscall.SIGCONT}[s]
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_, err := n.ask(limit, supervise.Request{Signal: &supervise.Signal{PID: e.PID, Number: int(number)}})
		return err
	}
	n.mu.Lock()
	end := n.end(e.PID)
	n.mu.Unlock()
	go func() {
		select {
		case last := <-end:
			p.err = errors.New(last.How)
		case <-n.init.done:
			p.err = errors.New("the node ended")
		}
		n.mu.Lock()
		delete(n.ends, e.PID)
		n.mu.Unlock()
		close(p.done)
	}()
	return p, nil
}

// run runs a program until it ends.
func (n *Node) run(ctx context.Context, path string, args ...string) (code int, stdout, stderr string, err error) {
	n.mu.Lock()
	n.last++
	base := n.path(fmt.Sprintf("changes/run-%d", n.last))
	n.mu.Unlock()
	e, err := n.ask(ctx, supervise.Request{Run: &supervise.Start{
		Path: path, Args: append([]string{path}, args...), Env: environment(), Dir: "/", Out: base + ".out", Err: base + ".err",
	}})
	if err != nil {
		return 0, "", "", err
	}
	out, err1 := os.ReadFile(base + ".out")
	errs, err2 := os.ReadFile(base + ".err")
	err = errors.Join(err1, err2, os.Remove(base+".out"), os.Remove(base+".err"))
	return e.Code, string(out), string(errs), err
}

// Run runs a program in the node's namespaces as root and returns its exit status and what it said. The node sees this machine's files, but has a
// /run, /etc, /usr, /opt and /var of its own.
func (n *Node) Run(tb testing.TB, path string, args ...string) (code int, stdout, stderr string) {
	tb.Helper()
	code, stdout, stderr, err := n.run(tb.Context(), path, args...)
	if err != nil {
		tb.Fatal(err)
	}
	return code, stdout, stderr
}

// Imitate starts a program that calls itself as it is told and stays, such as /usr/sbin/sshd, and returns how to end it. With the arguments
// serve :22 it listens there, and with proxy it only waits.
func (n *Node) Imitate(tb testing.TB, path string, args ...string) (stop func()) {
	tb.Helper()
	program, err := os.ReadFile(n.path("changes/usr/local/sbin/runc"))
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(n.Root, path)
	if err := writeFile(file, program, 0o755); err != nil {
		tb.Fatal(err)
	}
	p, err := n.start(tb.Context(), filepath.Base(path), path, args)
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		tb.Helper()
		if err := errors.Join(p.end(), os.Remove(file)); err != nil {
			tb.Fatal(err)
		}
	}
}
