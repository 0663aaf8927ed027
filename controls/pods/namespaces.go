package pods

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides how namespaces are labelled for Pod Security admission.
const (
	psaDocs   = "https://kubernetes.io/docs/concepts/security/pod-security-admission/"
	psaLabels = "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/"
)

// The labels of Pod Security admission.
const (
	psaEnforce        = `metadata.labels["pod-security.kubernetes.io/enforce"]`
	psaAudit          = `metadata.labels["pod-security.kubernetes.io/audit"]`
	psaWarn           = `metadata.labels["pod-security.kubernetes.io/warn"]`
	psaEnforceVersion = `metadata.labels["pod-security.kubernetes.io/enforce-version"]`
	psaAuditVersion   = `metadata.labels["pod-security.kubernetes.io/audit-version"]`
	psaWarnVersion    = `metadata.labels["pod-security.kubernetes.io/warn-version"]`
)

var namespaceKind = []control.Kind{{Kind: "Namespace"}}

// psaLabelled is what all labels say in fixtures: Change replaces the labels as a whole.
func psaLabelled(pairs ...string) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m["pod-security.kubernetes.io/"+pairs[i]] = pairs[i+1]
	}
	return m
}

// systemNamespaces are those that run what a cluster is made of, by the names that the installers give them. Their pods
// need the node: that is what the level privileged is for.
var systemNamespaces = []control.Param{{
	Name: "systemNamespaces", Doc: "names of namespaces that may have the level privileged",
	Default: []string{
		"kube-system", "kube-public", "kube-node-lease", "kube-flannel", "calico-system", "tigera-operator", "longhorn-system",
		"metallb-system", "rook-ceph",
	},
}}

// notInSystem requires a rule of every namespace but those of the system.
type notInSystem struct {
	control.Rule
	// listed says that the control lists all changes that break it, because those of the rule do so only together.
	listed bool
}

func (n *notInSystem) Holds(s *control.Subject, at tree.Node) bool {
	return slices.Contains(s.Params["systemNamespaces"], s.Object.Name) || n.Rule.Holds(s, at)
}

func (n *notInSystem) CEL(c control.CEL) string {
	rule := n.Rule.CEL(c)
	if rule == "" {
		return ""
	}
	return "(" + c.At + ".?metadata.?name.orValue('') in " + control.QuoteAll(c.Params["systemNamespaces"]) + " || " + rule + ")"
}

func (n *notInSystem) Breaks(out []control.Change) []control.Change {
	if n.listed {
		return out
	}
	return n.Rule.Breaks(out)
}

func (n *notInSystem) Describe() string {
	return n.Rule.Describe() + ", except in the namespaces of the system"
}

// psaVersion reads the value of a version label as Pod Security admission does.
func psaVersion(text string) (minor control.Minor, latest, ok bool) {
	if text == "latest" {
		return 0, true, true
	}
	digits, ok := strings.CutPrefix(text, "v1.")
	if !ok || digits == "" || len(digits) > 1 && digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return 0, false, false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return 1 << 15, false, true
	}
	return control.Minor(n), false, true
}
