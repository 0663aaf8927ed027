package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// EndpointsWrite: nobody points Services at the namespaces of others.
var EndpointsWrite = control.Control{
	ID: "rbac-endpoints-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict writing Endpoints and EndpointSlices (CVE-2021-25740)",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintainedButEdit,
	Require: forbidVerbs(
		right{resources: []string{"endpoints"}, verbs: change},
		right{group: "discovery.k8s.io", resources: []string{"endpointslices"}, verbs: change},
	),
	Risk:    "Operators that keep endpoints of servers outside of the cluster themselves are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop create, update and patch on endpoints and endpointslices; on clusters first made before Kubernetes 1.22, take endpoints out of system:aggregate-to-edit.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://github.com/kubernetes/kubernetes/issues/103675", rbacDocs},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-edit-for-endpoints"},
		Other:   []string{"gatekeeper:block-endpoint-edit-default-role"},
	},
	Why: `An Ingress or a load balancer forwards to whatever addresses the endpoints of its Service have: those of a pod in another namespace as well,
past the network policy that lets only the ingress controller in (CVE-2021-25740). The role system:aggregate-to-edit of clusters from before
1.22 is judged too, since upgrades leave it as it is.`,
	Good: []control.Change{
		{Path: "aggregationRule", Value: map[string]any{"clusterRoleSelectors": []any{}}, Kind: "ClusterRole"},
	},
}

// aggregateToEdit is the bootstrap role that upgraded clusters have the right in.
const aggregateToEdit = "system:aggregate-to-edit"

// maintainedButEdit is maintained, for a right that the API server does not take out of a role of its own.
var maintainedButEdit = &control.Func{
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		if nameOf.Find(at).StrIs(aggregateToEdit) && !isAggregated(at) {
			fail(control.Violation{At: at, Problem: "is as it was made before Kubernetes 1.22"})
			return
		}
		maintained.Check(s, at, fail)
	},
	Text: maintained.Text + ", apart from " + aggregateToEdit,
	Expr: func(c control.CEL) string {
		return "(" + aggregatedCEL(c.At) + " || " + nameOf.CEL(c.At) + ".orValue('') != '" + aggregateToEdit + "' && " + bootstrapCEL(c.At) + ")"
	},
}
