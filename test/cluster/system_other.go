//go:build !unix

package cluster

import (
	"os"
	"syscall"
)

var errSystem = &UnavailableError{"the test bed", "it needs Unix"}

func base() (string, error) { return "", errSystem }

func tryLock(string) (*os.File, error) { return nil, errSystem }

func send(int, signal) error { return errSystem }

func attributes() *syscall.SysProcAttr { return nil }
