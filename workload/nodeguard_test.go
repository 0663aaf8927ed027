package workload

import (
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// TestNodeGuard: which requests on nodes a policy is asked about.
func TestNodeGuard(t *testing.T) {
	const (
		vap     = "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: {validations: [{expression: object.metadata.labels == oldObject.metadata.labels}], matchConstraints: {"
		kyverno = "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {rules: [{validate: {message: labels and taints}, match: "
	)
	for text, want := range map[string]NodeGuard{
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: [nodes]}]}}}":                                                                                        {Labels: true, Node: true},
		vap + "resourceRules: [{apiGroups: ['*'], operations: ['*'], resources: ['*/*']}]}}}":                                                                                          {Labels: true, Node: true, Status: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: [nodes, nodes/status]}]}}}":                                                                          {Labels: true, Node: true, Status: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: ['*']}]}}}":                                                                                          {Labels: true, Node: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [CREATE], resources: [nodes]}]}}}":                                                                                        {Labels: true},
		vap + "resourceRules: [{apiGroups: [apps], operations: [UPDATE], resources: [nodes]}]}}}":                                                                                      {Labels: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: [nodes], resourceNames: [a]}]}}}":                                                                    {Labels: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: ['*'], scope: Namespaced}]}}}":                                                                       {Labels: true},
		vap + "resourceRules: [{apiGroups: [''], operations: [UPDATE], resources: ['*/*']}], excludeResourceRules: [{apiGroups: [''], operations: ['*'], resources: ['*/status']}]}}}": {Labels: true, Node: true},
		kyverno + "{any: [{resources: {kinds: [v1/Node]}}]}}]}}":                                                                                                                       {Labels: true, Taints: true, Node: true, Filtered: true},
		kyverno + "{resources: {kinds: [Node, Node/status], operations: [UPDATE]}}}]}}":                                                                                                {Labels: true, Taints: true, Node: true, Status: true, Filtered: true},
		kyverno + "{resources: {kinds: [Node], operations: [CREATE]}}}]}}":                                                                                                             {Labels: true, Taints: true, Filtered: true},
		kyverno + "{resources: {kinds: [Node], names: [a]}}}]}}":                                                                                                                       {Labels: true, Taints: true, Filtered: true},
		kyverno + "{resources: {kinds: [Pod]}}}]}}":                                                                                                                                    {Labels: true, Taints: true, Filtered: true},
		"{apiVersion: kyverno.io/v1, kind: Policy, metadata: {name: a}, spec: {rules: [{validate: {message: labels}, match: {resources: {kinds: [Node]}}}]}}":                          {Labels: true},
		"{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: a}, spec: {rules: [{mutate: {}, match: {resources: {kinds: [Node]}}}]}}":                                    {Filtered: true},
		"{apiVersion: templates.gatekeeper.sh/v1, kind: ConstraintTemplate, metadata: {name: a}, spec: {targets: [{rego: 'input.review.object.spec.taints'}]}}":                        {Taints: true, Node: true, Status: true},
	} {
		parsed, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
		if err != nil {
			t.Fatal(err)
		}
		root := parsed.Root()
		o := &object.Object{Root: root, APIVersion: root.Get("apiVersion").Text(), Kind: root.Get("kind").Text()}
		if got := readNodeGuard(o, root.Get("spec")); got != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", text, got, want)
		}
	}
}
