package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DeprecatedAPIVersion: what is applied is still there after the next upgrade.
var DeprecatedAPIVersion = control.Control{
	ID: "deprecated-api-version", Section: "best-practice", Layer: control.Pods, Severity: control.Medium, Profile: control.BestPractice, Since: "0.1",
	Title: "Use API versions that the cluster serves",
	Scope: control.Objects,
	Kinds: endingKinds(),
	Require: &control.Func{
		Check: checkLifecycle, Text: "apiVersion must be one that the Kubernetes version serves and has not deprecated", Fix: fixLifecycle,
	},
	Fix:      control.Auto,
	NoPolicy: "Policies see an object in the version that they ask for, not in the one that it was written in.",
	Risk:     "A cluster that is older than the one asked for may not have the new version yet.",
	Remedy:   "Change apiVersion to the one that the message names; the migration guide says which fields change with it.",
	Bad:      endingChanges(),
	Good:     on([]string{"HorizontalPodAutoscaler"}, control.Change{Path: "apiVersion", Value: "autoscaling/v1"}),
	Refs:     control.Refs{Source: []string{"https://kubernetes.io/docs/reference/using-api/deprecation-guide/", "https://pkg.go.dev/k8s.io/api"}},
	Peers: control.Peers{
		KubeLinter: []string{"no-extensions-v1beta"},
		Trivy:      []string{"KSV-0107"},
		KubeScore:  []string{"stable-version"},
		Kubeaudit:  []string{"deprecatedapis/DeprecatedAPIUsed"},
		Kyverno:    []string{"best-practices/check-deprecated-apis", "openshift/disallow-deprecated-apis"},
		Other:      []string{"gatekeeper:verifydeprecatedapi", "popeye:403", "kics:api_version_is_deprecated"},
	},
	Why: `A manifest in a version that the cluster no longer serves cannot be applied: the next deployment, or the restore after a disaster, fails.
Versions that are deprecated still work and are told of while there is time, but only if their successor is served at the Kubernetes version asked for.`,
}

func checkLifecycle(s *control.Subject, at tree.Node, fail control.FailFunc) {
	l := endOf(s.Object.APIVersion, s.Object.Kind)
	if l == nil || !l.fails(s.Version) {
		return
	}
	problem := "is " + l.version + ", which Kubernetes serves no longer from " + l.removed.String() + " on"
	if successor := l.follow(s.Version); successor != "" {
		problem += "; use " + successor
	}
	fail(control.Violation{At: at.Get("apiVersion"), Problem: problem})
}

func fixLifecycle(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	needs, ok := convertible[[2]string{s.Object.APIVersion, s.Object.Kind}]
	field := control.NewField(needs)
	if !ok || needs != "" && field.Find(at).Len() == 0 {
		return out
	}
	successor := endOf(s.Object.APIVersion, s.Object.Kind).follow(s.Version)
	return append(out, control.Edit{Op: control.Set, At: at.Get("apiVersion"), Value: successor})
}
