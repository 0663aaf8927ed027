//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxRSS is the most memory that the process held at once, in bytes. On Linux a child starts with its parent's peak
// on the account until it runs its own program, so the measuring program must stay small: it decodes nothing itself.
func maxRSS(p *os.ProcessState) int64 {
	r, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return r.Maxrss
	}
	return r.Maxrss << 10
}
