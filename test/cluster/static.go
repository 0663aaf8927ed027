package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// startStatic starts a node whose kubelet starts the control plane.
func (c *Cluster) startStatic(ctx context.Context) error {
	for _, name := range c.wanted() {
		k := c.components[name]
		tag, err := c.staticImage(k)
		if err != nil {
			return err
		}
		program := "/usr/local/bin/" + name
		if err := c.images.add(&image{name: tag, from: k.binary, to: program, entrypoint: []string{program}, user: "0:0"}); err != nil {
			return err
		}
		if err := c.writeManifest(k); err != nil {
			return err
		}
	}
	n := &Node{}
	if err := c.startNode(ctx, n, c.opts.Node); err != nil {
		return err
	}
	for _, name := range c.wanted() {
		if err := c.awaitStatic(ctx, c.components[name]); err != nil {
			return err
		}
		if name == APIServer {
			if err := c.settle(ctx); err != nil {
				return err
			}
		}
	}
	if err := n.await(ctx); err != nil {
		return err
	}
	// What kubeadm marks its control planes with.
	// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/markcontrolplane/markcontrolplane.go
	mark := `{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"","node.kubernetes.io/exclude-from-external-load-balancers":""}},` +
		`"spec":{"taints":[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]}}`
	res, err := c.Do(ctx, http.MethodPatch, "/api/v1/nodes/"+n.Name, "application/merge-patch+json", []byte(mark))
	if err != nil {
		return err
	}
	if res.Status != http.StatusOK {
		return fmt.Errorf("marking node %s: %d %.300s", n.Name, res.Status, res.Body)
	}
	return nil
}

// staticImage is the image of a component's static pod.
func (c *Cluster) staticImage(k *component) (string, error) {
	pod, err := c.staticPod(k)
	if err != nil {
		return "", err
	}
	spec, _ := pod["spec"].(map[string]any)
	containers, _ := spec["containers"].([]any)
	container, _ := containers[0].(map[string]any)
	tag, ok := container["image"].(string)
	if !ok {
		return "", fmt.Errorf("%s: no image", k.file.Path)
	}
	return tag, nil
}

// awaitStatic waits for a component that the kubelet starts from its file.
func (c *Cluster) awaitStatic(ctx context.Context, k *component) error {
	began := time.Now()
	want := append([]string{k.name}, k.flags.args()...)
	err := poll(ctx, k.limit, func(ctx context.Context) error {
		if err := c.nodes[0].ended(); err != nil {
			return &finalError{err}
		}
		_, args, err := c.staticProcess(k.name)
		if err != nil {
			return err
		}
		if !slices.Equal(args, want) {
			return fmt.Errorf("%s still runs with other flags", k.name)
		}
		return k.ready(ctx)
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w\n%s", k.name, err, tail(c.logFile(k.name), 15))
	}
	p := &process{name: k.name, done: make(chan struct{})}
	p.kill = func(s signal) error {
		pid, _, err := c.staticProcess(k.name)
		if err != nil {
			return err
		}
		return send(pid, s)
	}
	c.mu.Lock()
	k.process = p
	c.mu.Unlock()
	c.opts.Log("%s ready after %v", k.name, time.Since(began).Round(time.Millisecond))
	return nil
}

// staticReady tells how to ask whether a component is ready. The controller manager and the scheduler listen where only the node can ask them: the
// kubelet does.
func (c *Cluster) staticReady(name string) func(context.Context) error {
	switch name {
	case Etcd:
		return c.etcdReady
	case APIServer:
		return c.apiServerReady
	}
	return func(ctx context.Context) error {
		res, err := c.Do(ctx, http.MethodGet, "/api/v1/namespaces/kube-system/pods/"+name+"-"+c.NodeName, "", nil)
		if err != nil {
			return err
		}
		var pod struct {
			Status struct {
				Conditions []struct{ Type, Status, Message string } `json:"conditions"`
			} `json:"status"`
		}
		if err := json.Unmarshal(res.Body, &pod); err != nil || res.Status != http.StatusOK {
			return fmt.Errorf("the pod of %s: %d", name, res.Status)
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == "Ready" && condition.Status != "True" {
				return fmt.Errorf("the pod of %s is not ready: %s", name, condition.Message)
			} else if condition.Type == "Ready" {
				return nil
			}
		}
		return fmt.Errorf("the pod of %s has no condition Ready yet", name)
	}
}

// errNoProcess says that the kubelet has not started a component, or not again.
var errNoProcess = errors.New("no such process")

// staticProcess finds a component among the processes in the network of the node: its number on this machine, and its command line.
func (c *Cluster) staticProcess(name string) (pid int, args []string, err error) {
	network := c.nodes[0].network()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, nil, err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil {
			continue // it ended
		}
		args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		if args[0] != name {
			continue
		}
		if n, err := os.Readlink("/proc/" + e.Name() + "/ns/net"); err == nil && n == network {
			return pid, args, nil
		}
	}
	return 0, nil, fmt.Errorf("%s: %w", name, errNoProcess)
}

// staticLog is the newest log of a component, where the kubelet writes it.
func (c *Cluster) staticLog(name string) string {
	files, err := filepath.Glob(c.path("var/log/pods/kube-system_" + name + "-*/" + name + "/*.log"))
	if err != nil || len(files) == 0 {
		return c.path("var/log/components/kubelet.log") // there is none: the kubelet may say why
	}
	return slices.MaxFunc(files, func(a, b string) int {
		x, err1 := os.Stat(a)
		y, err2 := os.Stat(b)
		if err1 != nil || err2 != nil {
			return 0
		}
		return x.ModTime().Compare(y.ModTime())
	})
}

// stopStatic takes the file of a component away and waits until the kubelet has ended it. The kubelet gives it half a minute, which an API server
// takes as long as somebody watches; a test does not.
func (c *Cluster) stopStatic(ctx context.Context, name string) error {
	if err := os.Remove(c.path(c.components[name].file.Path)); err != nil {
		return err
	}
	patience := time.Now().Add(3 * time.Second)
	return poll(ctx, 2*time.Minute, func(context.Context) error {
		pid, _, err := c.staticProcess(name)
		if errors.Is(err, errNoProcess) {
			return nil
		} else if err != nil {
			return err
		}
		if time.Now().After(patience) {
			err = send(pid, kill)
		}
		return errors.Join(fmt.Errorf("%s still runs", name), err)
	})
}
