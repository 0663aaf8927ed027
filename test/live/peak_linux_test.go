package live_test

import (
	"os/exec"
	"syscall"
)

// peak is the most memory that a process had, in MiB.
func peak(cmd *exec.Cmd) float64 {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(usage.Maxrss) / 1024
}
