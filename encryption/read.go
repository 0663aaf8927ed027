package encryption

import (
	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	keysType   = strict.Struct{"keys": strict.List{Of: strict.Struct{"name": strict.String, "secret": strict.String}}}
	configType = strict.Struct{
		"apiVersion": strict.String,
		"kind":       strict.String,
		"resources": strict.List{Of: strict.Struct{
			"resources": strict.List{Of: strict.String},
			"providers": strict.List{Of: strict.Struct{
				"aesgcm": keysType, "aescbc": keysType, "secretbox": keysType, "identity": strict.Struct{},
				"kms": strict.Struct{
					"apiVersion": strict.String, "name": strict.String, "cachesize": strict.Int32, "endpoint": strict.String,
					"timeout": strict.OptionalDuration,
				},
			}},
		}},
	}
)

// Read reads the document at root. The flaws are the reasons for which the API server refuses it, in the order of the file; with
// none it is taken, though a provider for KMS v1 needs a feature gate from 1.29 on. The Config holds what could be read in any case.
func Read(root tree.Node) (*Config, []Flaw) {
	r := reader{names: map[string]bool{}, config: &Config{Legacy: root.Get("kind").StrIs(LegacyKind)}}
	r.version(root)
	strict.CheckJSON(root, &r.flaws)
	strict.Check(root, configType, &r.flaws)
	entries := root.Get("resources")
	if entries.Len() == 0 {
		r.flaws.Field("", root, "resources", "needs at least one entry")
	}
	for i, at := range entries.Items() {
		r.entry(strict.Path("resources").Index(i), at)
	}
	r.masked()
	return r.config, r.flaws.List()
}

// reader is the state of Read.
type reader struct {
	flaws  strict.Flaws
	config *Config
	// names are the names of the KMS plugins so far.
	names map[string]bool
}

func (r *reader) version(root tree.Node) {
	if root.Kind() != tree.Mapping {
		r.flaws.Add(Flaw{At: root, Problem: "is empty or no mapping"})
		return
	}
	version, kind := text(root.Get("apiVersion")), text(root.Get("kind"))
	switch {
	case version == Group+"/v1" && kind == Kind, version == "v1" && kind == LegacyKind:
	case kind == "":
		r.flaws.Field("", root, "kind", "is missing and has to be %s", Kind)
	case kind != Kind && kind != LegacyKind:
		r.flaws.Field("", root, "kind", "has to be %s", Kind)
	case version == "":
		r.flaws.Field("", root, "apiVersion", "is missing and has to be %s/v1", Group)
	default:
		r.flaws.Field("", root, "apiVersion", "of an %s has to be %s", kind, map[string]string{Kind: Group + "/v1", LegacyKind: "v1"}[kind])
	}
}

// text returns a string; "" for all else, which strict has already told.
func text(n tree.Node) string {
	s, _ := n.Str()
	return s
}

func (r *reader) entry(path strict.Path, at tree.Node) {
	e := Entry{At: at, Path: string(path)}
	resources := at.Get("resources")
	if resources.Len() == 0 {
		r.flaws.Field(path, at, "resources", "needs at least one resource")
	}
	for i, n := range resources.Items() {
		res := Resource{At: n, Path: string(path.Key("resources").Index(i))}
		res.Group, res.Name = ParseResource(text(n))
		e.Resources = append(e.Resources, res)
		if problem := resourceProblem(text(n), res); problem != "" {
			r.flaws.At(strict.Path(res.Path), n, "%s", problem)
		}
	}
	r.overlaps(&e)
	providers := at.Get("providers")
	if providers.Len() == 0 {
		r.flaws.Field(path, at, "providers", "needs at least one provider")
	}
	for i, n := range providers.Items() {
		e.Providers = append(e.Providers, r.provider(path.Key("providers").Index(i), n))
	}
	r.config.Entries = append(r.config.Entries, e)
}

// fields are the keys of a provider in the order in which the API server looks at them.
var fields = [...]struct {
	name string
	sort Sort
}{{"kms", KMSv1}, {"aesgcm", AESGCM}, {"aescbc", AESCBC}, {"secretbox", Secretbox}, {"identity", Identity}}

func (r *reader) provider(path strict.Path, at tree.Node) Provider {
	p := Provider{At: at, Path: string(path)}
	found := 0
	for _, f := range fields {
		body := at.Get(f.name)
		if !body.Exists() || body.IsNull() {
			continue
		}
		if found++; found == 1 {
			p.Sort, p.Body, p.Field = f.sort, body, f.name
		}
	}
	switch {
	case found > 1:
		r.flaws.At(path, at, "has %d providers; each has to be an item of its own", found)
	case found == 0 && at.Get("identity").IsNull():
		r.flaws.Field(path, at, "identity", "is null, which is no provider; write identity: {}")
	case found == 0:
		r.flaws.At(path, at, "has no provider of kms, aesgcm, aescbc, secretbox, identity")
	}
	// More than one are checked as the API server does: the first that it knows of them.
	switch p.Sort {
	case KMSv1:
		p.KMS = r.kms(path.Key("kms"), p.Body)
		if p.KMS.Version == "v2" {
			p.Sort = KMSv2
		}
	case AESGCM, AESCBC, Secretbox:
		p.Keys = r.keys(path.Key(p.Field), p.Body, p.Sort)
	case Unknown, Identity, KMSv2:
	}
	if found > 1 {
		p.Sort = Unknown
	}
	return p
}
