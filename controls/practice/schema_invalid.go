package practice

import (
	"regexp"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SchemaInvalid: every field is one that Kubernetes has.
var SchemaInvalid = control.Control{
	ID: "schema-invalid", Section: "best-practice", Layer: control.Pods, Severity: control.Medium, Profile: control.BestPractice, Since: "0.1",
	Title:    "Use only fields and types that the built-in kinds have",
	Scope:    control.Objects,
	Kinds:    builtIn,
	Require:  &control.Func{Check: checkSchema, Text: "fields and their types must be those of the kind"},
	Fix:      control.Advice,
	NoFix:    "What was meant by a field that does not exist only its author knows.",
	NoPolicy: refused,
	Risk:     "A field that was without effect because of its place or spelling takes effect.",
	Remedy:   "Correct the name, the indentation or the type of the field.",
	Bad: []control.Change{
		{Path: "metadata.lables", Value: map[string]any{"app": "x"}},
		{Path: "kubehardenOther", Value: 1},
		{Path: "metadata.labels", Value: "x"},
		{Path: "metadata.annotations", Value: map[string]any{"a": true}},
		{Path: "metadata.ownerReferences", Value: map[string]any{}},
		{Kind: "Deployment", Path: "spec.replicas", Value: "3"},
		{Kind: "Deployment", Path: "spec.template.spec.hostNetwork", Value: "true"},
		{Kind: "DaemonSet", Path: "spec.replicas", Value: 3},
		{Kind: "Secret", Path: "data", Value: map[string]any{"password": "no base64!"}},
		{Kind: "PersistentVolumeClaim", Path: "spec.resources.requests.storage", Value: "10gb"},
		{Kind: "Service", Path: "spec.ports", Value: []any{map[string]any{"port": 80, "targetPort": 1.5}}},
		{Kind: "Job", Path: "apiVersion", Value: "batch/v2"},
	},
	Good: []control.Change{
		{Kind: "Deployment", Path: "spec.replicas", Name: "missing"},
		{Kind: "Deployment", Path: "spec.template.spec.volumes", Value: []any{nil}, Name: "null"},
	},
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/reference/using-api/api-concepts/", "https://pkg.go.dev/k8s.io/api"}},
	Peers: control.Peers{
		KubeLinter: []string{"schema-validation"},
	},
	Why: `kubectl refuses a manifest with unknown fields or wrong types, but other clients drop such fields without a word: a securityContext that is
indented too far protects nothing. Judged are unknown fields and wrong types in the stable versions of built-in kinds, not values or fields that
are missing; fields newer than the cluster pass.`,
}

var stableVersion = regexp.MustCompile(`^v[0-9]+$`)

func checkSchema(s *control.Subject, at tree.Node, fail control.FailFunc) {
	all := loadSchema()
	t, ok := all.roots[[2]string{s.Object.APIVersion, s.Object.Kind}]
	if ok {
		all.conform(at, t, fail)
		return
	}
	// Alpha and beta versions change too often to be judged.
	if stableVersion.MatchString(s.Object.Version()) {
		fail(control.Violation{At: at.Get("apiVersion"), Problem: "is " + s.Object.APIVersion + ", which has no " + s.Object.Kind})
	}
}
