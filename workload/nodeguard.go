package workload

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeGuard is what an admission policy looks at when a node is changed. What it makes of it is the matter of who wrote it.
type NodeGuard struct {
	// Labels and Taints say that it reads them.
	Labels, Taints bool
	// Node says that it sees changes of nodes, and Status those by way of nodes/status, which change labels as well but no taints:
	// nodeStatusStrategy.PrepareForUpdate takes over the old spec and nothing of the old metadata.
	// https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/node/strategy.go
	Node, Status bool
	// Filtered says that Kyverno's resourceFilters come before it.
	Filtered bool
}

// NodeHook is a webhook configuration that sees changes of nodes.
type NodeHook struct {
	Object int
	// Node and Status are those of NodeGuard.
	Node, Status bool
}

// readNodeGuard reads which requests on nodes a policy is for, and which fields of nodes it names. Policies of a namespace are never
// asked about nodes.
func readNodeGuard(o *object.Object, spec tree.Node) NodeGuard {
	// Where all of metadata is compared, the labels are.
	g := NodeGuard{Labels: mentions(spec, "label") || mentions(spec, "bject.metadata"), Taints: mentions(spec, "taint") || mentions(spec, "bject.spec")}
	switch o.Group() + "/" + o.Kind {
	case "admissionregistration.k8s.io/ValidatingAdmissionPolicy", "policies.kyverno.io/ValidatingPolicy":
		match := spec.Get("matchConstraints")
		for _, rule := range match.Get("resourceRules").Items() {
			node, status := seesNodes(rule)
			g.Node, g.Status = g.Node || node, g.Status || status
		}
		for _, rule := range match.Get("excludeResourceRules").Items() {
			node, status := seesNodes(rule)
			g.Node, g.Status = g.Node && !node, g.Status && !status
		}
	case "kyverno.io/ClusterPolicy":
		g.Filtered = true
		for _, rule := range spec.Get("rules").Items() {
			if rule.Get("validate").Exists() {
				g.matchNodes(rule.Get("match"))
			}
		}
	case "templates.gatekeeper.sh/ConstraintTemplate":
		// What a template is for, its constraints say, and Gatekeeper's webhook sees what it is set up for.
		g.Node, g.Status = mentions(spec, "Node") || g.Taints, true
	}
	return g
}

// matchNodes reads the match block of a rule of Kyverno. A kind without a subresource is not for the subresources.
// https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/
func (g *NodeGuard) matchNodes(match tree.Node) {
	g.matchResources(match.Get("resources"))
	for _, list := range []string{"any", "all"} {
		for _, item := range match.Get(list).Items() {
			g.matchResources(item.Get("resources"))
		}
	}
}

func (g *NodeGuard) matchResources(resources tree.Node) {
	// One that names its nodes leaves others out.
	operations := resources.Get("operations")
	if operations.Len() > 0 && !oneOf(operations, "UPDATE") || resources.Get("names").Len() > 0 || resources.Get("name").Exists() {
		return
	}
	for _, kind := range resources.Get("kinds").Items() {
		switch text := strings.TrimPrefix(strings.TrimPrefix(kind.Text(), "*/"), "v1/"); text {
		case "Node", "*":
			g.Node = true
		case "Node/status", "Node.status", "Node/*":
			g.Status = true
		}
	}
}

// seesNodes reports whether a rule of an admission policy or webhook is for changes of all nodes, and of their status.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
func seesNodes(rule tree.Node) (node, status bool) {
	if rule.Get("resourceNames").Len() > 0 || !oneOf(rule.Get("apiGroups"), "", "*") || !oneOf(rule.Get("operations"), "UPDATE", "*") ||
		rule.Get("scope").StrIs("Namespaced") {
		return false, false
	}
	resources := rule.Get("resources")
	return oneOf(resources, "nodes", "*", "*/*"), oneOf(resources, "nodes/status", "nodes/*", "*/status", "*/*")
}

// oneOf reports whether a list has one of some texts.
func oneOf(list tree.Node, texts ...string) bool {
	for _, item := range list.Items() {
		if slices.ContainsFunc(texts, item.StrIs) {
			return true
		}
	}
	return false
}

func (a *Admission) addNodeHook(o *object.Object, number int) {
	h := NodeHook{Object: number}
	for _, hook := range o.Root.Get("webhooks").Items() {
		for _, rule := range hook.Get("rules").Items() {
			node, status := seesNodes(rule)
			h.Node, h.Status = h.Node || node, h.Status || status
		}
	}
	if o.Kind == "ValidatingWebhookConfiguration" && (h.Node || h.Status) {
		a.NodeHooks = append(a.NodeHooks, h)
	}
}

// addNodeFilter keeps Kyverno's ConfigMap if it has the filter by which no policy is asked about nodes, as the charts install it.
// https://kyverno.io/policies/other/protect-node-taints/protect-node-taints
func (a *Admission) addNodeFilter(o *object.Object, number int) {
	if o.Kind != "ConfigMap" {
		return
	}
	if filters := o.Root.Get("data").Get("resourceFilters"); strings.Contains(strings.ReplaceAll(filters.Text(), " ", ""), "[Node,*,*]") {
		a.NodeFilters = append(a.NodeFilters, number)
	}
}
