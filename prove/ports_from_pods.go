package prove

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

const (
	etcdFromPods    = "etcd-reachable-from-pods"
	kubeletFromPods = "kubelet-port-reachable-from-pods"
	// connectTime bounds a connection: a host that answers does so at once, or to the second or third packet after one and three seconds.
	connectTime = 4 * time.Second
	// nobodysPort is one that nothing of a node listens on (tcpmux). Where it opens too, something in between opens everything.
	nobodysPort = "1"
)

// portsFromPods looks whether a pod can connect to kubelets and to etcd.
//
// https://kubernetes.io/docs/reference/networking/ports-and-protocols/
func portsFromPods() *Probe {
	return &Probe{
		Name: "ports-from-pods", Title: "Can a pod connect to kubelets and to etcd?",
		Controls: []string{etcdFromPods, kubeletFromPods},
		Does: "Opens one TCP connection to the port of every kubelet (10250) and to the client and peer ports of every etcd, and closes it without a byte. One that " +
			"opens fails; where one opens, port 1 of the same address is tried too, since proxies such as those of a service mesh open everything. A connection " +
			"that is refused passes, and so does silence: that is what a firewall does, if the API server answers from the same pod. It holds for pods like the one it " +
			"runs in: network policies may let others do more, or less.",
		Needs: []string{
			"to run in a pod, without hostNetwork (the service account of the pod, or --from-pod with a kubeconfig)",
			"list nodes (or --node-address)", "list pods in kube-system (or --etcd-endpoint, --etcd-peer-endpoint)",
		},
		run: provePorts,
	}
}

// network is what the probe of ports uses of the network.
type network interface {
	// dial opens a connection and closes it.
	dial(ctx context.Context, address string) error
	// addresses are those of the machine or pod that the program runs in.
	addresses() ([]netip.Addr, error)
}

type ownNetwork struct{}

func (ownNetwork) dial(ctx context.Context, address string) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

func (ownNetwork) addresses() (own []netip.Addr, err error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, prefix.Addr())
		}
	}
	return own, nil
}

func provePorts(ctx context.Context, t *Target) []Outcome {
	neither := func(outcome func(id string, ref control.Ref, reason string) Outcome, reason string) []Outcome {
		return []Outcome{outcome(kubeletFromPods, t.apiServer(), reason), outcome(etcdFromPods, t.apiServer(), reason)}
	}
	if !t.FromPod && t.API.Name() != kubeclient.InCluster {
		return neither(notGiven, "run it in a pod: only there it can be seen what pods reach (docs/guides/prove.md has one; --from-pod where a pod uses a kubeconfig)")
	}
	if ctx.Err() != nil {
		return nil
	}
	ports := portTrial{t: t, network: t.network}
	if ports.network == nil {
		ports.network = ownNetwork{}
	}
	if _, err := t.kubelets(ctx); err != nil { // nor can it be said then whether this is a node
		return neither(unknown, "the nodes cannot be listed: "+oneLine(err.Error())+"; --node-address names them")
	}
	switch onNode, err := ports.onNode(ctx); {
	case err != nil:
		return neither(unknown, "the addresses of the pod cannot be seen: "+oneLine(err.Error()))
	case onNode != "":
		return neither(notGiven, "it runs on a node or in a pod with hostNetwork ("+onNode+" is its own address): run it in a pod without")
	}
	// Silence says something only where anything is heard. A refusal is an answer, too.
	_, err := t.API.Get(ctx, "/version", nil, "")
	_, refused := errors.AsType[*kubeclient.StatusError](err)
	ports.heard = err == nil || refused
	all := t.onKubelets(ctx, kubeletFromPods, func(n *node) []Outcome {
		o, _ := ports.try(ctx, kubeletFromPods, n.ref(), "the kubelet", n.address())
		return []Outcome{o}
	})
	c := t.etcd(ctx)
	addresses := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.clients, c.peers))))
	return append(all, t.onEtcd(ctx, etcdFromPods, addresses, func(address string) ([]Outcome, bool) {
		o, opened := ports.try(ctx, etcdFromPods, etcdRef(address), "etcd", address)
		return []Outcome{o}, opened
	})...)
}

// portTrial tries ports.
type portTrial struct {
	t       *Target
	network network
	// heard says that the API server answers.
	heard bool
}

// onNode returns an address of a node, or of etcd, that is the program's own: what it sees then is not what a pod sees. "" is none. Where the user names the
// nodes, those that the API server knows are looked at too, if they may be listed.
func (p *portTrial) onNode(ctx context.Context) (string, error) {
	own, err := p.network.addresses()
	if err != nil {
		return "", err
	}
	var hosts []string
	nodes, err := p.t.kubelets(ctx)
	if err != nil {
		return "", err
	}
	if len(p.t.Nodes) > 0 {
		known, _ := p.t.listNodes(ctx)
		nodes = slices.Concat(nodes, known)
	}
	for i := range nodes {
		hosts = append(hosts, nodes[i].host)
	}
	c := p.t.etcd(ctx)
	for _, address := range slices.Concat(c.clients, c.peers) {
		if host, _, err := net.SplitHostPort(address); err == nil {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts {
		a, err := netip.ParseAddr(host)
		if err != nil || a.IsLoopback() {
			continue
		}
		a = a.Unmap().WithZone("")
		if slices.ContainsFunc(own, func(o netip.Addr) bool { return o.Unmap().WithZone("") == a }) {
			return host, nil
		}
	}
	return "", nil
}

// try opens a connection.
func (p *portTrial) try(ctx context.Context, id string, ref control.Ref, what, address string) (o Outcome, opened bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return unknown(id, ref, oneLine(err.Error())), false
	}
	if a, err := netip.ParseAddr(host); host == "localhost" || err == nil && (a.IsLoopback() || a.IsUnspecified()) {
		return unknown(id, ref, host+" is the pod itself; give the address that "+what+" has for others"), true
	}
	limit := min(p.t.timeout(), connectTime)
	e, err := p.dial(ctx, address, limit)
	o = Outcome{Control: id, Ref: ref, Evidence: []control.Exchange{e}}
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		o.Status, o.Message, o.Reason = control.Unknown, "whether "+what+" can be reached could not be seen", oneLine(context.Cause(ctx).Error())
	case err == nil:
		second, err := p.dial(ctx, net.JoinHostPort(host, nobodysPort), limit)
		o.Evidence = append(o.Evidence, second)
		if err == nil && port != nobodysPort {
			o.Status, o.Message = control.Unknown, "whether "+what+" can be reached could not be seen"
			o.Reason = "every port opens, port " + nobodysPort + " too: something in between answers, such as the proxy of a service mesh; run it in a pod without"
			return o, true
		}
		o.Status, o.Message = control.Fail, "pods can connect to port "+port+" of "+what
		return o, true
	case errors.Is(err, syscall.ECONNREFUSED):
		o.Message = "port " + port + " of " + what + " refuses connections from pods"
	case errors.Is(err, syscall.EHOSTUNREACH) && p.heard:
		// What a firewall says that rejects (ICMP host or administratively prohibited) arrives as this.
		// https://github.com/torvalds/linux/blob/v6.12/net/ipv4/icmp.c (icmp_err_convert)
		o.Message = "pods have no way to port " + port + " of " + what
	case (errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()) && p.heard:
		o.Message = fmt.Sprintf("no answer from port %s of %s within %s, while the API server answers", port, what, limit)
	default:
		o.Status, o.Message, o.Reason = control.Unknown, "whether "+what+" can be reached could not be seen", e.Response
		if !p.heard {
			o.Reason += "; the API server cannot be reached from here either"
		}
	}
	return o, false
}

func (p *portTrial) dial(ctx context.Context, address string, limit time.Duration) (control.Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	e := control.Exchange{Request: "TCP connection to " + address + " from a pod", Response: "opened"}
	err := p.network.dial(ctx, address)
	if err != nil {
		e.Response = connectionError(err)
	}
	return e, err
}
