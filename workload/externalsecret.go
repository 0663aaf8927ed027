package workload

import (
	"regexp"
	"slices"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// External is what the External Secrets Operator is told.
type External struct {
	SecretStores []SecretStore
	Uses         []StoreUse
}

// SecretStore is a SecretStore or, with an empty Namespace, a ClusterSecretStore.
type SecretStore struct {
	Object                int
	Kind, Namespace, Name string
	// Conditions say which namespaces may use it; without any all may.
	Conditions []StoreCondition
}

// StoreCondition admits a namespace if one of its parts does.
// https://external-secrets.io/latest/api/clustersecretstore/
type StoreCondition struct {
	Namespaces []string
	Regexes    []*regexp.Regexp
	// Selector is nil if there is none.
	Selector *label.Selector
}

// StoreUse is a place where an ExternalSecret, or what makes some, names a store.
type StoreUse struct {
	Object int
	// Path leads to the name.
	Path, Kind, Name string
	Namespace        string
	// Everywhere says that it is for many namespaces: a ClusterExternalSecret.
	Everywhere bool
}

// The kinds of store of the External Secrets Operator.
const (
	SecretStoreKind        = "SecretStore"
	ClusterSecretStoreKind = "ClusterSecretStore"
)

func (e *External) add(o *object.Object, number int) {
	if o.Group() != "external-secrets.io" {
		return
	}
	spec := o.Root.Get("spec")
	switch o.Kind {
	case SecretStoreKind:
		e.SecretStores = append(e.SecretStores, SecretStore{Object: number, Kind: SecretStoreKind, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name"))})
	case ClusterSecretStoreKind:
		s := SecretStore{Object: number, Kind: ClusterSecretStoreKind, Name: object.Keep(o.Root.Get("metadata").Get("name"))}
		for _, c := range spec.Get("conditions").Items() {
			s.Conditions = append(s.Conditions, readCondition(c))
		}
		e.SecretStores = append(e.SecretStores, s)
	case "ExternalSecret":
		e.addUses(o, spec, StoreUse{Object: number, Namespace: o.EffectiveNamespace()})
	case "ClusterExternalSecret":
		e.addUses(o, spec.Get("externalSecretSpec"), StoreUse{Object: number, Everywhere: true})
	}
}

// addUses reads the stores of an ExternalSecret: that of all values, and those of single ones.
func (e *External) addUses(o *object.Object, spec tree.Node, u StoreUse) {
	most := len(e.Uses) + maxReferences
	add := func(ref tree.Node) {
		name := ref.Get("name")
		if u.Name = object.Keep(name); u.Name == "" || len(e.Uses) >= most {
			return
		}
		if u.Kind = object.Keep(ref.Get("kind")); u.Kind == "" {
			u.Kind = SecretStoreKind
		}
		u.Path = o.Root.Path(name)
		e.Uses = append(e.Uses, u)
	}
	add(spec.Get("secretStoreRef"))
	for _, field := range []string{"data", "dataFrom"} {
		for _, item := range spec.Get(field).Items() {
			add(item.Get("sourceRef").Get("storeRef"))
		}
	}
}

// maxRegex is how long an expression of a condition may be.
const maxRegex = 1000

func readCondition(n tree.Node) StoreCondition {
	var c StoreCondition
	c.Namespaces = keepTexts(nil, n.Get("namespaces"))
	for _, text := range keepTexts(nil, n.Get("namespaceRegexes")) {
		if re, err := regexp.Compile(text); err == nil && len(text) <= maxRegex {
			c.Regexes = append(c.Regexes, re)
		}
	}
	if selector := n.Get("namespaceSelector"); selector.Kind() == tree.Mapping {
		s := label.ReadSelector(selector, func(tree.Node, string) {})
		c.Selector = &s
	}
	return c
}

// Admits reports whether a namespace may use the store. known is false if that hangs on labels of a namespace that is not declared.
func (x *Index) Admits(s *SecretStore, namespace string) (admits, known bool) {
	if len(s.Conditions) == 0 {
		return true, true
	}
	known = true
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if slices.Contains(c.Namespaces, namespace) {
			return true, true
		}
		for _, re := range c.Regexes {
			if re.MatchString(namespace) {
				return true, true
			}
		}
		if c.Selector == nil {
			continue
		}
		if c.Selector.Matches(x.NamespaceLabels(namespace)) {
			return true, true
		}
		known = known && x.Namespace(namespace) != nil
	}
	return false, known
}

func (e *External) merge(other *External, base int) {
	e.SecretStores = object.Merge(e.SecretStores, other.SecretStores, base, func(x *SecretStore) *int { return &x.Object })
	e.Uses = object.Merge(e.Uses, other.Uses, base, func(x *StoreUse) *int { return &x.Object })
}

func (e *External) len() int { return len(e.SecretStores) + len(e.Uses) }
