package secrets

import (
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretConsumptionUnrestricted: a pod uses the Secrets that are meant for it.
var SecretConsumptionUnrestricted = control.Control{
	ID: "secret-consumption-unrestricted", Section: "external-secrets", Layer: control.Secrets, Severity: control.Low, Since: "0.1",
	Title: "Let pods use only the Secrets that are meant for them",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkConsumption, Text: "pods may refer only to Secrets with the names in the settings", Expr: consumptionCEL,
	},
	Params: []control.Param{{
		Name: "allowedSecrets", Doc: "names of Secrets that pods may use, with * for any text", Example: []string{"shop-*", "shared-ca"},
		Valid: func(v string) bool {
			return v != "" && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789-.*") == ""
		},
	}},
	Risk:   "Programs that still need another Secret do not start.",
	Fix:    control.Advice,
	NoFix:  "Which Secret the program should have instead, only a person can say.",
	Remedy: "Give the program a Secret of its own under a name that is allowed, or allow the name in the setting allowedSecrets.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/secrets-good-practices/", "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-secrets-by-name", "other/restrict-secrets-by-label"},
	},
	Why: `Kubernetes does not ask whether a pod may read the Secrets that it names: whoever can create a pod in a namespace reads all of its Secrets, those of
other programs too. Names per program are a border that a policy can hold.`,
	Bad: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "secret": map[string]any{"secretName": "payments"}}}, Name: "volume"},
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "projected": map[string]any{"sources": []any{map[string]any{"secret": map[string]any{"name": "not-shop-db"}}}}}}, Name: "projected"},
		{Path: "containers", Value: []any{map[string]any{"name": "a", "env": []any{map[string]any{"name": "A", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "payments", "key": "k"}}}}}}, Name: "variable"},
		{Path: "initContainers", Value: []any{map[string]any{"name": "a", "envFrom": []any{map[string]any{"secretRef": map[string]any{"name": "payments"}}}}}, Name: "all variables"},
	},
	Good: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "secret": map[string]any{"secretName": "shop-db"}}}, Name: "volume"},
		{Path: "imagePullSecrets", Value: []any{map[string]any{"name": "registry"}}},
	},
}

// secretNames yields the names of all Secrets that a pod puts into its containers.
func secretNames(s *control.Subject) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		tell := func(n tree.Node) bool { return n.Text() == "" || n.IsNull() || yield(n) }
		for c := range s.Pod.Containers() {
			for _, e := range c.Node.Get("env").Items() {
				if !tell(e.Get("valueFrom").Get("secretKeyRef").Get("name")) {
					return
				}
			}
			for _, e := range c.Node.Get("envFrom").Items() {
				if !tell(e.Get("secretRef").Get("name")) {
					return
				}
			}
		}
		for _, v := range s.Pod.Spec.Get("volumes").Items() {
			if !tell(v.Get("secret").Get("secretName")) {
				return
			}
			for _, source := range v.Get("projected").Get("sources").Items() {
				if !tell(source.Get("secret").Get("name")) {
					return
				}
			}
		}
	}
}

func checkConsumption(s *control.Subject, _ tree.Node, fail control.FailFunc) {
next:
	for name := range secretNames(s) {
		for _, allowed := range s.Params["allowedSecrets"] {
			if ok, err := path.Match(allowed, name.Text()); ok && err == nil {
				continue next
			}
		}
		if !fail(control.Violation{At: name, Problem: "is " + control.Show(name) + ", which is not allowed"}) {
			return
		}
	}
}

func consumptionCEL(c control.CEL) string {
	patterns := make([]string, len(c.Params["allowedSecrets"]))
	for i, allowed := range c.Params["allowedSecrets"] {
		patterns[i] = strings.ReplaceAll(regexp.QuoteMeta(allowed), `\*`, ".*")
	}
	allowed := func(opt string) string {
		return opt + ".orValue('').matches(" + control.Quote("^("+strings.Join(append(patterns, ""), "|")+")$") + ")"
	}
	containers := c.At + ".?containers.orValue([]) + " + c.At + ".?initContainers.orValue([]) + " + c.At + ".?ephemeralContainers.orValue([])"
	return "((" + containers + ").all(c, c.?env.orValue([]).all(e, " + allowed("e.?valueFrom.?secretKeyRef.?name") + ") && " +
		"c.?envFrom.orValue([]).all(e, " + allowed("e.?secretRef.?name") + ")) && " +
		c.At + ".?volumes.orValue([]).all(v, " + allowed("v.?secret.?secretName") + " && " +
		"v.?projected.?sources.orValue([]).all(s, " + allowed("s.?secret.?name") + ")))"
}
