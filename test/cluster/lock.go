package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// errLocked says that somebody else has the lock.
var errLocked = errors.New("locked")

// lock waits for a lock among all processes of the user.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	dir, err := base()
	if err != nil {
		return nil, err
	}
	for {
		f, err := tryLock(filepath.Join(dir, name+".lock"))
		if err == nil {
			return func() { f.Close() }, nil //nolint:errcheck // nothing was written
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return nil, fmt.Errorf("waiting for the lock %s: %w", name, err)
		}
	}
}
