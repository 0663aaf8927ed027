package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// ciliumPolicy reads a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy: each of its specs is a policy of its own.
// https://docs.cilium.io/en/stable/security/policy/ and https://pkg.go.dev/github.com/cilium/cilium/pkg/policy/api
func (r *reader) ciliumPolicy(o *object.Object) {
	api, namespace := CiliumNetworkPolicy, o.EffectiveNamespace()
	switch o.Kind {
	case "CiliumNetworkPolicy":
	case "CiliumClusterwideNetworkPolicy":
		api, namespace = CiliumClusterwideNetworkPolicy, ""
	default:
		return
	}
	base := Policy{API: api, Namespace: namespace, Name: object.Keep(o.Root.Get("metadata").Get("name")), Tier: Standard, Order: standardOrder}
	if spec := o.Root.Get("spec"); set(spec) {
		r.ciliumSpec(base, spec, "spec")
	}
	for i, spec := range r.list(o.Root, "specs").Items() {
		r.ciliumSpec(base, spec, item("specs", i))
	}
}

// ciliumFields are the fields of a rule that are judged, or that do not matter for the flows of pods.
var ciliumFields = []string{"endpointSelector", "ingress", "ingressDeny", "egress", "egressDeny", "labels", "description", "enableDefaultDeny", "log", "nodeSelector"}

func (r *reader) ciliumSpec(p Policy, spec tree.Node, path string) {
	if set(spec.Get("nodeSelector")) && !set(spec.Get("endpointSelector")) {
		return // rules for nodes, not for pods
	}
	r.fields(spec, "a Cilium rule", ciliumFields...)
	if !set(spec.Get("endpointSelector")) {
		r.refuse(spec, "has neither endpointSelector nor nodeSelector")
	}
	var ok bool
	if p.Subject, ok = r.ciliumSelection(spec.Get("endpointSelector"), p.Namespace); !ok {
		p.Opaque = "its endpointSelector asks for labels that are not those of Kubernetes"
	}
	p.Ingress = r.ciliumRules(spec, path, "ingress", "from", p.Namespace)
	p.Egress = r.ciliumRules(spec, path, "egress", "to", p.Namespace)
	r.add(p)
}

// ciliumRules reads a direction. Rules of any sort turn on default deny, unless enableDefaultDeny says otherwise.
func (r *reader) ciliumRules(spec tree.Node, path, key, side, namespace string) Rules {
	allow, deny := r.list(spec, key), r.list(spec, key+"Deny")
	rules := Rules{Applies: allow.Len()+deny.Len() > 0}
	rules.Isolates = rules.Applies
	if on, ok := spec.Get("enableDefaultDeny").Get(key).Bool(); ok {
		rules.Isolates, rules.Applies = on, rules.Applies || on
	}
	for i, n := range deny.Items() {
		rules.List = append(rules.List, r.ciliumRule(n, item(path+"."+key+"Deny", i), side, namespace, Deny))
	}
	for i, n := range allow.Items() {
		rules.List = append(rules.List, r.ciliumRule(n, item(path+"."+key, i), side, namespace, Allow))
	}
	return rules
}

func (r *reader) ciliumRule(n tree.Node, path, side, namespace string, action Action) Rule {
	rule := Rule{Path: path, Action: action}
	named := false // whether the rule names peers in any way
	for key, v := range n.Pairs() {
		k := key.Text()
		if key.Overridden() || !set(v) {
			continue
		}
		switch k {
		case side + "Endpoints", side + "CIDR", side + "CIDRSet", side + "Entities":
			named = true
			for i, peer := range v.Items() {
				rule.Peers = append(rule.Peers, r.ciliumPeer(peer, k[len(side):], item(path+"."+k, i), namespace))
			}
		case side + "Groups", side + "Nodes", side + "FQDNs", side + "Services":
			named = true
			kind := Obscure
			if k == side+"Nodes" {
				kind = Nodes
			}
			for i := range v.Items() {
				rule.Peers = append(rule.Peers, Peer{Path: item(path+"."+k, i), Kind: kind})
			}
		case "toPorts":
			for i, p := range v.Items() {
				rule.Ports = append(rule.Ports, r.ciliumPorts(p, item(path+".toPorts", i), &rule)...)
			}
		case "icmps": // a rule for ICMP matches no port
			rule.Ports = append(rule.Ports, PortMatch{Path: path + ".icmps"})
		default:
			rule.Doubt = strings.Clone(k + " cannot be judged")
		}
	}
	// A rule without a peer and without ports selects nothing; one with ports only is for all peers.
	rule.AnyPort = len(rule.Ports) == 0
	rule.AnyPeer = !named && !rule.AnyPort
	return rule
}

func (r *reader) ciliumPeer(n tree.Node, sort, path, namespace string) Peer {
	peer := Peer{Path: path, Kind: Obscure}
	switch sort {
	case "Endpoints":
		if s, ok := r.ciliumSelection(n, namespace); ok {
			peer.Kind, peer.Selection = Pods, s
		}
	case "CIDR":
		if prefix, ok := r.cidr(n); ok {
			peer.Kind, peer.Block = Block, prefix
		}
	case "CIDRSet":
		if !set(n.Get("cidr")) {
			break // a reference to a group
		}
		if prefix, ok := r.cidr(n.Get("cidr")); ok {
			peer.Kind, peer.Block = Block, prefix
			for _, e := range n.Get("except").Items() {
				if prefix, ok := r.cidr(e); ok {
					peer.Except = append(peer.Except, prefix)
				}
			}
		}
	case "Entities":
		peer.Kind = entity(n.Text())
	}
	return peer
}

// entity returns what an entity is: https://docs.cilium.io/en/stable/security/policy/language/#entities-based
func entity(name string) PeerKind {
	switch name {
	case "all":
		return Anyone
	case "world":
		return World
	case "cluster":
		return Cluster
	case "host", "remote-node":
		return Nodes
	case "none", "init", "health", "unmanaged":
		return Nobody
	}
	return Obscure // kube-apiserver, ingress, world-ipv4 and what will come
}

func (r *reader) ciliumPorts(n tree.Node, path string, rule *Rule) []PortMatch {
	if set(n.Get("rules")) {
		rule.Doubt = "it looks into the traffic (rules)"
	}
	for _, k := range [...]string{"terminatingTLS", "originatingTLS", "serverNames", "listener"} {
		if set(n.Get(k)) {
			rule.Doubt = "it looks into the traffic (" + k + ")"
		}
	}
	ports := r.list(n, "ports")
	if ports.Len() == 0 {
		return []PortMatch{{Path: path, Ports: AllPorts()}}
	}
	var out []PortMatch
	for i, p := range ports.Items() {
		match := PortMatch{Path: item(path+".ports", i)}
		of := []Protocol{TCP, UDP, SCTP}
		if name := p.Get("protocol").Text(); name != "" && !strings.EqualFold(name, "ANY") {
			protocol, ok := ParseProtocol(strings.ToUpper(name))
			if of = []Protocol{protocol}; !ok {
				of = nil // ICMP and others have no ports
			}
		}
		first, last := 0, 0
		if v, err := parsePort(p.Get("port").Text()); err != nil {
			match.Name, first, last = object.Keep(p.Get("port")), 1, MaxPort
		} else {
			first, last = v, v
			if end, ok := p.Get("endPort").Int(); ok && int(end) >= v {
				last = int(end)
			}
			if v == 0 {
				last = MaxPort
			}
		}
		for _, protocol := range of {
			match.Ports = match.Ports.Union(PortsOf(protocol, first, last))
		}
		out = append(out, match)
	}
	return out
}

// Labels that Cilium adds to those of a pod.
const (
	ciliumNamespace       = "io.kubernetes.pod.namespace"
	ciliumNamespaceLabels = "io.cilium.k8s.namespace.labels."
	ciliumPrefix          = "io.cilium."
)

// ciliumSelection turns an endpoint selector into one for namespaces and one for pods; ok is false if it asks for more.
// what is selected then is more than what the selector does. A selector in a namespace selects in it, unless it names others.
func (r *reader) ciliumSelection(n tree.Node, namespace string) (s Selection, ok bool) {
	all := r.ciliumRequirements(n)
	s.Namespace, ok = namespace, true
	for _, q := range all {
		key, known := ciliumKey(q.Key)
		switch q.Key = key; {
		case !known:
			ok = false
		case q.Operator == "":
			s.nothing = true
		case key == ciliumNamespace:
			q.Key = "kubernetes.io/metadata.name"
			s.Namespace, s.Namespaces = "", append(s.Namespaces, q)
		case strings.HasPrefix(key, ciliumNamespaceLabels):
			q.Key = key[len(ciliumNamespaceLabels):]
			s.Namespace, s.Namespaces = "", append(s.Namespaces, q)
		case strings.HasPrefix(key, ciliumPrefix):
			ok = false
		default:
			s.Pods = append(s.Pods, q)
		}
	}
	slices.SortFunc(s.Pods, func(a, b label.Requirement) int { return strings.Compare(a.Key, b.Key) })
	return s, ok
}

// ciliumKey takes the source from a label's key: "k8s:app", "any:app", "k8s.app". ok is false for the sources of other labels.
func ciliumKey(key string) (string, bool) {
	for _, prefix := range [...]string{"k8s:", "any:"} {
		if rest, found := strings.CutPrefix(key, prefix); found {
			return rest, true
		}
	}
	return key, !strings.Contains(key, ":")
}

// ciliumRequirements reads a label selector whose keys may have a source in front.
func (r *reader) ciliumRequirements(n tree.Node) label.Selector {
	var s label.Selector
	for k, v := range n.Get("matchLabels").Pairs() {
		if !k.Overridden() {
			s = append(s, label.Requirement{Key: object.Keep(k), Operator: label.In, Values: []string{object.Keep(v)}})
		}
	}
	for _, e := range r.list(n, "matchExpressions").Items() {
		q := label.Requirement{Key: object.Keep(e.Get("key")), Operator: label.Operator(object.Keep(e.Get("operator")))}
		for _, v := range e.Get("values").Items() {
			q.Values = append(q.Values, object.Keep(v))
		}
		slices.Sort(q.Values)
		switch q.Operator {
		case label.In, label.NotIn, label.Exists, label.DoesNotExist:
		default:
			r.refuse(e, "has no operator of In, NotIn, Exists and DoesNotExist")
			q.Operator = ""
		}
		s = append(s, q)
	}
	return s
}
