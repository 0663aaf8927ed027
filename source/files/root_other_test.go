//go:build unix && !linux

package files

import (
	"os"
	"testing"
)

func dropRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("runs as root, whom permissions do not stop")
	}
}
