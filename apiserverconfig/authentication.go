package apiserverconfig

import (
	"net/url"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	mappingType = strict.Struct{"claim": strict.String, "prefix": strict.String, "expression": strict.String}
	// Source: https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/apis/apiserver/v1/types.go; the other versions have the same fields.
	authenticationType = strict.Struct{
		"apiVersion": strict.String, "kind": strict.String,
		"anonymous": strict.Struct{"enabled": strict.Bool, "conditions": strict.List{Of: strict.Struct{"path": strict.String}}},
		"jwt": strict.List{Of: strict.Struct{
			"issuer": strict.Struct{
				"url": strict.String, "discoveryURL": strict.String, "certificateAuthority": strict.String, "audiences": strict.List{Of: strict.String},
				"audienceMatchPolicy": strict.String, "egressSelectorType": strict.String,
			},
			"claimValidationRules": strict.List{Of: strict.Struct{
				"claim": strict.String, "requiredValue": strict.String, "expression": strict.String, "message": strict.String,
			}},
			"claimMappings": strict.Struct{
				"username": mappingType, "groups": mappingType,
				"uid":   strict.Struct{"claim": strict.String, "expression": strict.String},
				"extra": strict.List{Of: strict.Struct{"key": strict.String, "valueExpression": strict.String}},
			},
			"userValidationRules": strict.List{Of: strict.Struct{"expression": strict.String, "message": strict.String}},
		}},
	}
)

// Authentication is an AuthenticationConfiguration. It is valid as long as the tree that it was read from.
type Authentication struct {
	root tree.Node
	// Anonymous is what the file says of requests without credentials; if it does not exist the flag --anonymous-auth decides, which is
	// true by default.
	Anonymous tree.Node
	Issuers   []Issuer
}

// Issuer is a JWT authenticator.
type Issuer struct {
	At   tree.Node
	Path string
	URL  string
	// Expressions are the fields with CEL, which are not judged.
	Expressions []tree.Node
}

// ReadAuthentication reads an AuthenticationConfiguration and says why an API server of a minor version, 0 for the newest, refuses it.
// Source: ValidateAuthenticationConfiguration of
// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/apis/apiserver/validation/validation.go, without the compilation of CEL.
func ReadAuthentication(root tree.Node, minor int) (*Authentication, []Flaw) {
	var flaws strict.Flaws
	checkVersion(&flaws, root, "AuthenticationConfiguration", Group, minor, version{"v1", 34}, version{"v1beta1", 30}, version{"v1alpha1", 29})
	strict.Check(root, authenticationType, &flaws)
	a := &Authentication{root: root}
	if n := root.Get("anonymous"); given(n) {
		a.Anonymous = n
		checkAnonymous(&flaws, root, n, minor)
	}
	issuers, sources := map[string]bool{}, map[string]bool{}
	if n := root.Get("jwt").Len(); n > MaxItems {
		flaws.Field("", root, "jwt", "has %d items; at most %d are possible", n, MaxItems)
		return a, flaws.List()
	}
	for i, at := range root.Get("jwt").Items() {
		path := strict.Path("jwt").Index(i)
		j := jwtReader{flaws: &flaws, path: path, at: at, minor: minor}
		issuer := j.issuer(issuers, sources)
		j.claimRules()
		j.mappings()
		j.userRules()
		issuer.Expressions = j.expressions
		a.Issuers = append(a.Issuers, issuer)
	}
	return a, flaws.List()
}

func checkAnonymous(flaws *strict.Flaws, root, n tree.Node, minor int) {
	if minor != 0 && minor < 31 {
		flaws.Field("", root, "anonymous", "is a field from Kubernetes 1.31 on")
	}
	if enabled, _ := n.Get("enabled").Bool(); !enabled && n.Get("conditions").Len() > 0 {
		flaws.Field("anonymous", n, "conditions", "need enabled: true")
	}
}

// jwtReader reads one JWT authenticator.
type jwtReader struct {
	flaws       *strict.Flaws
	path        strict.Path
	at          tree.Node
	minor       int
	expressions []tree.Node
}

func (j *jwtReader) issuer(issuers, sources map[string]bool) Issuer {
	path, at := j.path.Key("issuer"), j.at.Get("issuer")
	if !given(at) {
		// What is missing is missing from the authenticator.
		path, at = j.path, j.at
		j.flaws.Field(path, at, "issuer", "is missing")
		return Issuer{At: j.at, Path: string(j.path)}
	}
	address, discovery := text(at.Get("url")), text(at.Get("discoveryURL"))
	if address == "" {
		j.flaws.Field(path, at, "url", "is missing")
	} else {
		j.url(path, at, "url")
	}
	if issuers[address] {
		j.flaws.Field(path, at, "url", "is the issuer of two authenticators")
	}
	issuers[address] = true
	if discovery != "" {
		if address != "" && strings.TrimRight(address, "/") == strings.TrimRight(discovery, "/") {
			j.flaws.Field(path, at, "discoveryURL", "has to be another one than url")
		}
		j.url(path, at, "discoveryURL")
		if sources[discovery] {
			j.flaws.Field(path, at, "discoveryURL", "is used by two authenticators")
		}
		sources[discovery] = true
	}
	j.audiences(path, at)
	if ca := text(at.Get("certificateAuthority")); ca != "" && !hasCertificate(ca) {
		j.flaws.Field(path, at, "certificateAuthority", "holds no certificate in PEM")
	}
	if s := text(at.Get("egressSelectorType")); s != "" {
		if j.minor != 0 && j.minor < 34 {
			j.flaws.Field(path, at, "egressSelectorType", "is a field from Kubernetes 1.34 on")
		}
		if s != "controlplane" && s != "cluster" {
			j.flaws.Field(path, at, "egressSelectorType", "has to be controlplane or cluster")
		}
	}
	return Issuer{At: j.at, Path: string(j.path), URL: address}
}

func (j *jwtReader) url(path strict.Path, at tree.Node, key string) {
	u, err := url.Parse(text(at.Get(key)))
	switch {
	case err != nil:
		j.flaws.Field(path, at, key, "is no URL")
	case u.Scheme != "https":
		j.flaws.Field(path, at, key, "has to begin with https://")
	case u.User != nil:
		j.flaws.Field(path, at, key, "must not have a user or a password")
	case u.RawQuery != "":
		j.flaws.Field(path, at, key, "must not have a query")
	case u.Fragment != "":
		j.flaws.Field(path, at, key, "must not have a fragment")
	}
}

func (j *jwtReader) audiences(path strict.Path, at tree.Node) {
	list := at.Get("audiences")
	if list.Len() == 0 {
		j.flaws.Field(path, at, "audiences", "needs at least one audience")
		return
	}
	seen := map[string]bool{}
	for i, n := range list.Items() {
		audience := text(n)
		if audience == "" {
			j.flaws.At(path.Key("audiences").Index(i), n, "is empty")
		}
		if seen[audience] {
			j.flaws.At(path.Key("audiences").Index(i), n, "is in the list twice")
		}
		seen[audience] = true
	}
	switch policy := text(at.Get("audienceMatchPolicy")); {
	case policy == "MatchAny" || policy == "" && list.Len() == 1:
	case list.Len() > 1:
		j.flaws.Field(path, at, "audienceMatchPolicy", "has to be MatchAny if there are several audiences")
	default:
		j.flaws.Field(path, at, "audienceMatchPolicy", "has to be MatchAny or empty")
	}
}
