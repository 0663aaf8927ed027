package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	facts "github.com/kubeharden/kubeharden/node"
)

// The capabilities of the manifest of generate node-reader.
// https://man7.org/linux/man-pages/man7/capabilities.7.html
const (
	capDACReadSearch = 2
	capSysPtrace     = 19
)

// limitTo leaves the thread that calls it these capabilities, for good.
func limitTo(capabilities ...uint) error {
	header := struct {
		version uint32
		pid     int32
	}{0x20080522, 0}
	var data [2]struct{ effective, permitted, inheritable uint32 }
	for _, c := range capabilities {
		data[c/32].effective |= 1 << (c % 32)
		data[c/32].permitted |= 1 << (c % 32)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0); errno != 0 {
		return errno
	}
	return nil
}

// forEverybody is a copy of the test's own program that every user may run.
func forEverybody(t *testing.T) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "kubeharden-node-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	src, err := os.ReadFile(own)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "etcd"), src, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "etcd")
}

// TestCapabilities: a reader of nodes needs the two capabilities that its manifest has, each of them, and no other.
func TestCapabilities(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has capabilities to leave")
	}
	const other = 12345
	root := plant(t, host(map[string]string{"var/lib/kubelet/config.yaml": kubeletConfig, "var/lib/etcd/member/": "", "etc/kubernetes/pki/ca.crt": ""}))
	for _, name := range []string{"var/lib/kubelet/config.yaml", "var/lib/etcd", "etc/kubernetes/pki"} {
		if err := os.Chown(filepath.Join(root, name), other, other); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "etc/kubernetes/pki"), 0o700); err != nil {
		t.Fatal(err)
	}
	exe := forEverybody(t)
	// A process of another user, as etcd is one.
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Args, cmd.Env = []string{"etcd", "--name=a"}, append(os.Environ(), waits+"=1", "ETCD_LISTEN_CLIENT_URLS=https://127.0.0.1:2379")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("another user cannot run the test's own program: ", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	process := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/"
	file := "/var/lib/kubelet/config.yaml: permission denied [content of " + facts.RoleKubeletConfig + "]"
	folder := "/etc/kubernetes/pki: permission denied"
	for _, test := range []struct {
		name         string
		capabilities []uint
		want         []string
	}{
		{"both", []uint{capDACReadSearch, capSysPtrace}, nil},
		{"without DAC_READ_SEARCH", []uint{capSysPtrace}, []string{file, folder}},
		{"without SYS_PTRACE", []uint{capDACReadSearch}, []string{process + "exe: permission denied", process + "environ: permission denied", process + "ns/mnt: permission denied"}},
		{"none", nil, []string{file, folder, process + "exe: permission denied", process + "environ: permission denied"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f *facts.Facts
			done := make(chan error)
			go func() {
				// The thread ends with the goroutine, since nobody unlocks it.
				runtime.LockOSThread()
				err := limitTo(test.capabilities...)
				if err == nil {
					f, err = Collect(t.Context(), &Options{Root: root, Proc: "/proc"})
				}
				done <- err
			}()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(problems(f)) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, process) || !strings.HasPrefix(line, "/proc/") {
					got = append(got, line)
				}
			}
			for _, want := range test.want {
				if !strings.Contains(strings.Join(got, "\n"), want) {
					t.Errorf("no problem %s in %q", want, got)
				}
			}
			if len(test.want) == 0 && len(got) > 0 {
				t.Errorf("problems %q", got)
			}
			if len(test.want) > 0 {
				return
			}
			for _, p := range f.Spec.Processes {
				if p.PID == cmd.Process.Pid && (p.UID != other || p.Exe != exe || len(p.Environment) != 1) {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}
