package secrets

import (
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalSecretNeverRefreshed: a rotated credential arrives.
var ExternalSecretNeverRefreshed = control.Control{
	ID: "external-secret-never-refreshed", Section: "external-secrets", Layer: control.Secrets, Severity: control.Low, Since: "0.1",
	Title: "Let ExternalSecrets be refreshed, so that rotated credentials arrive",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: externalSecrets, Kind: "ExternalSecret"}, {Group: externalSecrets, Kind: "ClusterExternalSecret"}},
	Require: &control.Func{
		Check: checkRefresh, Text: "refreshInterval must be a duration above 0, and refreshPolicy not CreatedOnce, unless a generator makes the values",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			spec := externalSpec(s, at)
			if isFrozen(spec.Get("refreshPolicy")) {
				out = append(out, refreshPolicy.Set(spec, "Periodic"))
			}
			if intervalProblem(spec.Get("refreshInterval")) != "" {
				out = append(out, refreshInterval.Set(spec, "1h"))
			}
			return out
		},
	},
	Risk:     "Each refresh asks the provider, some of which charge for that or limit it.",
	Fix:      control.Auto,
	NoPolicy: "The laws of Go's durations have no equal in CEL.",
	Remedy:   "Set refreshInterval: 1h, or what the provider's limits bear, and leave refreshPolicy at Periodic.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://external-secrets.io/latest/api/externalsecret/", "https://external-secrets.io/latest/api/spec/"},
	},
	Why: `The operator reads the value once and never again. After a rotation, which is what the external store is for, the cluster goes on with the old
credential: either it breaks, or the old one has to stay valid.`,
	Bad: []control.Change{
		{Path: "spec.refreshInterval", Kind: "ExternalSecret", Value: "0"},
		{Path: "spec.refreshInterval", Kind: "ExternalSecret", Value: "0s"},
		{Path: "spec.refreshInterval", Kind: "ExternalSecret", Value: "1d", Name: "no duration"},
		{Path: "spec.refreshPolicy", Kind: "ExternalSecret", Value: "CreatedOnce"},
		{Path: "spec.externalSecretSpec", Kind: "ClusterExternalSecret", Value: map[string]any{"refreshInterval": "0h"}},
	},
	Good: []control.Change{
		{Path: "spec.refreshInterval", Kind: "ExternalSecret", Value: "1h"},
		{Path: "spec.refreshPolicy", Kind: "ExternalSecret", Value: "OnChange"},
		{Path: "spec", Kind: "ExternalSecret", Name: "made by a generator", Value: map[string]any{
			"refreshPolicy": "CreatedOnce", "dataFrom": []any{map[string]any{"sourceRef": map[string]any{"generatorRef": map[string]any{"kind": "Password", "name": "db"}}}},
		}},
		{Path: "spec.externalSecretSpec", Kind: "ClusterExternalSecret", Value: map[string]any{"refreshInterval": "1h30m"}},
	},
}

var (
	refreshInterval = control.NewField("refreshInterval")
	refreshPolicy   = control.NewField("refreshPolicy")
)

// externalSpec is the spec of the ExternalSecret that an object is, or makes in many namespaces.
func externalSpec(s *control.Subject, at tree.Node) tree.Node {
	if s.Object.Kind == "ClusterExternalSecret" {
		return at.Get("spec").Get("externalSecretSpec")
	}
	return at.Get("spec")
}

func isFrozen(policy tree.Node) bool { return policy.StrIs("CreatedOnce") }

// intervalProblem says what is wrong with an interval; "" if nothing is. It is a duration of Go, and 1h if it is missing.
func intervalProblem(interval tree.Node) string {
	text := interval.Text()
	if !interval.Exists() || interval.IsNull() || image.IsTemplate(text) {
		return ""
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return "is " + control.Show(interval) + ", which is no duration: hours, minutes and seconds only, as in 1h30m"
	case d <= 0:
		return "is " + control.Show(interval) + ", so the value is read once and never again"
	}
	return ""
}

func checkRefresh(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := externalSpec(s, at)
	if isGenerated(spec) {
		return
	}
	policy := spec.Get("refreshPolicy")
	if isFrozen(policy) && !fail(control.Violation{At: policy, Problem: "is CreatedOnce, so the value is read once and never again"}) {
		return
	}
	// The other policies do not look at the interval.
	if policy.StrIs("OnChange") || isFrozen(policy) {
		return
	}
	if problem := intervalProblem(spec.Get("refreshInterval")); problem != "" {
		fail(refreshInterval.Violation(spec, problem))
	}
}

// isGenerated reports whether all values are made by generators: what nobody else knows, nobody rotates elsewhere.
func isGenerated(spec tree.Node) bool {
	from := spec.Get("dataFrom")
	if spec.Get("data").Len() > 0 || from.Len() == 0 {
		return false
	}
	for _, item := range from.Items() {
		if !item.Get("sourceRef").Get("generatorRef").Exists() {
			return false
		}
	}
	return true
}
