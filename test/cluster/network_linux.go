package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// network is a bridge of this machine that the nodes of one cluster are connected to, and nobody else. Its addresses are from the block for
// measurements between networks (RFC 2544), which no real network uses.
type network struct {
	slot   int
	locked *os.File
}

// mostNetworks is how many clusters with nodes may run at the same time.
const mostNetworks = 32

// takeNetwork makes a network with a number that no other process uses. It removes what killed processes left, whatever their numbers were.
func takeNetwork(ctx context.Context, dir string) (*network, error) {
	var taken *network
	for slot := range mostNetworks {
		f, err := tryLock(filepath.Join(dir, fmt.Sprintf("network-%d", slot)))
		if errors.Is(err, errLocked) {
			continue
		} else if err != nil {
			return nil, err
		}
		n := &network{slot, f}
		if taken != nil {
			if err := n.release(); err != nil {
				return nil, errors.Join(err, taken.release())
			}
			continue
		}
		if err := errors.Join(n.clean(), n.make(ctx)); err != nil {
			return nil, errors.Join(err, n.release())
		}
		taken = n
	}
	if taken == nil {
		return nil, fmt.Errorf("%d clusters with nodes run already", mostNetworks)
	}
	return taken, nil
}

func (n *network) bridge() string { return fmt.Sprintf("khbed%d", n.slot) }

func (n *network) veth(node int) string { return fmt.Sprintf("khbed%dn%d", n.slot, node) }

// cgroup is the one above those of all pods of the cluster.
func (n *network) cgroup(node int) string { return fmt.Sprintf("kubeharden-bed-%d-%d", n.slot, node) }

// host is this machine's address in the network.
func (n *network) host() string { return fmt.Sprintf("198.18.%d.1", n.slot) }

func (n *network) node(node int) string { return fmt.Sprintf("198.18.%d.%d", n.slot, 10+node) }

func (n *network) pods(node int) string { return fmt.Sprintf("198.19.%d.%d/26", n.slot, 64*node) }

// mostNodes is how many ranges of pods a network has.
const mostNodes = 4

func (n *network) make(ctx context.Context) error {
	return errors.Join(
		ip(ctx, "link", "add", n.bridge(), "type", "bridge"),
		ip(ctx, "addr", "add", n.host()+"/24", "dev", n.bridge()),
		ip(ctx, "link", "set", n.bridge(), "up"),
	)
}

// clean removes the bridge, with the routes over it, and what is left of nodes: the kernel takes its time to remove a network namespace and the
// end of the cable in it.
func (n *network) clean() error {
	errs := []error{removeLink(n.bridge())}
	for node := range mostNodes {
		errs = append(errs, removeLink(n.veth(node)))
		for _, h := range hierarchies() {
			errs = append(errs, removeCgroup(filepath.Join(h, n.cgroup(node))))
		}
	}
	return errors.Join(errs...)
}

func (n *network) release() error {
	return errors.Join(n.clean(), n.locked.Close())
}

// removeLink removes a network interface that may be there, also when the context of the test is over.
func removeLink(name string) error {
	there := func() bool {
		_, err := os.Stat("/sys/class/net/" + name)
		return err == nil
	}
	if !there() {
		return nil
	}
	if out, err := exec.Command("ip", "link", "del", name).CombinedOutput(); err != nil && there() {
		return fmt.Errorf("removing %s: %w: %s", name, err, out)
	}
	return nil
}

// ip runs the program that configures networks.
func ip(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// hierarchies are the folders of the cgroup controllers: one with cgroup v2, one each with v1.
func hierarchies() []string {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return []string{root}
	}
	dirs, err := filepath.Glob(root + "/*/cgroup.procs")
	if err != nil {
		return nil
	}
	for n, d := range dirs {
		dirs[n] = filepath.Dir(d)
	}
	return dirs
}

// makeCgroup makes the cgroup in which the kubelet makes those of the pods.
func makeCgroup(name string) error {
	for _, h := range hierarchies() {
		dir := filepath.Join(h, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		// A new cpuset of v1 has no processors, and nobody can be in it.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if above, err := os.ReadFile(filepath.Join(h, file)); err == nil && strings.TrimSpace(string(above)) != "" {
				if err := os.WriteFile(filepath.Join(dir, file), above, 0o644); err != nil { //nolint:gosec // it is there
					return err
				}
			}
		}
		// And one of v2 hands on only what it is told to.
		if all, err := os.ReadFile(filepath.Join(h, "cgroup.controllers")); err == nil {
			for _, d := range []string{h, dir} {
				for c := range strings.FieldsSeq(string(all)) {
					if err := os.WriteFile(filepath.Join(d, "cgroup.subtree_control"), []byte("+"+c), 0o644); err != nil { //nolint:gosec // it is there
						continue // the kubelet says which of them it cannot do without
					}
				}
			}
		}
	}
	return nil
}

// removeCgroup removes a cgroup and all below, whose processes have just been killed.
func removeCgroup(dir string) error {
	var err error
	for range 50 {
		if err = removeCgroups(dir); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func removeCgroups(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeCgroups(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
