// Command cmd starts a cluster of the test bed in the foreground, for who wants to look at one: `make cluster`. It ends, and leaves nothing
// behind, on an interrupt.
//
//	go run ./test/cluster/cmd -build
//	go run ./test/cluster/cmd [-minor 1.37] [-nodes 1] [-static-pods] [-defaults] [-apiserver FLAG=VALUE]… [-kubelet FLAG=VALUE]… [-kubelet-config YAML]
//
// FLAG- instead of FLAG=VALUE removes a flag.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/kubeharden/kubeharden/test/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts a cluster and waits for the end of the context.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	opts := cluster.Options{WithControllerManager: true, WithScheduler: true, Mirror: true}
	opts.Log = func(format string, args ...any) {
		fmt.Fprintf(stderr, format+"\n", args...) //nolint:errcheck // who does not want to hear it need not
	}
	node := cluster.NodeOptions{}
	f := flag.NewFlagSet("cluster", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&opts.Minor, "minor", cluster.Minors()[0], "release of the API server, one of "+strings.Join(cluster.Minors(), ", "))
	f.BoolVar(&opts.Defaults, "defaults", false, "what kubeadm sets up, without any hardening")
	f.BoolVar(&opts.StaticPods, "static-pods", false, "run the control plane in static pods of a node more, as kubeadm does")
	build := f.Bool("build", false, "only build what clusters need")
	nodes := f.Int("nodes", 1, "how many workers; none where none can run")
	for name, to := range map[string]*cluster.Flags{
		"etcd": &opts.Etcd, "apiserver": &opts.APIServer, "controller-manager": &opts.ControllerManager, "scheduler": &opts.Scheduler, "kubelet": &node.Kubelet,
	} {
		f.Func(name, "`FLAG=VALUE` to set, FLAG- to remove; may be repeated", func(s string) error { return set(to, s) })
	}
	f.StringVar(&node.KubeletConfig, "kubelet-config", "", "`YAML` to merge into the configuration file of the kubelets")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if *build {
		return cluster.Build(ctx, opts.Log)
	}
	if reason := cluster.NodeSupported(); *nodes > 0 && !opts.StaticPods && reason != "" {
		opts.Log("no node can run here: %s", reason)
		*nodes = 0
	}
	if opts.Minor != cluster.Minors()[0] {
		opts.Log("neither scheduler nor nodes: they are of Kubernetes %s", cluster.Minors()[0])
		*nodes, opts.WithScheduler = 0, false
	}
	workers := *nodes
	if opts.StaticPods {
		opts.Mirror = false // the kubelet makes them
		opts.Node = &node
	} else if workers > 0 {
		opts.Node = &node
		workers-- // it starts with the cluster
	}
	c, err := cluster.New(ctx, opts)
	if err != nil {
		return err
	}
	defer func() {
		opts.Log("ending the cluster")
		err = errors.Join(err, c.Close())
	}()
	for range workers {
		if _, err := c.AddNode(ctx, &node); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(stdout, "export KUBECONFIG=%s\n", c.Kubeconfig()); err != nil {
		return err
	}
	opts.Log("the control plane's files are below %s; interrupt to end", c.Dir)
	<-ctx.Done()
	return nil
}

// set adds a flag to those of a component.
func set(to *cluster.Flags, s string) error {
	if *to == nil {
		*to = cluster.Flags{}
	}
	name, value, ok := strings.Cut(s, "=")
	if !ok {
		if name, ok = strings.CutSuffix(s, "-"); !ok {
			return errors.New("want FLAG=VALUE or FLAG-")
		}
		value = cluster.Remove
	}
	(*to)[strings.TrimPrefix(name, "--")] = value
	return nil
}
