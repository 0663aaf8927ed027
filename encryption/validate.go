package encryption

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

// resourceProblem says what is wrong with the name of a resource, as validateResourceNames does.
func resourceProblem(text string, r Resource) string {
	switch {
	case strings.ToLower(text) != text:
		return "has capital letters; names of resources are written small"
	case text == "*":
		return "is not possible; write '*.' for the core group or '*.*' for all"
	case text == "apiserveripinfo" || text == "serviceipallocations" || text == "servicenodeportallocations":
		return "has no REST API and cannot be encrypted"
	case r.Group == "events.k8s.io":
		return "is stored in the core group; write events"
	case r.Group == "extensions":
		return "is of the group extensions, which is gone"
	case r.Group == "*" && r.Name != "*":
		return "names a resource in all groups, which is not possible"
	}
	return ""
}

// overlaps finds resources that are in one list twice or that another one of the list covers. The API server compares them in pairs and
// tells of the list; here it takes one pass, and names the item.
func (r *reader) overlaps(e *Entry) {
	type key struct{ group, name string }
	groups, seen := map[string]int{}, map[key]bool{}
	for _, res := range e.Resources {
		groups[res.Group]++
	}
	wildcard := map[string]*Resource{}
	for i := range e.Resources {
		if res := &e.Resources[i]; res.Name == "*" && wildcard[res.Group] == nil {
			wildcard[res.Group] = res
		}
	}
	for i := range e.Resources {
		res := &e.Resources[i]
		k := key{res.Group, res.Name}
		if seen[k] {
			r.flaws.At(strict.Path(res.Path), res.At, "is in the list twice")
			continue
		}
		seen[k] = true
		if over := wildcard["*"]; over != nil && over != res {
			r.flaws.At(strict.Path(res.Path), res.At, "overlaps with %s in the same list", over)
		} else if over := wildcard[res.Group]; over != nil && over != res && groups[res.Group] > 1 {
			r.flaws.At(strict.Path(res.Path), res.At, "overlaps with %s in the same list", over)
		}
	}
}

// masked finds resources of which an earlier entry has already said what happens. What one list says twice has been told.
func (r *reader) masked() {
	type cover struct {
		entry int
		text  string
	}
	earlier := map[string]cover{} // by group
	for i := range r.config.Entries {
		e := &r.config.Entries[i]
		for _, res := range e.Resources {
			over, found := earlier[res.Group]
			if all, ok := earlier["*"]; ok && (!found || all.entry < over.entry) {
				over, found = all, true
			}
			if found && over.entry < i {
				r.flaws.At(strict.Path(res.Path), res.At, "has no effect: %s in resources[%d] comes first", over.text, over.entry)
			}
		}
		for _, res := range e.Resources {
			if _, found := earlier[res.Group]; res.Name == "*" && !found {
				earlier[res.Group] = cover{i, res.String()}
			}
		}
	}
}

func (r *reader) kms(path strict.Path, at tree.Node) *KMS {
	k := &KMS{Version: text(at.Get("apiVersion")), Name: text(at.Get("name")), Endpoint: text(at.Get("endpoint"))}
	if k.Version == "" {
		k.Version = "v1"
	}
	if k.Version != "v1" && k.Version != "v2" {
		r.flaws.Field(path, at, "apiVersion", "has to be v1 or v2")
	}
	r.kmsName(path, at, k)
	if n := at.Get("timeout"); n.Exists() && !n.IsNull() {
		if d, ok := strict.Seconds(n); ok && d <= 0 {
			r.flaws.Field(path, at, "timeout", "has to be more than 0")
		}
	}
	r.endpoint(path, at, k.Endpoint)
	if n := at.Get("cachesize"); n.Exists() && !n.IsNull() {
		switch size, ok := strict.Int(n, 32); {
		case k.Version != "v1":
			r.flaws.Field(path, at, "cachesize", "is not for KMS v2")
		case ok && size == 0:
			r.flaws.Field(path, at, "cachesize", "has to be more than 0, or less to cache nothing")
		}
	}
	return k
}

func (r *reader) kmsName(path strict.Path, at tree.Node, k *KMS) {
	if k.Name == "" {
		r.flaws.Field(path, at, "name", "is missing")
	}
	if k.Version != "v1" && strings.Contains(k.Name, ":") {
		r.flaws.Field(path, at, "name", "must not contain a colon")
	}
	if r.names[k.Name] {
		flaw := Flaw{Path: string(path.Key("name")), At: at, Missing: []string{"name"}, Problem: "is the name of two KMS providers"}
		if n := at.Get("name"); n.Exists() {
			flaw.At, flaw.Missing = n, nil
		}
		flaw.ReloadOnly = k.Version == "v1"
		r.flaws.Add(flaw)
	}
	r.names[k.Name] = true
}

func (r *reader) endpoint(path strict.Path, at tree.Node, endpoint string) {
	if endpoint == "" {
		r.flaws.Field(path, at, "endpoint", "is missing")
		return
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		r.flaws.Field(path, at, "endpoint", "is no URL")
	case u.Scheme != "unix":
		r.flaws.Field(path, at, "endpoint", "has to be a socket of this machine, unix:///…")
	}
}

// sizes returns the lengths in bytes that the API server takes, as a test and in words.
func (s Sort) sizes() (lengths []int, words string) {
	if s == Secretbox {
		return []int{32}, "32 bytes"
	}
	return []int{16, 24, 32}, "16, 24 or 32 bytes"
}

func sizeText(n int) string { return fmt.Sprintf("%d bytes", n) }
