package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// networkPolicies are the NetworkPolicies of Kubernetes itself.
var networkPolicies = []control.Kind{{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, {Group: "extensions", Kind: "NetworkPolicy"}}

const (
	needsNetworkPolicies = "Network separation: network policies"
	needsEncryption      = "Network separation: encryption"
	// policyAPI has what absent and empty fields of a policy mean.
	policyAPI = "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/"
)

// flow is a direction of the rules of a NetworkPolicy, with the names of its fields.
type flow struct{ rules, peers, policyType string }

var (
	ingress = flow{"ingress", "from", "Ingress"}
	egress  = flow{"egress", "to", "Egress"}
	flows   = [...]*flow{&ingress, &egress}

	policyTypes = control.NewField("spec.policyTypes")
)

// inForce returns the list of rules of a direction; nothing if policyTypes leaves it out, because then nobody reads them. Without
// policyTypes a policy is for ingress, and for egress where it has egress rules:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/networking/v1/defaults.go
func (f *flow) inForce(at tree.Node) tree.Node {
	types := policyTypes.Find(at)
	named := types.Len() == 0
	for _, t := range types.Items() {
		named = named || t.StrIs(f.policyType)
	}
	if !named {
		return tree.Node{}
	}
	return at.Get("spec").Get(f.rules)
}

// inForceCEL says inForce.
func (f *flow) inForceCEL(at string) string {
	types := policyTypes.CEL(at) + ".orValue([])"
	return "(" + types + " == [] || '" + f.policyType + "' in " + types + " ? " + at + ".?spec.?" + f.rules + ".orValue([]) : [])"
}

// eachPeers calls do for the lists of peers of all rules in force, until it says false.
func eachPeers(at tree.Node, do func(f *flow, rule, peers tree.Node) bool) {
	for _, f := range flows {
		for _, rule := range f.inForce(at).Items() {
			if !do(f, rule, rule.Get(f.peers)) {
				return
			}
		}
	}
}

// allPeersCEL requires test, which reads the peer as p, of all peers of rules in force.
func allPeersCEL(at, test string) string {
	one := func(f *flow) string {
		return f.inForceCEL(at) + ".all(r, r.?" + f.peers + ".orValue([]).all(p, " + test + "))"
	}
	return "(" + one(&ingress) + " && " + one(&egress) + ")"
}

// limitsPorts reports whether a rule is for some ports only. An item without a port is for all ports of its protocol.
func limitsPorts(rule tree.Node) bool {
	ports := rule.Get("ports")
	if ports.Len() == 0 {
		return false
	}
	for _, item := range ports.Items() {
		if port := item.Get("port"); !port.Exists() || port.IsNull() {
			return false
		}
	}
	return true
}

// limitsPortsCEL says limitsPorts of the rule r.
const limitsPortsCEL = "(r.?ports.orValue([]) != [] && r.?ports.orValue([]).all(p, p.?port.hasValue()))"

// isEverything reports whether a label selector selects everything: it is there and has no requirement.
func isEverything(selector tree.Node) bool {
	return selector.Kind() == tree.Mapping && selector.Get("matchLabels").Len() == 0 && selector.Get("matchExpressions").Len() == 0
}

// isEverythingCEL says isEverything of an optional value.
func isEverythingCEL(opt string) string {
	return "(" + opt + ".hasValue() && " + opt + ".?matchLabels.orValue({}) == {} && " + opt + ".?matchExpressions.orValue([]) == [])"
}

// isSet reports whether a mapping has something else than null under a key.
func isSet(at tree.Node, key string) bool {
	n := at.Get(key)
	return n.Exists() && !n.IsNull()
}

// isAlone reports whether no workload is known of the place that a policy of a namespace is in, or one that it selects may be put there. A policy that
// names no namespace is not in the namespace default for that, where workloads of others may be that name none either.
func isAlone(v *control.Verdicts, selection *workload.Selection, p *network.Policy) bool {
	return p.Namespace != "" && (!v.Populated(v.Place(p.Object)) || v.SelectsAfloat(selection, p.Subject.Pods))
}
