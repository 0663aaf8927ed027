package files

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// dropRoot makes permissions bite if the test runs as root: for its thread alone, which ends with it.
func dropRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread() // never unlocked: the thread dies with the test's goroutine
	if err := syscall.Setfsuid(65534); err != nil {
		t.Skipf("runs as root and cannot drop it: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Setfsuid(0) }) // for TempDir's own
	if f, err := os.Open("a"); err == nil {
		f.Close()
		t.Skip("runs as root, whom permissions do not stop here")
	}
}
