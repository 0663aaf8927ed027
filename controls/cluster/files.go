// Package cluster holds the controls on the control plane: the files that the API server is started with, how clients reach it, and what
// it stores.
package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// noPolicyForFiles is why there is no admission policy for the configuration of the API server.
const noPolicyForFiles = "The API server reads this file when it starts; it never passes admission."

// The documentation that decides.
const (
	encryptionDocs = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"
	kmsDocs        = "https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/"
	encryptionAPI  = "https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/"
	authnDocs      = "https://kubernetes.io/docs/reference/access-authn-authz/authentication/"
	authzDocs      = "https://kubernetes.io/docs/reference/access-authn-authz/authorization/#using-configuration-file-for-authorization"
)

// The headings of the NSA/CISA guide.
const (
	nsaEncryption = "Network separation: encryption"
	nsaSecrets    = "Network separation: secrets"
	nsaAuth       = "Authentication"
	nsaRBAC       = "Authorization: RBAC"
)

var (
	encryptionKinds = []control.Kind{{Group: encryption.Group, Kind: encryption.Kind}, {Kind: encryption.LegacyKind}}
	authentication  = []control.Kind{{Group: apiserverconfig.Group, Kind: "AuthenticationConfiguration"}}
	authorization   = []control.Kind{{Group: apiserverconfig.Group, Kind: "AuthorizationConfiguration"}}
)

// violation says of a flaw where it is and what is wrong.
func violation(f apiserverconfig.Flaw) control.Violation {
	return control.Violation{At: f.At, Missing: f.Missing, Problem: f.Problem}
}

// failAll reports flaws until nobody wants more.
func failAll(flaws []apiserverconfig.Flaw, fail control.FailFunc) {
	for _, f := range flaws {
		if !fail(violation(f)) {
			return
		}
	}
}

// failWeak reports weaknesses until nobody wants more.
func failWeak(found []apiserverconfig.Weakness, fail control.FailFunc) {
	for _, w := range found {
		v := violation(w.Flaw)
		if v.Unknown = w.Unknown; !fail(v) {
			return
		}
	}
}

// encrypted is the setting that names what has to be encrypted.
var encrypted = control.Param{
	Name: "resources", Doc: "resources that have to be encrypted, with their group as in the file: secrets, pandas.example.com",
	Default: []string{"secrets"}, Example: []string{"secrets"},
}

// decisive calls do for what decides on each of the resources of the settings, once for an entry.
func decisive(s *control.Subject, c *encryption.Config, do func(resource string, d encryption.Decision) bool) {
	seen := map[*encryption.Entry]bool{}
	for _, text := range s.Params[encrypted.Name] {
		group, name := encryption.ParseResource(text)
		d := c.For(group, name)
		if d.Entry != nil && seen[d.Entry] {
			continue
		}
		seen[d.Entry] = d.Entry != nil
		if !do(text, d) {
			return
		}
	}
}

// The bodies of the fixtures' changes.
type mapping = map[string]any

// provided is one entry for Secrets, for the cases.
func provided(providers ...any) []any {
	return []any{mapping{"resources": []any{"secrets"}, "providers": providers}}
}

// strongKey is a key that is like a random one.
const strongKey = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q="

func local(provider, secret string) mapping {
	return mapping{provider: mapping{"keys": []any{mapping{"name": "key1", "secret": secret}}}}
}

func plugin(version string) mapping {
	return mapping{"kms": mapping{"apiVersion": version, "name": "vault", "endpoint": "unix:///run/kms/vault.sock"}}
}

func identity() mapping { return mapping{"identity": mapping{}} }

// flawsOf reports the flaws of files of one kind.
func flawsOf(read func(root tree.Node, minor int) []apiserverconfig.Flaw) func(*control.Subject, tree.Node, control.FailFunc) {
	return func(s *control.Subject, at tree.Node, fail control.FailFunc) { failAll(read(at, int(s.Version)), fail) }
}
