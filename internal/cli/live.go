package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/kubeclient"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source/cluster"
)

// connectionFlags say which API server to talk to.
type connectionFlags struct {
	kubeconfig, context string
	timeout             time.Duration
}

func (f *connectionFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "this kubeconfig `file` (default: as kubectl: $KUBECONFIG, ~/.kube/config, a pod's service account)")
	flags.StringVar(&f.context, "context", "", "this `context` of the kubeconfig")
	flags.DurationVar(&f.timeout, "request-timeout", kubeclient.DefaultTimeout, "give up a request after this `time`")
}

// connect finds the API server.
func (f *connectionFlags) connect() (*kubeclient.Client, error) {
	if f.timeout <= 0 {
		return nil, fmt.Errorf("--request-timeout %s is no time to wait", f.timeout)
	}
	client, err := kubeclient.Connect(kubeclient.Options{Kubeconfig: f.kubeconfig, Context: f.context, Timeout: f.timeout, UserAgent: "kubeharden/" + buildVersion()})
	if e, ok := errors.AsType[*kubeclient.ContextError](err); ok {
		return nil, unknown(fmt.Sprintf("context %q", e.Name), e.Name, e.Known, "contexts are "+strings.Join(e.Known, ", "))
	}
	if errors.Is(err, kubeclient.ErrNoConnection) {
		return nil, &hintError{err, "name a file with --kubeconfig, or set KUBECONFIG"}
	}
	return client, err
}

// liveFlags ask for a running cluster instead of files.
type liveFlags struct {
	connectionFlags
	cluster bool
}

func (f *liveFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.cluster, "cluster", false, "look at the running cluster of the current context instead of files")
	f.connectionFlags.register(flags)
}

// check refuses flags about a cluster where none is asked for, and paths beside one.
func (f *liveFlags) check(flags *pflag.FlagSet, paths []string) error {
	if f.cluster {
		if len(paths) > 0 {
			return &hintError{fmt.Errorf("--cluster and the path %s exclude each other", paths[0]), "scan them one after the other"}
		}
		return nil
	}
	for _, name := range []string{"kubeconfig", "context", "request-timeout"} {
		if flags.Changed(name) {
			return &hintError{fmt.Errorf("--%s has no effect without --cluster", name), "add --cluster to look at the running cluster"}
		}
	}
	return nil
}

// live is a running cluster that is about to be judged.
type live struct {
	*cluster.Cluster
	name  string
	wants func(group, kind string) bool

	mutex sync.Mutex
	// owner is the owner of each pod that stands for others, by path.
	owner map[string]string
	// pods are those that are judged themselves, by path.
	pods map[string]bool
	// told are the findings on owners of such pods, by owner.
	told map[string]map[finding]bool
}

// finding is what a finding on an owner and one on its pod have in common.
type finding struct {
	control   *control.Control
	container string
}

// open connects, and settles the version to judge for: that of the API server unless the user has named one.
func (f *liveFlags) open(ctx context.Context, p *Process, s *settings, versionGiven bool) (*live, error) {
	client, err := f.connect()
	if err != nil {
		return nil, err
	}
	c, err := cluster.Open(ctx, client)
	if err != nil {
		return nil, explained(err)
	}
	if !versionGiven {
		if minor, err := minorOf(c.Version()); err == nil {
			s.engine.Version, s.run.KubernetesVersion = minor, minor
			warnOfNewer(p, minor)
		}
	}
	l := &live{Cluster: c, name: client.Name(), owner: map[string]string{}, pods: map[string]bool{}, told: map[string]map[finding]bool{}}
	s.run.Cluster = client.Name() + " (Kubernetes " + c.Version() + ")"
	return l, nil
}

// minorOf is the release of Kubernetes that a server's word for itself means: v1.37.2-gke.1 is 1.37.
func minorOf(version string) (control.Minor, error) {
	v, ok := component.ParseVersion(version)
	if !ok {
		return 0, fmt.Errorf("version %q names no release", version)
	}
	return control.ParseMinor(v.String())
}

// explained adds a hint to what people meet when they look at a cluster.
func explained(err error) error {
	status, ok := errors.AsType[*kubeclient.StatusError](err)
	switch {
	case ok && status.Code == http.StatusUnauthorized:
		return &hintError{err, "the API server does not know these credentials: they may have expired; 'kubectl auth whoami' asks the same"}
	case ok && status.Code == http.StatusForbidden:
		return &hintError{err, "'kubeharden rbac needed' prints the role that a scan needs"}
	case ok:
		return err
	}
	return &hintError{err, "is the API server running, and is this the right context?"}
}

// inputs reads the cluster for the engine.
func (l *live) inputs(ctx context.Context, progress func(cluster.Progress)) iter.Seq[engine.Input] {
	return func(yield func(engine.Input) bool) {
		opts := cluster.Options{Wants: l.wants, Kubelets: l.wants("kubeharden.io", "Kubelet"), Progress: progress}
		for o := range l.Objects(ctx, opts) {
			in := engine.Input{Path: o.Path, Live: !o.File, Alone: o.Alone, Read: func() ([]byte, error) { return o.YAML, nil }}
			if o.Missing != nil {
				in.Err = o.Missing
				for _, k := range o.Missing.Kinds {
					in.Missing = append(in.Missing, control.Kind{Group: k.Group, Kind: k.Kind})
				}
				in.Warning = o.Missing.Chosen
				if node := o.Missing.Node; node != "" {
					// The role that a scan needs leaves out nodes/proxy, which allows too much: what is unknown for that is told, and is no failure.
					in.Warning = true
					in.Instead = func(v *inventory.Inventory) bool { return hasKubelet(v, node) }
				}
			}
			l.note(&o)
			if !yield(in) {
				return
			}
		}
	}
}

// hasKubelet reports whether the configuration of the kubelet of a node is known, or that of any for "*".
func hasKubelet(v *inventory.Inventory, node string) bool {
	return slices.ContainsFunc(v.Instances(), func(i *component.Instance) bool {
		return i.Kind == component.Kubelet && (node == "*" || i.Node == node)
	})
}

// note remembers which pods stand for others of an owner.
func (l *live) note(o *cluster.Object) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	switch {
	case o.Alone:
		l.owner[o.Path] = o.Owner
	case o.Differs:
		l.told[o.Path] = map[finding]bool{}
	case o.Missing == nil && strings.HasPrefix(o.Path, "Pod/"):
		l.pods[o.Path] = true
	}
}

// once drops the findings on a pod that its owner has too, and those on the manifest of a static pod whose mirror the API shows: they are one mistake.
func (l *live) once(file *report.File) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if told := l.told[file.Path]; told != nil {
		for i := range file.Findings {
			told[finding{file.Findings[i].Control, file.Findings[i].Ref.Container}] = true
		}
	}
	file.Findings = slices.DeleteFunc(file.Findings, func(f control.Finding) bool {
		// How a component is configured is judged of both together; as a pod the mirror is judged.
		if l.pods[mirrorOf(file.Path, &f.Ref)] && f.Control.Layer != control.Cluster && f.Control.Layer != control.Monitoring {
			return true
		}
		return l.told[l.owner[file.Path]][finding{f.Control, f.Ref.Container}]
	})
}

// mirrorOf is the path of the pod by which the API shows a static pod, whose manifest the facts of a node carry: its name ends with that of the node.
// https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
func mirrorOf(path string, of *control.Ref) string {
	node, rest, ok := strings.Cut(path, "/")
	if !ok || of.Kind != "Pod" || node == "Pod" || !strings.Contains(rest, "/manifests/") {
		return ""
	}
	return "Pod/" + of.Namespace + "/" + of.Name + "-" + node
}
