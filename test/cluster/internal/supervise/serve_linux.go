package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
)

// Serve is the first process of a node. It returns when in has ended, and with it the whole node ends.
func Serve(in io.Reader, out io.Writer) error {
	s := &server{out: json.NewEncoder(out), waiting: map[int]int{}}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	go func() {
		for range children {
			s.reap()
		}
	}()
	requests := json.NewDecoder(in)
	for {
		var r Request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		s.answer(&r)
	}
}

type server struct {
	mu      sync.Mutex
	out     *json.Encoder
	waiting map[int]int // what runs, by process number: the request that waits for its end, 0 if none does
}

func (s *server) answer(r *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Event{ID: r.ID}
	var err error
	switch {
	case r.Setup != nil:
		err = r.Setup.make()
	case r.Start != nil:
		if e.PID, err = r.Start.start(); err == nil {
			s.waiting[e.PID] = 0
		}
	case r.Run != nil:
		var pid int
		if pid, err = r.Run.start(); err == nil {
			s.waiting[pid] = r.ID
			return
		}
	case r.Signal != nil:
		err = syscall.Kill(r.Signal.PID, syscall.Signal(r.Signal.Number))
		if errors.Is(err, syscall.ESRCH) {
			err = nil
		}
	default:
		err = errors.New("empty request")
	}
	if err != nil {
		e.Error = err.Error()
	}
	s.tell(e)
}

func (s *server) tell(e Event) {
	if err := s.out.Encode(e); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

// reap takes the ends of all processes of the node whose parents are gone, which the first process has to do, and of our own.
func (s *server) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		id, ours := s.waiting[pid]
		if !ours {
			continue
		}
		delete(s.waiting, pid)
		how := fmt.Sprintf("exit status %d", status.ExitStatus())
		if status.Signaled() {
			how = "signal: " + status.Signal().String()
		}
		s.tell(Event{ID: id, PID: pid, Ended: true, Code: status.ExitStatus(), How: how})
	}
}

func (p *Start) start() (int, error) {
	open := func(name string) (*os.File, error) {
		return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	out, err := open(p.Out)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	errs := out
	if p.Err != "" {
		if errs, err = open(p.Err); err != nil {
			return 0, err
		}
		defer errs.Close()
	}
	// Not os/exec: it would wait for the process too.
	pid, err := syscall.ForkExec(p.Path, p.Args, &syscall.ProcAttr{
		Dir: p.Dir, Env: p.Env, Files: []uintptr{null.Fd(), out.Fd(), errs.Fd()}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("starting %s: %w", p.Path, err)
	}
	return pid, nil
}

// make makes the file system of the node. All of it is in a mount namespace of its own and so gone with the node.
func (p *Setup) make() error {
	if err := syscall.Sethostname([]byte(p.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	steps := []mount{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE, ""},
		{"proc", "/proc", "proc", 0, ""},
		{"tmpfs", "/run", "tmpfs", 0, "mode=755"},
	}
	for n, o := range p.Overlays {
		work := filepath.Join(p.Scratch, fmt.Sprintf("work-%d", n))
		if err := errors.Join(os.MkdirAll(work, 0o755), os.MkdirAll(o.From, 0o755)); err != nil {
			return err
		}
		steps = append(steps, mount{"overlay", o.To, "overlay", 0, "lowerdir=" + o.To + ",upperdir=" + o.From + ",workdir=" + work})
	}
	for _, m := range steps {
		if err := m.mount(); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/run/lock", "/run/netns", "/run/containerd"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, b := range p.Binds {
		if err := bind(b.From, b.To); err != nil {
			return err
		}
	}
	for name, value := range p.Settings {
		to := "/proc/sys/" + name
		if _, err := os.Stat(to); err != nil {
			continue // this kernel does not have it, and the kubelet will say so if it minds
		}
		from := filepath.Join(p.Scratch, "sys", name)
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(from, []byte(value+"\n"), 0o644); err != nil { //nolint:gosec // as in /proc/sys
			return err
		}
		if err := (mount{from, to, "", syscall.MS_BIND, ""}).mount(); err != nil {
			return err
		}
	}
	// The kubelet and containerd pass mounts on to containers.
	if err := (mount{"", "/", "", syscall.MS_REC | syscall.MS_SHARED, ""}).mount(); err != nil {
		return err
	}
	// Of the node's own network namespace: pods reach others through the node.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil { //nolint:gosec // it is there
		return err
	}
	if p.Forward != "" {
		return forward(p.Forward, p.Backend)
	}
	return nil
}

type mount struct {
	source, target, kind string
	flags                uintptr
	data                 string
}

func (m mount) mount() error {
	if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.data); err != nil {
		return fmt.Errorf("mounting %s%s at %s: %w", m.kind, m.source, m.target, err)
	}
	return nil
}

// bind shows a file or folder at another place as well, which is made.
func bind(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(to, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
		var f *os.File
		if f, err = os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755); err == nil { //nolint:gosec // a program that all may run
			err = f.Close()
		}
	}
	if err != nil {
		return err
	}
	return mount{from, to, "", syscall.MS_BIND, ""}.mount()
}

// forward does for one Service what kube-proxy does for all: it passes on what comes to an address of the node.
func forward(address, backend string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b, err := net.Dial("tcp", backend)
				if err != nil {
					return // the caller sees a closed connection, as if nobody listened
				}
				defer b.Close()
				done := make(chan struct{}, 2)
				pass := func(to, from net.Conn) {
					io.Copy(to, from) //nolint:errcheck // either side may end it at any time
					done <- struct{}{}
				}
				go pass(b, c)
				go pass(c, b)
				<-done
			}()
		}
	}()
	return nil
}
