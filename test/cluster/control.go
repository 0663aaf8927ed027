package cluster

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"
)

// Running are the names of the components that were started and not stopped, in the order of their start.
func (c *Cluster) Running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, name := range c.wanted() {
		if k := c.components[name]; k != nil && k.process != nil {
			names = append(names, name)
		}
	}
	return names
}

// Logs is all that a component has said.
func (c *Cluster) Logs(tb testing.TB, name string) string {
	tb.Helper()
	f, err := os.Open(c.logFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Flags are the flags that a component was last started with, with kubeadm's paths.
func (c *Cluster) Flags(name string) Flags { return c.components[name].flags.with(nil) }

// PID is the process of a component.
func (c *Cluster) PID(tb testing.TB, name string) int {
	tb.Helper()
	if c.opts.StaticPods {
		pid, _, err := c.staticProcess(name)
		if err != nil {
			tb.Fatal(err)
		}
		return pid
	}
	return c.process(tb, name).pid
}

func (c *Cluster) process(tb testing.TB, name string) *process {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.components[name]
	if k == nil || k.process == nil {
		tb.Fatalf("%s does not run", name)
	}
	return k.process
}

// Stop ends a component as a service manager does. Kill ends it as a crash does.
func (c *Cluster) Stop(tb testing.TB, name string) {
	tb.Helper()
	how := (*process).stop
	if c.opts.StaticPods {
		how = func(*process) error { return c.stopStatic(tb.Context(), name) }
	}
	c.end(tb, name, how)
}

// Kill ends a component at once. With StaticPods it could not stay so: the kubelet would start it again.
func (c *Cluster) Kill(tb testing.TB, name string) {
	tb.Helper()
	if c.opts.StaticPods {
		tb.Fatalf("%s is a static pod: the kubelet would start it again", name)
	}
	c.end(tb, name, (*process).end)
}

func (c *Cluster) end(tb testing.TB, name string, how func(*process) error) {
	tb.Helper()
	if err := how(c.process(tb, name)); err != nil {
		tb.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.components[name].process = nil
}

// Freeze stops a component in the middle of what it does: connections stay open and nobody answers. Thaw lets it go on.
func (c *Cluster) Freeze(tb testing.TB, name string) { c.signal(tb, name, freeze) }

// Thaw lets a frozen component go on.
func (c *Cluster) Thaw(tb testing.TB, name string) { c.signal(tb, name, thaw) }

func (c *Cluster) signal(tb testing.TB, name string, s signal) {
	tb.Helper()
	if err := c.process(tb, name).kill(s); err != nil {
		tb.Fatal(err)
	}
}

// Restart starts a component again, which runs or was stopped, with changed flags, and waits until it is ready.
func (c *Cluster) Restart(tb testing.TB, name string, changes Flags) {
	tb.Helper()
	if slices.Contains(c.Running(), name) {
		if c.opts.StaticPods {
			c.Stop(tb, name)
		} else {
			c.Kill(tb, name) // an API server would wait for who watches
		}
	}
	if err := c.Try(tb.Context(), name, changes); err != nil {
		tb.Fatal(err)
	}
}

// Try starts a component that does not run with changed flags, and waits until it is ready. The error has the last words of one that is not.
func (c *Cluster) Try(ctx context.Context, name string, changes Flags) error {
	c.admin.CloseIdleConnections()
	k := c.components[name]
	k.flags = k.flags.with(changes.replace(c.here()))
	return c.run(ctx, name)
}
