// Package prove attacks what should hold, and shows what came back. A probe sends requests that do no harm, from where the program runs, and
// gives outcomes: of which control, on which subject, pass, fail or unknown, with each request and its answer as evidence.
//
// Nothing is changed but canaries: objects that a probe makes under a random name and deletes again, also when it is interrupted.
package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// Probe is one way to prove that something holds.
type Probe struct {
	Name string
	// Title says in one line what it asks: "Does the API server answer who has no credentials?"
	Title string
	// Controls are the ids of the controls that it proves.
	Controls []string
	// Does says what is sent, and how much of it.
	Does string
	// Needs says what it needs: permissions on the API server as "VERB RESOURCE", addresses that can be reached, files.
	Needs []string
	// Leaves says what it makes and deletes again; "" is nothing.
	Leaves string

	run func(ctx context.Context, t *Target) []Outcome
}

// Outcome is what a probe found of one subject.
type Outcome struct {
	// Control is one of the probe's.
	Control string
	Ref     control.Ref
	// Path is the part of the subject that was asked, such as the path of a URL.
	Path   string
	Status control.Status
	// Message says what was seen, in one line.
	Message string
	// Reason says why the status is unknown.
	Reason string
	// NotGiven says that the status is unknown because something was not given that a user may leave out: nothing failed.
	NotGiven bool
	Evidence []control.Exchange
}

// Etcd says how to reach etcd, and with what.
type Etcd struct {
	// Endpoints and PeerEndpoints are host:port or URLs. Without them the API server's pods and the nodes are asked.
	Endpoints, PeerEndpoints []string
	// Cert and Key are files with a client certificate, CA one with the authority of etcd's.
	Cert, Key, CA string
	// Prefix is where Kubernetes keeps its objects; "" is /registry.
	Prefix string
}

// Target is what is attacked.
type Target struct {
	// API is the connection with credentials, Anonymous the same without any.
	API, Anonymous *kubeclient.Client
	// Nodes are addresses of kubelets, host or host:port, to ask instead of those that the API server knows.
	Nodes []string
	// Namespaces are those to look at; none is all.
	Namespaces []string
	// SystemNamespaces are those whose pods need the node.
	SystemNamespaces []string
	Etcd             Etcd
	// FromPod says that the program runs in a pod, though it connects with a kubeconfig.
	FromPod bool
	// CanaryNamespace is where canaries are made.
	CanaryNamespace string
	// AuditLog is a file that the API server writes; AuditPolicy is the text of its policy.
	AuditLog    string
	AuditPolicy []byte
	// AuditWrite lets the probe audit make and delete a ConfigMap too.
	AuditWrite bool
	// AuditWait is how long an event may take.
	AuditWait time.Duration
	// Timeout bounds one request or connection.
	Timeout time.Duration
	Now     func() time.Time
	// Random is where names and values of canaries come from.
	Random io.Reader
	// Tell is told what a person has to know beside the outcomes, such as a canary that could not be deleted.
	Tell func(message string)

	once struct {
		nodes, namespaces, controlPlane sync.Once
	}
	nodes struct {
		list []node
		err  error
	}
	namespaces struct {
		list []string
		err  error
	}
	controlPlane controlPlane

	// network is how ports are tried; nil is the network of this machine.
	network network

	mu   sync.Mutex
	left []string
}

// All returns every probe, in the order in which they run.
func All() []*Probe {
	return []*Probe{
		apiAnonymous(), kubeletAnonymous(), kubeletReadOnlyPort(), portsFromPods(), etcdNoClientCertificate(), etcdPlaintext(), tlsVersions(),
		admissionPrivilegedPod(), defaultServiceAccounts(), encryptionAtRest(), auditProbe(),
	}
}

// Find returns the probe of a name.
func Find(name string) (*Probe, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p *Probe) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// Run runs the probe. Its outcomes are in a fixed order. The error is that of the context if it was cancelled: outcomes may be missing then.
func (p *Probe) Run(ctx context.Context, t *Target) ([]Outcome, error) {
	outcomes := p.run(ctx, t)
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%s: %w", p.Name, context.Cause(ctx))
	}
	slices.SortStableFunc(outcomes, func(a, b Outcome) int {
		return cmp.Or(
			cmp.Compare(a.Ref.Kind, b.Ref.Kind), cmp.Compare(a.Ref.Namespace, b.Ref.Namespace), cmp.Compare(a.Ref.Name, b.Ref.Name),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Control, b.Control),
		)
	})
	return outcomes, nil
}

// tell says something to a person, if anybody listens.
func (t *Target) tell(format string, args ...any) {
	if t.Tell != nil {
		t.Tell(fmt.Sprintf(format, args...))
	}
}

// Left names the canaries that could not be deleted.
func (t *Target) Left() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.left)
}

// timeout is that of one request or connection.
func (t *Target) timeout() time.Duration {
	if t.Timeout <= 0 {
		return defaultTimeout
	}
	return t.Timeout
}

const defaultTimeout = 10 * time.Second

// parallel is how many requests a probe has on their way at most: it must not be noticed as load.
const parallel = 8

// each calls do for every item, several at once, and returns what it gave in the order of the items.
func each[T, R any](ctx context.Context, items []T, do func(T) R) []R {
	results := make([]R, len(items))
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(parallel, len(items)) {
		workers.Go(func() {
			for i := range next {
				results[i] = do(items[i])
			}
		})
	}
	for i := range items {
		if errors.Is(ctx.Err(), context.Canceled) {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// unknown is an outcome of a subject that could not be looked at.
func unknown(id string, ref control.Ref, reason string) Outcome {
	return Outcome{Control: id, Ref: ref, Status: control.Unknown, Message: "could not be proven", Reason: reason}
}

// notGiven is an outcome that is unknown because the user gave less than the probe needs.
func notGiven(id string, ref control.Ref, reason string) Outcome {
	o := unknown(id, ref, reason)
	o.NotGiven = true
	return o
}

// ownVersion is the apiVersion of subjects that are no objects of Kubernetes.
const ownVersion = "kubeharden.io/v1alpha1"

// apiServer is the subject that stands for the API server.
func (t *Target) apiServer() control.Ref {
	return control.Ref{APIVersion: ownVersion, Kind: "APIServer", Name: t.API.Server().Host}
}
