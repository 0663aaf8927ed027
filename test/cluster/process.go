package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// signal is what is said to a process.
type signal int

const (
	terminate signal = iota
	kill
	freeze
	thaw
)

// process is a program that runs.
type process struct {
	name string
	pid  int
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read it after done
	kill func(signal) error
}

// spawner starts processes from one thread that lives as long as this process: the kernel kills a child with Pdeathsig when the *thread* that
// started it ends (https://go.dev/issue/27505).
var spawner = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

// start starts a program, whose output is appended to the file log.
func start(name string, cmd *exec.Cmd, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	cmd.Stderr = out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = attributes()
	}
	started := make(chan error)
	spawner() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, pid: cmd.Process.Pid, log: log, done: make(chan struct{})}
	p.kill = func(s signal) error {
		if err := send(p.pid, s); err != nil {
			return fmt.Errorf("sending a signal to %s: %w", name, err)
		}
		return nil
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// ended tells whether the process has ended, and how.
func (p *process) ended() error {
	select {
	case <-p.done:
		how := "without an error"
		if p.err != nil {
			how = p.err.Error()
		}
		return fmt.Errorf("%s ended: %s\n%s", p.name, how, tail(p.log, 15))
	default:
		return nil
	}
}

// grace is how long a component may take to end by itself.
const grace = 10 * time.Second

// stop ends the process: friendly first, and then not.
func (p *process) stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := p.kill(terminate); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
	}
	return p.end()
}

// end kills the process.
func (p *process) end() error {
	if err := p.kill(kill); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		return fmt.Errorf("%s (%d) is still there after SIGKILL", p.name, p.pid)
	}
}

// tail returns the last lines of a file.
func tail(file string, lines int) string {
	f, err := os.Open(file)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const most = 64 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	all = all[max(0, len(all)-lines):]
	for n, line := range all {
		all[n] = fmt.Sprintf("%.1000s", line)
	}
	return strings.Join(all, "\n")
}

// wait waits, and ends early with the context.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// poll asks again and again until there is no error any more, and returns the last one if the time is over first. An error that is final ends
// it at once.
func poll(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if final, ok := errors.AsType[*finalError](err); ok {
			return final.err
		}
		if over := wait(ctx, pause); over != nil {
			return fmt.Errorf("gave up after %v: %w", limit, err)
		}
	}
}

// finalError is one that asking again does not change.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
