// Package encryption reads the EncryptionConfiguration of the API server, the file that --encryption-provider-config names, and
// answers what it does: whether the API server takes it, which provider writes a resource, how strong that one is, and what is left to do.
//
// What the API server takes is decided by
// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/apis/apiserver/validation/validation_encryption.go and
// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/server/options/encryptionconfig/config.go.
//
// Keys are looked at and never kept: nothing that this package returns holds one, save the nodes of the document itself.
package encryption

import (
	"cmp"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

// Group and Kind name the document.
const (
	Group = "apiserver.config.k8s.io"
	Kind  = "EncryptionConfiguration"
	// LegacyKind is the document's name in the core group's v1, which the API server still reads ("due to a docs bug").
	LegacyKind = "EncryptionConfig"
)

// Flaw is a reason for which the API server refuses the file and does not start, with its place.
type Flaw = strict.Flaw

// Config is an EncryptionConfiguration. It is valid as long as the tree that it was read from.
type Config struct {
	// Legacy says that the file is an EncryptionConfig of v1, as it was written for Kubernetes before 1.13.
	Legacy  bool
	Entries []Entry
}

// Entry is an item of resources: some resources and the providers for them.
type Entry struct {
	At        tree.Node
	Path      string
	Resources []Resource
	// Providers are tried one after the other when something is read; the first one encrypts what is written.
	Providers []Provider
}

// Resource is a resource that an entry is for.
type Resource struct {
	At   tree.Node
	Path string
	// Group is the API group, "" for the core group and "*" for all groups; Name is the resource, "*" for all of the group.
	Group, Name string
}

// ParseResource reads a resource as the API server does: up to the first dot the resource, behind it the group.
func ParseResource(text string) (group, name string) {
	name, group, _ = strings.Cut(text, ".")
	return group, name
}

// String writes the resource as the file does.
func (r Resource) String() string {
	if r.Group == "" && r.Name != "*" {
		return r.Name
	}
	return r.Name + "." + r.Group
}

// Sort is what a provider is.
type Sort uint8

// The sorts of provider, the weakest first. The order is that of
// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers: identity does not encrypt; KMS v1 is deprecated since 1.28
// and off by default since 1.29; aescbc is open to padding oracles; aesgcm is not safe without a new key every 200,000 writes;
// secretbox is as good as a key beside the data can be; with KMS v2 the key is elsewhere.
const (
	Unknown Sort = iota // none of the known ones, or more than one
	Identity
	KMSv1
	AESCBC
	AESGCM
	Secretbox
	KMSv2
)

func (s Sort) String() string {
	return [...]string{"unknown", "identity", "kms v1", "aescbc", "aesgcm", "secretbox", "kms v2"}[s]
}

// Local reports whether the keys of the provider stand in the file.
func (s Sort) Local() bool { return s == AESCBC || s == AESGCM || s == Secretbox }

// Encrypts reports whether what the provider writes is encrypted.
func (s Sort) Encrypts() bool { return s > Identity }

// Provider is one way to encrypt.
type Provider struct {
	Sort Sort
	// At is the item of providers, Body what stands below its only key.
	At, Body tree.Node
	Path     string
	// Field is the key of Body: aescbc, kms.
	Field string
	// Keys are the keys of a local provider; the first one encrypts.
	Keys []Key
	// KMS is the plugin of a provider of keys elsewhere.
	KMS *KMS
}

// Key is a key in the file.
type Key struct {
	At   tree.Node
	Path string
	Name string
	// Size is the length in bytes; 0 if the text is not base64.
	Size int
	// Weak says why the key protects nothing, to be read behind its path; "" if no reason is seen.
	Weak string
	// Placeholder says that it is no key but the place for one.
	Placeholder bool
	// Elsewhere says that another tool puts the key in before the API server reads the file: a variable, a template, a reference to a vault,
	// a value that SOPS has encrypted. Then nothing is known of it.
	Elsewhere bool
}

// KMS is a plugin that has the keys.
type KMS struct {
	Version  string // v1 or v2
	Name     string
	Endpoint string
}

// Decision is what the file says of one resource.
type Decision struct {
	// Entry decides, Resource is what it says: the resource itself, all of its group, or all. nil if nothing does: then the resource is
	// written as it is.
	Entry    *Entry
	Resource *Resource
	// Providers are the providers with which stored objects can be read, in order. They are those of the entry, and of others that name the
	// same resource.
	Providers []*Provider
}

// Writer returns the provider that encrypts what is written; nil stands for plain text.
func (d *Decision) Writer() *Provider {
	if len(d.Providers) == 0 {
		return nil
	}
	return d.Providers[0]
}

// Sort returns the sort of the provider that writes.
func (d *Decision) Sort() Sort {
	if w := d.Writer(); w != nil {
		return w.Sort
	}
	return Identity
}

// Encrypts reports whether new objects are encrypted.
func (d *Decision) Encrypts() bool { return d.Sort().Encrypts() }

// ReadsPlain reports whether objects that were stored before are still read as plain text.
func (d *Decision) ReadsPlain() bool {
	for _, p := range d.Providers {
		if p.Sort == Identity {
			return true
		}
	}
	return len(d.Providers) == 0
}

// For returns what decides on a resource, "secrets" of the group "" for Secrets: the entries that name it, else those for its group, else
// those for all. Source: transformerFromOverrides of config.go.
func (c *Config) For(group, name string) Decision {
	for _, want := range [...]Resource{{Group: group, Name: name}, {Group: group, Name: "*"}, {Group: "*", Name: "*"}} {
		var d Decision
		for i := range c.Entries {
			e := &c.Entries[i]
			for j := range e.Resources {
				r := &e.Resources[j]
				if r.Group != want.Group || r.Name != want.Name {
					continue
				}
				d.Entry, d.Resource = cmp.Or(d.Entry, e), cmp.Or(d.Resource, r)
				for k := range e.Providers {
					d.Providers = append(d.Providers, &e.Providers[k])
				}
				// Named a second time in the same entry, which is refused anyway, it brings nothing new.
				break
			}
		}
		if d.Entry != nil {
			return d
		}
	}
	return Decision{}
}
