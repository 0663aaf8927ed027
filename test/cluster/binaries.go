package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// UnavailableError says why something of the bed cannot be had on this machine. A test that needs it is skipped with this reason. What was
// built and does not start is no such error: that is a failure.
type UnavailableError struct{ What, Reason string }

func (e *UnavailableError) Error() string { return e.What + " is not available: " + e.Reason }

// The programs that Binary knows, besides those of Kubernetes, which have the names of their commands.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kubelet           = "kubelet"
	Containerd        = "containerd"
	ContainerdShim    = "containerd-shim-runc-v2"
	Ctr               = "ctr"
	Runc              = "runc"
	CNIBridge         = "bridge"
	CNILoopback       = "loopback"
	CNIHostLocal      = "host-local"
)

// tool is how a program is built.
type tool struct {
	module, path string
	cgo          bool
	flags        []string
	kubernetes   bool
}

func tools() map[string]tool {
	kubernetes := func(name string) tool { return tool{path: "k8s.io/kubernetes/cmd/" + name, kubernetes: true} }
	containerd := func(name string) tool {
		return tool{module: "node", path: "github.com/containerd/containerd/v2/cmd/" + name}
	}
	cni := func(name string) tool {
		return tool{module: "node", path: "github.com/containernetworking/plugins/plugins/" + name}
	}
	return map[string]tool{
		Etcd:              {path: "go.etcd.io/etcd/server/v3", kubernetes: true},
		APIServer:         kubernetes(APIServer),
		ControllerManager: kubernetes(ControllerManager),
		Scheduler:         kubernetes(Scheduler),
		Kubelet:           kubernetes(Kubelet),
		Containerd:        containerd(Containerd),
		ContainerdShim:    containerd(ContainerdShim),
		Ctr:               containerd(Ctr),
		CNIBridge:         cni("main/bridge"),
		CNILoopback:       cni("main/loopback"),
		CNIHostLocal:      cni("ipam/host-local"),
		Runc: {
			module: "runc", path: "github.com/opencontainers/runc", cgo: true,
			flags: []string{"-ldflags=-extldflags=-static", "-tags=netgo,osusergo"},
		},
	}
}

// Minors returns the minor releases of Kubernetes whose API server the bed has, newest first.
func Minors() []string { return []string{"1.37", "1.35"} }

// only the newest minor comes with everything else; an older API server has its etcd, controllers and nodes from there.
func (t tool) of(name, minor string) tool {
	if t.kubernetes {
		t.module = "kubernetes-" + Minors()[0]
		if name == APIServer {
			t.module = "kubernetes-" + minor
		}
	}
	return t
}

// Binary returns the path of a program, which it builds if Go's cache does not have it: the first time takes minutes, any other less than a
// second. Test packages that ask at the same time wait for one another.
func Binary(ctx context.Context, minor, name string) (string, error) {
	t, ok := tools()[name]
	if !ok {
		return "", fmt.Errorf("the test bed has no program %q", name)
	}
	if !slices.Contains(Minors(), minor) {
		return "", fmt.Errorf("the test bed has no Kubernetes %q, it has %s", minor, strings.Join(Minors(), " and "))
	}
	if t = t.of(name, minor); t.cgo {
		if _, err := exec.LookPath("gcc"); err != nil {
			return "", &UnavailableError{name, "it needs a C compiler: " + err.Error()}
		}
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "tools", t.module)
	if t.kubernetes {
		flags, err := stamp(filepath.Join(dir, "go.mod"))
		if err != nil {
			return "", err
		}
		t.flags = []string{flags}
	}
	unlock, err := lock(ctx, "build")
	if err != nil {
		return "", err
	}
	defer unlock()
	note, err := t.note(dir)
	if err != nil {
		return "", err
	}
	if path, ok := noted(note); ok {
		return path, nil
	}
	path, err := built(ctx, t.cgo, append(append([]string{"run", "-C", dir, "-exec", "echo"}, t.flags...), t.path)...)
	if err != nil {
		return "", buildError(name, err)
	}
	return path, os.WriteFile(note, []byte(path), 0o600)
}

// built builds a program and returns where it is. `go tool` would be the command for it, but it links without -ldflags. `go run` links with them,
// keeps what it linked in Go's cache as well, and hands it to a program of our choice. Only the first time, what it hands over is not yet the
// file in the cache.
func built(ctx context.Context, cgo bool, run ...string) (string, error) {
	for range 2 {
		path, err := goCommand(ctx, cgo, run...)
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("go %s: the program that it built is not in Go's cache", strings.Join(run, " "))
}

// note is the file that says where the program is. Asking the go command takes up to a second of all processors, for each program of each test
// package.
func (t tool) note(dir string) (string, error) {
	base, err := base()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(fmt.Appendf(nil, "%q %q %q %v\n", runtime.Version(), t.path, t.flags, t.cgo))
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	return filepath.Join(base, fmt.Sprintf("program-%x", h.Sum(nil)[:12])), nil
}

// noted returns what a note says, if it is not older than a day: the go command has to see now and then that what it has in its cache is in use.
func noted(note string) (string, bool) {
	info, err := os.Stat(note)
	if err != nil || time.Since(info.ModTime()) > 24*time.Hour {
		return "", false
	}
	path, err := os.ReadFile(note)
	if err != nil {
		return "", false
	}
	_, err = os.Stat(string(path))
	return string(path), err == nil
}

// goError is what the go command said when it failed.
type goError struct {
	error
	stderr string
}

func (e *goError) Unwrap() error { return e.error }

// goCommand runs the go command for this machine and with none of the settings of whoever runs the tests.
func goCommand(ctx context.Context, cgo bool, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS=", "GOARCH=", "GOFLAGS=", "CGO_ENABLED=0")
	if cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", &goError{err, strings.TrimSpace(stderr.String())}
	}
	return strings.TrimSpace(stdout.String()), nil
}

// Build builds all programs that this machine can use, so that no test has to wait for it, and tells log of each. Nothing is built where
// KUBEHARDEN_TEST_CLUSTER is off.
func Build(ctx context.Context, log func(format string, args ...any)) error {
	if off() {
		log("no program is built: KUBEHARDEN_TEST_CLUSTER is off")
		return nil
	}
	type program struct{ name, minor string }
	var all []program
	for _, name := range []string{Etcd, APIServer, ControllerManager, Scheduler} {
		all = append(all, program{name, Minors()[0]})
	}
	for _, minor := range Minors()[1:] {
		all = append(all, program{APIServer, minor})
	}
	if reason := NodeSupported(); reason == "" {
		for _, name := range nodePrograms() {
			all = append(all, program{name, Minors()[0]})
		}
	} else {
		log("nothing is built for nodes, since none can run here: %s", reason)
	}
	for _, p := range all {
		began := time.Now()
		_, err := Binary(ctx, p.minor, p.name)
		if missing, ok := errors.AsType[*UnavailableError](err); ok {
			log("%v", missing)
			continue
		} else if err != nil {
			return err
		}
		if took := time.Since(began); took > 2*time.Second {
			log("%s of Kubernetes %s built in %v", p.name, p.minor, took.Round(time.Second))
		}
	}
	return nil
}

// unreachable are the words of the go command when modules cannot be had.
var unreachable = regexp.MustCompile(`dial tcp|no such host|i/o timeout|TLS handshake|connection refused|module lookup disabled|disabled by GOPROXY|` +
	`Bad Gateway|Service Unavailable|Forbidden|unexpected EOF|cannot find -l|C compiler .* not found`)

func buildError(name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return &UnavailableError{name, err.Error()}
	}
	var failed *goError
	if !errors.As(err, &failed) {
		return fmt.Errorf("building %s: %w", name, err)
	}
	if unreachable.MatchString(failed.stderr) {
		last := failed.stderr[strings.LastIndexByte(failed.stderr, '\n')+1:]
		return &UnavailableError{name, "it cannot be built here: " + last}
	}
	return fmt.Errorf("building %s: %w\n%s", name, err, failed.stderr)
}

var kubernetesVersion = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v1\.(\d+)\.\d+)`)

// stamp is how the programs of Kubernetes are linked: without it they would call themselves v0.0.0-master and believe it.
func stamp(mod string) (string, error) {
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", err
	}
	m := kubernetesVersion.FindSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%s: no version of k8s.io/kubernetes", mod)
	}
	const pkg = "-X k8s.io/component-base/version."
	return fmt.Sprintf("-ldflags=%sgitVersion=%s %sgitMajor=1 %sgitMinor=%s %sgitCommit=unknown %sgitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=%s",
		pkg, m[1], pkg, pkg, m[2], pkg, pkg, m[1]), nil
}

// repository is the root of the work tree that this file was compiled in.
func repository() (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		root := filepath.Join(filepath.Dir(file), "..", "..")
		if _, err := os.Stat(filepath.Join(root, "tools")); err == nil {
			return root, nil
		}
	}
	// Built with -trimpath: the go command knows the module of the folder that the program runs in.
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the root of the work tree: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if _, err := os.Stat(filepath.Join(root, "tools")); err != nil {
		return "", fmt.Errorf("looking for the root of the work tree: %w", err)
	}
	return root, nil
}
