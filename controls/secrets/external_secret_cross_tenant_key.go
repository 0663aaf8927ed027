package secrets

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalSecretCrossTenantKey: a tenant reads its own secrets.
var ExternalSecretCrossTenantKey = control.Control{
	ID: "external-secret-cross-tenant-key", Section: "external-secrets", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title: "Keep the remote keys of ExternalSecrets inside the prefix of their tenant",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: externalSecrets, Kind: "ExternalSecret"}},
	Require: &control.Func{
		Check: checkRemoteKeys, Text: "remote keys must begin with the prefix of the tenant", Expr: remoteKeysCEL,
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			prefix, _ := tenantPrefix(s)
			checkRemoteKeys(s, at, func(v control.Violation) bool {
				if !v.Unknown {
					out = append(out, control.Edit{Op: control.Set, At: v.At, Path: v.Missing, Value: prefix + keyText(v)})
				}
				return true
			})
			return out
		},
	},
	Params: []control.Param{{
		Name: "prefix", Doc: "what remote keys must begin with; {namespace} stands for the namespace of the ExternalSecret",
		Example: []string{"tenants/{namespace}/"},
	}},
	Risk:    "The secret is read from another place, where it has to be first.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Move the secret below the prefix of its tenant and name it there; limit what the store can read to that prefix as well.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://external-secrets.io/latest/api/externalsecret/", "https://external-secrets.io/latest/guides/multi-tenancy/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"external-secret-operator/add-external-secret-prefix"},
	},
	Why: `A store reads with its own rights, so an ExternalSecret can name the key of any tenant that shares the store, and the value ends up in a Secret of
this namespace. A prefix per namespace makes such a reach visible, and refusable.`,
	Bad: []control.Change{
		{Path: "spec.data", Value: []any{map[string]any{"remoteRef": map[string]any{"key": "tenants/other/db"}}}, Name: "another tenant"},
		{Path: "spec.data", Value: []any{map[string]any{"remoteRef": map[string]any{"key": "db"}}}, Name: "no tenant"},
		{Path: "spec.dataFrom", Value: []any{map[string]any{"extract": map[string]any{"key": "tenants/shopping"}}}, Name: "extract"},
		{Path: "spec.dataFrom", Value: []any{map[string]any{"find": map[string]any{"name": map[string]any{"regexp": ".*"}}}}, Name: "find anywhere"},
		{Path: "spec.dataFrom", Value: []any{map[string]any{"key": "db"}}, Name: "v1alpha1"},
	},
	Good: []control.Change{
		{Path: "spec.data", Value: []any{map[string]any{"remoteRef": map[string]any{"key": "tenants/shop/db"}}}, Name: "own"},
		{Path: "spec.dataFrom", Value: []any{map[string]any{"find": map[string]any{"path": "tenants/shop/"}}}, Name: "find"},
		{Path: "spec.dataFrom", Value: []any{map[string]any{"sourceRef": map[string]any{}}}, Name: "generator"},
	},
}

const namespacePlaceholder = "{namespace}"

// tenantPrefix returns the prefix for the namespace of the object; ok is false if that is only known when it is deployed.
func tenantPrefix(s *control.Subject) (prefix string, ok bool) {
	prefix = strings.Join(s.Params["prefix"], "")
	if s.Object.Namespace == "" && strings.Contains(prefix, namespacePlaceholder) {
		return "", false
	}
	return strings.ReplaceAll(prefix, namespacePlaceholder, s.Object.Namespace), true
}

var (
	remoteKey  = control.NewField("remoteRef.key")
	extractKey = control.NewField("extract.key")
	plainKey   = control.NewField("key")
	findPath   = control.NewField("find.path")
)

// remoteKeys yields what an ExternalSecret reads: the field, and the item of a list that it is in.
func remoteKeys(at tree.Node) iter.Seq2[*control.Field, tree.Node] {
	return func(yield func(*control.Field, tree.Node) bool) {
		spec := at.Get("spec")
		for _, item := range spec.Get("data").Items() {
			if !yield(&remoteKey, item) {
				return
			}
		}
		for _, item := range spec.Get("dataFrom").Items() {
			for _, field := range []*control.Field{&extractKey, &plainKey} {
				if field.Find(item).Exists() && !yield(field, item) {
					return
				}
			}
			if item.Get("find").Exists() && !yield(&findPath, item) {
				return
			}
		}
	}
}

func checkRemoteKeys(s *control.Subject, at tree.Node, fail control.FailFunc) {
	prefix, known := tenantPrefix(s)
	for field, item := range remoteKeys(at) {
		n := field.Find(item)
		var v control.Violation
		switch {
		case !known:
			v = field.Violation(item, "belongs to a tenant that is not known: the manifest has no namespace")
			v.Unknown = true
		case !n.Exists():
			v = field.Violation(item, "is missing, so keys of all tenants can be found")
		case !strings.HasPrefix(n.Text(), prefix):
			v = field.Violation(item, "is "+control.Show(n)+", outside of "+prefix)
		default:
			continue
		}
		if !fail(v) {
			return
		}
	}
}

// keyText is the key that the prefix goes in front of.
func keyText(v control.Violation) string {
	if len(v.Missing) > 0 {
		return ""
	}
	return v.At.Text()
}

func remoteKeysCEL(c control.CEL) string {
	parts := strings.Split(strings.Join(c.Params["prefix"], ""), namespacePlaceholder)
	for i := range parts {
		parts[i] = control.Quote(parts[i])
	}
	prefix := strings.Join(parts, " + "+c.At+".?metadata.?namespace.orValue('') + ")
	begins := func(opt string) string { return opt + ".orValue('').startsWith(" + prefix + ")" }
	return "(" + c.At + ".?spec.?data.orValue([]).all(d, " + begins("d.?remoteRef.?key") + ") && " +
		c.At + ".?spec.?dataFrom.orValue([]).all(d, (!d.?extract.?key.hasValue() || " + begins("d.?extract.?key") + ") && " +
		"(!d.?key.hasValue() || " + begins("d.?key") + ") && (!d.?find.hasValue() || " + begins("d.?find.?path") + ")))"
}
