package cluster

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// NodeLabelsUserWritable: where pods run is not for tenants to say.
var NodeLabelsUserWritable = control.Control{
	ID: "node-labels-user-writable", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title: "Stop tenants from changing node labels and taints",
	Scope: control.Everything,
	Needs: control.AllOf(control.RoleKinds(), control.AdmissionKinds(), control.Core("ConfigMap")),
	Kinds: []control.Kind{{Group: rbac.Group, Kind: "ClusterRoleBinding"}},
	Require: &control.Together{
		Check: checkNodeWriters,
		Text:  "where there are admission policies, one must look at labels and taints of nodes when people who may change nodes do so, by nodes/status too",
	},
	Risk:     "People who label, taint or cordon nodes by hand, as kubectl drain does, are refused unless the policy excepts them.",
	Fix:      control.Advice,
	NoFix:    "Who has to change which labels, and by which policy engine that is said, only a person knows.",
	NoPolicy: "It asks for an admission policy.",
	Remedy: "Take the right away, or add a ValidatingAdmissionPolicy on UPDATE of nodes and nodes/status with the validation object.metadata.?labels == oldObject.metadata.?labels && " +
		"object.spec.?taints == oldObject.spec.?taints, and a matchCondition that excepts the cluster's own components.",
	Refs: control.Refs{
		NSA:   []string{"Network separation: worker node segmentation"},
		MITRE: []string{"T1562"},
		Source: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-isolation-restriction",
			"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction",
			"https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/node/strategy.go",
		},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-node-label-creation", "other/protect-node-label-foo", "other/protect-node-taints"},
	},
	Why: `Labels and taints keep the pods of one tenant off the nodes of another. NodeRestriction holds kubelets to that, and only for labels that begin with
node-restriction.kubernetes.io/; it does not ask people. RBAC cannot say which fields of a node may be changed, and nodes/status changes labels too. Accounts of programs, which label nodes for a living, are the matter of rbac-node-write.`,
	Examples: []control.Example{
		{
			Name:      "policies, and none looks at nodes",
			Manifests: nodeWriters("{kind: ServiceAccount, name: scaler, namespace: scaler}, {kind: Group, name: shop-developers}", "nodes") + admissionPolicy("pods", "object.spec.hostNetwork != true"),
			Want:      []string{"ClusterRoleBinding/writers subjects[1].name"},
		},
		{
			Name:      "past the policy by nodes/status",
			Manifests: nodeWriters("{kind: User, name: jane}", "nodes/status") + admissionPolicy("nodes", "object.metadata.labels == oldObject.metadata.labels"),
			Want:      []string{"ClusterRoleBinding/writers subjects[0].name"},
		},
		{
			Name:      "the policy looks at taints only",
			Manifests: nodeWriters("{kind: User, name: jane}", "nodes") + admissionPolicy("nodes", "object.spec.taints == oldObject.spec.taints"),
			Want:      []string{"ClusterRoleBinding/writers subjects[0].name"},
		},
		{
			Name:      "everybody in the cluster",
			Manifests: nodeWriters("{kind: Group, name: 'system:authenticated'}", "nodes") + admissionPolicy("pods", "true"),
			Want:      []string{"ClusterRoleBinding/writers subjects[0].name"},
		},
		{
			Name: "Kyverno is never asked about nodes",
			Manifests: nodeWriters("{kind: User, name: jane}", "nodes") + nodePolicyOfKyverno + `---
{apiVersion: v1, kind: ConfigMap, metadata: {name: kyverno, namespace: kyverno}, data: {resourceFilters: "[Event,*,*] [Node,*,*] [Node/*,*,*]"}}
`,
			Want: []string{"ClusterRoleBinding/writers subjects[0].name"},
		},
		{Name: "good: Kyverno is asked about nodes", Manifests: nodeWriters("{kind: User, name: jane}", "nodes") + nodePolicyOfKyverno},
		{
			Name:      "good: the policy sees all of it",
			Manifests: nodeWriters("{kind: User, name: jane}", "nodes, nodes/status") + admissionPolicy("nodes, nodes/status", "object.metadata.labels == oldObject.metadata.labels && object.spec.taints == oldObject.spec.taints"),
		},
		{
			Name: "good: a webhook sees nodes, and what it makes of them no file tells",
			Manifests: nodeWriters("{kind: User, name: jane}", "nodes") + `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: nodes}
webhooks: [{name: nodes.example.com, rules: [{apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: ["nodes"]}], clientConfig: {service: {name: nodes, namespace: nodes}}}]
`,
		},
		{Name: "good: programs", Manifests: nodeWriters("{kind: ServiceAccount, name: scaler, namespace: scaler}, {kind: Group, name: 'system:nodes'}", "nodes") + admissionPolicy("pods", "true")},
		{Name: "good: policies are somewhere else", Manifests: nodeWriters("{kind: User, name: jane}", "nodes")},
		{Name: "good: admins may change the policy too", Manifests: nodeWriters("{kind: User, name: jane}", "'*'") + admissionPolicy("pods", "true")},
	},
}

// nodeWriters are a role and its binding for the examples.
func nodeWriters(subjects, resources string) string {
	group, verbs := "''", "get, patch"
	if resources == "'*'" {
		group, verbs = "'*'", "'*'"
	}
	return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writers}
rules: [{apiGroups: [` + group + `], resources: [` + resources + `], verbs: [` + verbs + `]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writers}
subjects: [` + subjects + `]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writers}
`
}

func admissionPolicy(resources, expression string) string {
	return `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: guard}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [` + resources + `]}]}
  validations: [{expression: "` + expression + `"}]
`
}

const nodePolicyOfKyverno = `---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: nodes}
spec:
  rules:
  - name: labels-and-taints
    match: {any: [{resources: {kinds: [Node], operations: [UPDATE]}}]}
    validate:
      deny:
        conditions:
          any:
          - {key: "{{ request.object.metadata.labels }}", operator: NotEquals, value: "{{ request.oldObject.metadata.labels }}"}
          - {key: "{{ request.object.spec.taints }}", operator: NotEquals, value: "{{ request.oldObject.spec.taints }}"}
`

// nodeGuards is what all that is known at admission looks at when nodes are changed.
type nodeGuards struct {
	// labels, taints and status are guarded: labels by way of nodes, taints, and labels by way of nodes/status.
	labels, taints, status bool
	// near are policies that look at nodes and leave something out, or are kept from them.
	near []control.Decider
}

func readNodeGuards(v *control.Verdicts) nodeGuards {
	var g nodeGuards
	governance := &v.Workloads.Governance
	for _, guard := range governance.Guards {
		n := guard.Nodes
		switch {
		case !n.Labels && !n.Taints || !n.Node && !n.Status:
			continue
		case n.Filtered && len(governance.Admission.NodeFilters) > 0:
			g.near = append(g.near, control.Decider{Object: governance.Admission.NodeFilters[0], Path: "data.resourceFilters", Text: "keeps nodes from Kyverno's policies"})
		default:
			g.near = append(g.near, control.Decider{Object: guard.Object, Path: "spec", Text: "looks at nodes, but not at all of this"})
			g.labels = g.labels || n.Node && n.Labels
			g.taints = g.taints || n.Node && n.Taints
			g.status = g.status || n.Status && n.Labels
		}
	}
	for _, hook := range governance.Admission.NodeHooks {
		g.labels, g.taints, g.status = g.labels || hook.Node, g.taints || hook.Node, g.status || hook.Status
	}
	g.near = g.near[:min(len(g.near), maxNear)]
	return g
}

// maxNear is how many policies a finding names.
const maxNear = 3

// checkNodeWriters says nothing where no admission policy is known: those of the cluster may be somewhere else, and rbac-node-write tells the role.
func checkNodeWriters(v *control.Verdicts) {
	if len(v.Workloads.Governance.Guards) == 0 && len(v.Workloads.Governance.Admission.NodeHooks) == 0 {
		v.NotApplicable(len(v.Access().Bindings()))
		return
	}
	guards := readNodeGuards(v)
	nodes, status := nodeWriting(v.Access(), ""), nodeWriting(v.Access(), "status")
	for _, b := range v.Access().Bindings() {
		person := personOf(b)
		switch {
		case b.Object == rbac.Builtin:
		case person < 0 || !nodes[b] && !status[b] || v.Access().Everything(b):
			v.NotApplicable(1)
		default:
			open := guards.open(nodes[b], status[b])
			if open == "" {
				v.Pass(1)
				continue
			}
			v.Fail(control.Breach{
				Object: b.Object, Path: subjectPath(person), Related: guards.near,
				Message: "may change " + open + ", and no admission policy that is known looks at that",
			})
		}
	}
}

// open says what somebody who may change nodes, or their status, can change unseen; "" is nothing.
func (g *nodeGuards) open(nodes, status bool) string {
	switch labels, taints := nodes && !g.labels, nodes && !g.taints; {
	case labels && taints:
		return "labels and taints of nodes"
	case labels:
		return "labels of nodes"
	case taints:
		return "taints of nodes"
	case status && !g.status:
		return "labels of nodes by way of nodes/status"
	}
	return ""
}

// nodeWriting returns the bindings that let nodes, or a subresource of them, be changed without being limited to names.
func nodeWriting(access *rbac.Access, subresource string) map[*rbac.Binding]bool {
	out := map[*rbac.Binding]bool{}
	for _, verb := range []string{"update", "patch"} {
		for _, grant := range access.WhoCan(rbac.Request{Verb: verb, Resource: "nodes", Subresource: subresource}) {
			out[grant.Binding] = true
		}
	}
	return out
}

// personOf returns the first subject of a binding that is people, by number; -1 if none is. The names of the API server's own components
// begin with system:, and so do the groups that everybody is in.
func personOf(b *rbac.Binding) int {
	for i, s := range b.Subjects {
		switch {
		case s.Kind != rbac.KindUser && s.Kind != rbac.KindGroup:
		case !strings.HasPrefix(s.Name, "system:"), s.Name == rbac.UserAnonymous:
			return i
		case s.Kind == rbac.KindGroup && (s.Name == rbac.GroupAuthenticated || s.Name == rbac.GroupUnauthenticated ||
			s.Name == rbac.GroupAccounts || strings.HasPrefix(s.Name, rbac.GroupAccounts+":")):
			return i
		}
	}
	return -1
}

func subjectPath(i int) string { return "subjects[" + strconv.Itoa(i) + "].name" }
