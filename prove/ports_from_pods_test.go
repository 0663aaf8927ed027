package prove

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/kubeclient"
)

// podNetwork stands for the network of a pod: what answers there is a listener of this machine.
type podNetwork struct {
	own []netip.Addr
	// to is the listener behind an address; "" answers nobody. What is not there is refused.
	to map[string]string

	mu    sync.Mutex
	tried []string
}

func (p *podNetwork) dial(ctx context.Context, address string) error {
	p.mu.Lock()
	p.tried = append(p.tried, address)
	p.mu.Unlock()
	to, ok := p.to[address]
	switch {
	case !ok:
		to = "127.0.0.1:1"
	case to == "":
		<-ctx.Done()
		return ctx.Err()
	}
	return ownNetwork{}.dial(ctx, to)
}

func (p *podNetwork) addresses() ([]netip.Addr, error) { return p.own, nil }

// listener accepts connections, and fails the test if one of them sends a byte.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
				t.Errorf("%d bytes were sent", n)
			}
			c.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

// inPod is a target in a pod of a cluster with one worker and one node of the control plane.
func inPod(t *testing.T, network *podNetwork) *Target {
	t.Helper()
	f := newFakeAPI(t)
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/version":
			fmt.Fprint(w, `{}`)
		case "/api/v1/nodes":
			fmt.Fprint(w, `{"items":[{"metadata":{"name":"worker"},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.20"}]}},
				{"metadata":{"name":"cp","labels":{"node-role.kubernetes.io/control-plane":""}},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.10"}]}}]}`)
		case "/api/v1/namespaces/kube-system/pods":
			fmt.Fprint(w, `{"items":[{"spec":{"containers":[{"command":["etcd","--listen-client-urls=https://127.0.0.1:2379,https://192.0.2.10:2379","--listen-peer-urls=https://192.0.2.10:2380"]}]},"status":{"hostIP":"192.0.2.10"}}]}`)
		default:
			status(w, http.StatusNotFound, "")
		}
	}
	target := target(t, f.Server)
	target.FromPod, target.network, target.Timeout = true, network, 500*time.Millisecond
	return target
}

func TestPortsFromPods(t *testing.T) {
	open := listener(t)
	for name, c := range map[string]struct {
		to   map[string]string
		want []string
	}{
		"refused": {nil, []string{
			"pass etcd-reachable-from-pods Etcd/192.0.2.10:2379 : port 2379 of etcd refuses connections from pods\n",
			"pass etcd-reachable-from-pods Etcd/192.0.2.10:2380 : port 2380 of etcd refuses",
			"pass kubelet-port-reachable-from-pods Node/cp : port 10250 of the kubelet refuses", "pass kubelet-port-reachable-from-pods Node/worker ",
		}},
		"open": {map[string]string{"192.0.2.20:10250": open, "192.0.2.10:2380": open}, []string{
			"pass etcd-reachable-from-pods Etcd/192.0.2.10:2379 ", "fail etcd-reachable-from-pods Etcd/192.0.2.10:2380 : pods can connect to port 2380 of etcd\n",
			"pass kubelet-port-reachable-from-pods Node/cp ", "fail kubelet-port-reachable-from-pods Node/worker : pods can connect to port 10250 of the kubelet\n",
		}},
		"silent": {map[string]string{"192.0.2.20:10250": "", "192.0.2.10:2379": ""}, []string{
			"pass etcd-reachable-from-pods Etcd/192.0.2.10:2379 : no answer from port 2379 of etcd within 500ms, while the API server answers\n",
			"pass kubelet-port-reachable-from-pods Node/worker : no answer from port 10250 of the kubelet within 500ms, while the API server answers\n",
		}},
		"a mesh opens everything": {map[string]string{"192.0.2.20:10250": open, "192.0.2.20:1": open}, []string{
			"unknown kubelet-port-reachable-from-pods Node/worker : whether the kubelet can be reached could not be seen (every port opens, port 1 too",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			network := &podNetwork{own: []netip.Addr{netip.MustParseAddr("10.244.0.7"), netip.MustParseAddr("127.0.0.1")}, to: c.to}
			outcomes := run(t, "ports-from-pods", inPod(t, network))
			got := lines(outcomes)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in\n%s", want, got)
				}
			}
			if len(outcomes) != 4 {
				t.Errorf("%d outcomes\n%s", len(outcomes), got)
			}
			for _, o := range outcomes {
				if len(o.Evidence) == 0 {
					t.Errorf("no evidence: %s", lines([]Outcome{o}))
				}
			}
		})
	}
}

// TestPortsAreNotProvenElsewhere holds that what is no pod, or sees nothing, says nothing of what pods reach.
func TestPortsAreNotProvenElsewhere(t *testing.T) {
	pod := []netip.Addr{netip.MustParseAddr("10.244.0.7")}
	for name, c := range map[string]struct {
		own    []netip.Addr
		change func(t *testing.T, target *Target)
		want   string
		given  bool
	}{
		"not in a pod": {pod, func(_ *testing.T, target *Target) { target.FromPod = false }, "run it in a pod", false},
		"hostNetwork":  {[]netip.Addr{netip.MustParseAddr("::ffff:192.0.2.20")}, func(*testing.T, *Target) {}, "hostNetwork (192.0.2.20 is its own address)", false},
		"hostNetwork of a node that is not asked": {
			[]netip.Addr{netip.MustParseAddr("192.0.2.20")}, func(_ *testing.T, target *Target) { target.Nodes = []string{"192.0.2.10"} }, "hostNetwork", false,
		},
		"the nodes cannot be listed": {pod, func(t *testing.T, target *Target) {
			t.Helper()
			f := newFakeAPI(t)
			target.API = connection(t, f)
		}, "the nodes cannot be listed", true},
		"loopback": {pod, func(_ *testing.T, target *Target) {
			target.Nodes, target.Etcd = []string{"127.0.0.1", "localhost:10250"}, Etcd{Endpoints: []string{"https://[::1]:2379"}}
		}, "is the pod itself", true},
	} {
		t.Run(name, func(t *testing.T) {
			network := &podNetwork{own: c.own}
			target := inPod(t, network)
			c.change(t, target)
			outcomes := run(t, "ports-from-pods", target)
			if len(outcomes) < 2 {
				t.Errorf("%d outcomes", len(outcomes))
			}
			for _, o := range outcomes {
				if o.Status.String() != "unknown" || o.NotGiven == c.given || !strings.Contains(o.Reason, c.want) {
					t.Errorf("%v %s", o.NotGiven, lines([]Outcome{o}))
				}
			}
			if len(network.tried) > 0 {
				t.Errorf("tried %q", network.tried)
			}
		})
	}
}

// connection is one to another API server.
func connection(t *testing.T, f *fakeAPI) *kubeclient.Client {
	t.Helper()
	return target(t, f.Server).API
}

// TestSilenceWithoutAPIServer holds that silence is no pass where nothing is heard at all, nor after the run has taken too long.
func TestSilenceWithoutAPIServer(t *testing.T) {
	silent := map[string]string{"192.0.2.10:10250": "", "192.0.2.10:2379": "", "192.0.2.10:2380": ""}
	network := &podNetwork{to: silent}
	target := inPod(t, network)
	f := newFakeAPI(t)
	target.API = connection(t, f)
	target.Nodes, target.Etcd = []string{"192.0.2.10"}, Etcd{Endpoints: []string{"192.0.2.10:2379"}}
	f.CloseClientConnections()
	f.Close()
	outcomes := run(t, "ports-from-pods", target)
	if got := lines(outcomes); len(outcomes) != 3 || strings.Count(got, "unknown ") != 3 || !strings.Contains(got, "the API server cannot be reached from here either") {
		t.Error(got)
	}

	late, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	outcomes, err := find(t, "ports-from-pods").Run(late, inPod(t, &podNetwork{to: map[string]string{"192.0.2.20:10250": ""}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Ref.Name == "worker" && o.Status.String() != "unknown" {
			t.Error(lines(outcomes))
		}
	}
}
