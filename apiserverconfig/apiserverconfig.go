// Package apiserverconfig reads the files that the API server is started with, and kubeconfig files: AuthenticationConfiguration,
// AuthorizationConfiguration, AdmissionConfiguration with the configurations of its plugins, and v1 Config. It says why the API
// server refuses one, as the API server's own packages do, and what it lets through.
//
// Expressions in CEL are not judged. Where the answer hangs on one, the finding says so and is unknown.
//
// EncryptionConfiguration has a package of its own, encryption.
package apiserverconfig

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

// Group is the API group of the API server's own files.
const Group = "apiserver.config.k8s.io"

// Flaw is a reason for which a file is refused, with its place.
type Flaw = strict.Flaw

// Weakness is something that a file allows and should not, with its place.
type Weakness struct {
	Flaw
	// Unknown says that it depends on what cannot be judged here.
	Unknown bool
}

// MaxItems is how many JWT authenticators, or match conditions of a webhook, the API server takes.
const MaxItems = 64

// weakAt is a weakness of a node.
func weakAt(path strict.Path, at tree.Node, problem string) Weakness {
	return Weakness{Flaw: Flaw{Path: string(path), At: at, Problem: problem}}
}

// weakField is a weakness of a field of a mapping, which may be missing.
func weakField(path strict.Path, mapping tree.Node, key, problem string) Weakness {
	w := Weakness{Flaw: Flaw{Path: string(path.Key(key)), At: mapping, Missing: []string{key}, Problem: problem}}
	if n := mapping.Get(key); n.Exists() {
		w.At, w.Missing = n, nil
	}
	return w
}

// text returns a string; "" for all else.
func text(n tree.Node) string {
	s, _ := n.Str()
	return s
}

// given reports whether a field is there and not null.
func given(n tree.Node) bool { return n.Exists() && !n.IsNull() }

// version is when a version of a file came: the Kubernetes minor version that reads it.
type version struct {
	name string
	from int
}

// checkVersion says whether the API server of a minor version, 0 for the newest, reads the document.
func checkVersion(flaws *strict.Flaws, root tree.Node, kind, group string, minor int, versions ...version) {
	if root.Kind() != tree.Mapping {
		flaws.Add(Flaw{At: root, Problem: "is empty or no mapping"})
		return
	}
	strict.CheckJSON(root, flaws)
	if !root.Get("kind").StrIs(kind) {
		flaws.Field("", root, "kind", "has to be %s", kind)
		return
	}
	var names []string
	apiVersion := text(root.Get("apiVersion"))
	for _, v := range versions {
		if apiVersion == group+"/"+v.name {
			if minor != 0 && minor < v.from {
				flaws.Field("", root, "apiVersion", "is read from Kubernetes 1.%d on", v.from)
			}
			return
		}
		names = append(names, group+"/"+v.name)
	}
	flaws.Field("", root, "apiVersion", "of %s has to be %s", kind, strings.Join(names, " or "))
}

// The forms of names, of https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go.
var (
	dnsLabel     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	httpPath     = regexp.MustCompile(`^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$`)
)

func isDNSLabel(s string) bool { return len(s) <= 63 && dnsLabel.MatchString(s) }

func isDNSSubdomain(s string) bool { return len(s) <= 253 && dnsSubdomain.MatchString(s) }
