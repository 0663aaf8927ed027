package cluster

import "syscall"

// attributes make a process the head of a group of its own, which no signal of the terminal reaches, and let it die with the thread that
// started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
