package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Ports below the range that systems take for outgoing connections, so that nobody gets one between two starts of a component.
const (
	firstPort = 20000
	lastPort  = 29999
)

// ports are kept for one cluster, by locks, until it is closed.
type ports struct{ held []*os.File }

// take keeps a port of the loopback interface that nobody listens at and no other cluster has.
func (p *ports) take() (int, error) {
	dir, err := base()
	if err != nil {
		return 0, err
	}
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		f, err := tryLock(filepath.Join(dir, "port-"+strconv.Itoa(port)))
		if errors.Is(err, errLocked) {
			continue
		} else if err != nil {
			return 0, err
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil { // somebody listens there
			if err := f.Close(); err != nil {
				return 0, err
			}
			continue
		}
		p.held = append(p.held, f)
		return port, l.Close()
	}
	return 0, fmt.Errorf("no free port between %d and %d", firstPort, lastPort)
}

func (p *ports) release() {
	for _, f := range p.held {
		f.Close() //nolint:errcheck // nothing was written; the empty file stays: who removed it could have two processes lock two files of one name
	}
	p.held = nil
}
