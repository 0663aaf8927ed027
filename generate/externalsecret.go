package generate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalSecretOptions say where the values will be.
type ExternalSecretOptions struct {
	// Store and StoreKind name the SecretStore or ClusterSecretStore.
	Store, StoreKind string
	// RemotePath is the key in the store, with {namespace} and {name} for those of the Secret; "" is {namespace}/{name}, or {name} for
	// Secrets without a namespace.
	RemotePath string
	// Refresh is how often the operator reads the store, a duration of Go; "" is 1h.
	Refresh string
}

// ExternalSecret is what stands in for one Secret. It has no value of it.
type ExternalSecret struct {
	Namespace, Name string
	// Type is that of the Secret, "" for Opaque.
	Type string
	// Labels are those of the Secret, sorted by key.
	Labels    [][2]string
	Immutable bool
	// Keys are those of data and stringData, sorted.
	Keys []string
	// RemoteKey is where the values are in the store.
	RemoteKey string
}

// Skipped is a Secret that is made and kept by somebody else, with the reason.
type Skipped struct{ Namespace, Name, Reason string }

// ExternalSecretResult is what was made of a file.
type ExternalSecretResult struct {
	Options ExternalSecretOptions
	Secrets []ExternalSecret
	Skipped []Skipped
}

// Errors of ExternalSecrets.
var (
	ErrNoSecret   = errors.New("no Secret found")
	ErrStoreKind  = errors.New("neither SecretStore nor ClusterSecretStore")
	ErrStoreName  = errors.New("not a valid name of a store")
	ErrRemotePath = errors.New("may hold {namespace} and {name}, and no other braces")
	ErrSecretName = errors.New("the Secret has no name")
)

// The kinds of store.
const (
	SecretStore        = "SecretStore"
	ClusterSecretStore = "ClusterSecretStore"
)

// ExternalSecrets reads Secrets from YAML or JSON, also in Lists, and returns what takes their place, in the order of the file. Values are
// not looked at.
func ExternalSecrets(src []byte, o ExternalSecretOptions) (*ExternalSecretResult, error) {
	if o.StoreKind == "" {
		o.StoreKind = SecretStore
	}
	if o.Refresh == "" {
		o.Refresh = "1h"
	}
	rest := strings.NewReplacer("{namespace}", "", "{name}", "").Replace(o.RemotePath)
	switch {
	case o.StoreKind != SecretStore && o.StoreKind != ClusterSecretStore:
		return nil, fmt.Errorf("store kind %q: %w", o.StoreKind, ErrStoreKind)
	case !isObjectName(o.Store):
		return nil, fmt.Errorf("store %q: %w", o.Store, ErrStoreName)
	case strings.ContainsAny(rest, "{}\n\r"):
		return nil, fmt.Errorf("remote path %q: %w", o.RemotePath, ErrRemotePath)
	}
	r := &ExternalSecretResult{Options: o}
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			// The message of the parser can quote what stands in the file.
			return nil, fmt.Errorf("line %d begins a document that cannot be read as YAML", 1+bytes.Count(src[:doc.Start], []byte("\n")))
		}
		for secret := range object.Each(t.Root()) {
			if secret.Group() != "" || secret.Kind != "Secret" {
				continue
			}
			if err := r.add(secret); err != nil {
				return nil, err
			}
		}
	}
	if len(r.Secrets)+len(r.Skipped) == 0 {
		return nil, ErrNoSecret
	}
	return r, nil
}

func (r *ExternalSecretResult) add(o *object.Object) error {
	namespace, name, sort := strings.Clone(o.Namespace), strings.Clone(o.Name), strings.Clone(o.Root.Get("type").Text())
	if name == "" {
		return ErrSecretName
	}
	if reason := keptElsewhere(sort); reason != "" {
		r.Skipped = append(r.Skipped, Skipped{namespace, name, reason})
		return nil
	}
	s := ExternalSecret{Namespace: namespace, Name: name, Type: sort, RemoteKey: r.Options.remoteKey(namespace, name)}
	if sort == "Opaque" {
		s.Type = ""
	}
	s.Immutable, _ = o.Root.Get("immutable").Bool()
	for _, field := range []string{"data", "stringData"} {
		for key := range o.Root.Get(field).Pairs() {
			s.Keys = append(s.Keys, strings.Clone(key.Text()))
		}
	}
	slices.Sort(s.Keys)
	s.Keys = slices.Compact(s.Keys)
	if len(s.Keys) == 0 {
		r.Skipped = append(r.Skipped, Skipped{namespace, name, "has no keys"})
		return nil
	}
	for key, value := range o.Root.Get("metadata").Get("labels").Pairs() {
		s.Labels = append(s.Labels, [2]string{strings.Clone(key.Text()), strings.Clone(value.Text())})
	}
	slices.SortFunc(s.Labels, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	r.Secrets = append(r.Secrets, s)
	return nil
}

// keptElsewhere says who makes Secrets of a type, which no store should.
func keptElsewhere(sort string) string {
	switch {
	case sort == "kubernetes.io/service-account-token":
		return "is a token that Kubernetes makes: use a projected token in its place"
	case sort == "bootstrap.kubernetes.io/token":
		return "is a bootstrap token, which kubeadm makes and which expires"
	case strings.HasPrefix(sort, "helm.sh/release"):
		return "is a release that Helm keeps"
	}
	return ""
}

func (o *ExternalSecretOptions) remoteKey(namespace, name string) string {
	path := o.RemotePath
	if path == "" {
		path = "{namespace}/{name}"
	}
	if namespace == "" {
		path = strings.ReplaceAll(path, "{namespace}/", "")
	}
	return strings.NewReplacer("{namespace}", namespace, "{name}", name).Replace(path)
}
