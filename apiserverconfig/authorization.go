package apiserverconfig

import (
	slashpath "path"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

// Source: https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/apis/apiserver/v1/types.go.
var authorizationType = strict.Struct{
	"apiVersion": strict.String, "kind": strict.String,
	"authorizers": strict.List{Of: strict.Struct{
		"type": strict.String, "name": strict.String,
		"webhook": strict.Struct{
			"authorizedTTL": strict.Duration, "cacheAuthorizedRequests": strict.Bool,
			"unauthorizedTTL": strict.Duration, "cacheUnauthorizedRequests": strict.Bool,
			"timeout": strict.Duration, "subjectAccessReviewVersion": strict.String, "matchConditionSubjectAccessReviewVersion": strict.String,
			"failurePolicy":   strict.String,
			"connectionInfo":  strict.Struct{"type": strict.String, "kubeConfigFile": strict.String},
			"matchConditions": strict.List{Of: strict.Struct{"expression": strict.String}},
		},
	}},
}

// Authorization is an AuthorizationConfiguration. It is valid as long as the tree that it was read from.
type Authorization struct {
	root        tree.Node
	Authorizers []Authorizer
}

// Authorizer is one of those that are asked, in order, until one allows or denies.
type Authorizer struct {
	At   tree.Node
	Path string
	// Type is Node, RBAC, Webhook, ABAC, AlwaysAllow or AlwaysDeny.
	Type, Name string
	// Expressions are the match conditions, CEL that is not judged.
	Expressions []tree.Node
}

// ReadAuthorization reads an AuthorizationConfiguration and says why an API server of a minor version, 0 for the newest, refuses it.
// Sources: ValidateAuthorizationConfiguration of k8s.io/apiserver/pkg/apis/apiserver/validation, without the compilation of CEL, and
// LoadAndValidateData of https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubeapiserver/authorizer/reload.go. Whether the
// kubeconfig of a webhook exists is not looked at.
func ReadAuthorization(root tree.Node, minor int) (*Authorization, []Flaw) {
	var flaws strict.Flaws
	checkVersion(&flaws, root, "AuthorizationConfiguration", Group, minor, version{"v1", 32}, version{"v1beta1", 30}, version{"v1alpha1", 29})
	strict.Check(root, authorizationType, &flaws)
	a := &Authorization{root: root}
	list := root.Get("authorizers")
	if list.Len() == 0 {
		flaws.Field("", root, "authorizers", "needs at least one authorizer")
	}
	types, names := map[string]bool{}, map[string]bool{}
	for i, at := range list.Items() {
		path := strict.Path("authorizers").Index(i)
		z := Authorizer{At: at, Path: string(path), Type: text(at.Get("type")), Name: text(at.Get("name"))}
		checkAuthorizer(&flaws, path, &z, types, names)
		a.Authorizers = append(a.Authorizers, z)
	}
	return a, flaws.List()
}

// builtinNames are the names that the authorizers of the API server itself have to have.
var builtinNames = map[string]string{"AlwaysAllow": "alwaysallow", "AlwaysDeny": "alwaysdeny", "ABAC": "abac", "RBAC": "rbac", "Node": "node"}

func checkAuthorizer(flaws *strict.Flaws, path strict.Path, z *Authorizer, types, names map[string]bool) {
	switch z.Type {
	case "":
		flaws.Field(path, z.At, "type", "is missing")
		return
	case "AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node":
	default:
		flaws.Field(path, z.At, "type", "has to be Node, RBAC, Webhook, ABAC, AlwaysAllow or AlwaysDeny")
		return
	}
	if types[z.Type] && z.Type != "Webhook" {
		flaws.Field(path, z.At, "type", "is there twice")
		return
	}
	types[z.Type] = true
	switch {
	case z.Name == "":
		flaws.Field(path, z.At, "name", "is missing")
	case names[z.Name]:
		flaws.Field(path, z.At, "name", "is there twice")
	case !isDNSSubdomain(z.Name):
		flaws.Field(path, z.At, "name", "has to be of small letters, digits, dashes and dots")
	case z.Type != "Webhook" && z.Name != builtinNames[z.Type]:
		flaws.Field(path, z.At, "name", "has to be %s for the type %s", builtinNames[z.Type], z.Type)
	}
	names[z.Name] = true
	webhook := z.At.Get("webhook")
	switch {
	case z.Type != "Webhook" && given(webhook):
		flaws.Field(path, z.At, "webhook", "is only for the type Webhook")
	case z.Type == "Webhook" && !given(webhook):
		flaws.Field(path, z.At, "webhook", "is missing")
	case z.Type == "Webhook":
		checkWebhook(flaws, path.Key("webhook"), webhook, z)
	}
}

func checkWebhook(flaws *strict.Flaws, path strict.Path, at tree.Node, z *Authorizer) {
	switch d, ok := strict.Seconds(at.Get("timeout")); {
	case !at.Get("timeout").Exists() || ok && d == 0:
		flaws.Field(path, at, "timeout", "is missing")
	case ok && (d < 0 || d > 30*time.Second):
		flaws.Field(path, at, "timeout", "has to be more than 0 and at most 30s")
	}
	for _, key := range [...]string{"authorizedTTL", "unauthorizedTTL"} {
		if d, ok := strict.Seconds(at.Get(key)); ok && d < 0 {
			flaws.Field(path, at, key, "has to be more than 0")
		}
	}
	oneOf(flaws, path, at, "subjectAccessReviewVersion", true, "v1", "v1beta1")
	conditions := at.Get("matchConditions")
	oneOf(flaws, path, at, "matchConditionSubjectAccessReviewVersion", conditions.Len() > 0, "v1")
	oneOf(flaws, path, at, "failurePolicy", true, "NoOpinion", "Deny")
	checkConnection(flaws, path, at)
	if conditions.Len() > MaxItems {
		flaws.Field(path, at, "matchConditions", "has %d items; at most %d are possible", conditions.Len(), MaxItems)
		return
	}
	seen := map[string]bool{}
	for i, n := range conditions.Items() {
		here, e := path.Key("matchConditions").Index(i), text(n.Get("expression"))
		switch {
		case strings.TrimSpace(e) == "":
			flaws.Field(here, n, "expression", "is missing")
		case seen[e]:
			flaws.Field(here, n, "expression", "is there twice")
		default:
			z.Expressions = append(z.Expressions, n.Get("expression"))
		}
		seen[e] = true
	}
}

// oneOf requires a text to be one of the values.
func oneOf(flaws *strict.Flaws, path strict.Path, at tree.Node, key string, needed bool, values ...string) {
	got := text(at.Get(key))
	if got == "" {
		if needed {
			flaws.Field(path, at, key, "is missing and has to be %s", strings.Join(values, " or "))
		}
		return
	}
	if !slices.Contains(values, got) {
		flaws.Field(path, at, key, "has to be %s", strings.Join(values, " or "))
	}
}

func checkConnection(flaws *strict.Flaws, path strict.Path, webhook tree.Node) {
	at := webhook.Get("connectionInfo")
	if !given(at) {
		flaws.Field(path, webhook, "connectionInfo", "is missing")
		return
	}
	path = path.Key("connectionInfo")
	oneOf(flaws, path, at, "type", true, "KubeConfigFile", "InClusterConfig")
	file := at.Get("kubeConfigFile")
	switch text(at.Get("type")) {
	case "InClusterConfig":
		if given(file) {
			flaws.Field(path, at, "kubeConfigFile", "is only for the type KubeConfigFile")
		}
	case "KubeConfigFile":
		if text(file) == "" {
			flaws.Field(path, at, "kubeConfigFile", "is missing")
		} else if !slashpath.IsAbs(text(file)) {
			flaws.Field(path, at, "kubeConfigFile", "has to be a path from the root")
		}
	}
}

// Weak returns what gives more away than RBAC does.
func (a *Authorization) Weak() []Weakness {
	var found []Weakness
	has := map[string]bool{}
	for i := range a.Authorizers {
		z := &a.Authorizers[i]
		has[z.Type] = true
		path := strict.Path(z.Path)
		switch z.Type {
		case "AlwaysAllow":
			found = append(found, weakField(path, z.At, "type", "allows every request that no authorizer before it denies"))
		case "Webhook":
			policy := z.At.Get("webhook").Get("failurePolicy")
			if policy.StrIs("NoOpinion") && a.mayAllowAfter(i) {
				found = append(found, weakAt(path.Key("webhook").Key("failurePolicy"), policy, "lets the authorizers behind it decide while the webhook cannot be asked, also what it would deny"))
			}
		}
	}
	for _, t := range [...]struct{ name, without string }{
		{"Node", "nothing limits a kubelet to the pods of its node"},
		{"RBAC", "roles and bindings have no effect"},
	} {
		if !has[t.name] && len(a.Authorizers) > 0 {
			found = append(found, weakField("", a.root, "authorizers", "has no "+t.name+", so "+t.without))
		}
	}
	return found
}

// mayAllowAfter reports whether an authorizer behind the i-th can allow something. With none, a request that nobody has an opinion on is
// denied anyway.
func (a *Authorization) mayAllowAfter(i int) bool {
	for _, z := range a.Authorizers[i+1:] {
		if z.Type != "AlwaysDeny" {
			return true
		}
	}
	return false
}
