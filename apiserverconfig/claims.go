package apiserverconfig

import (
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

func (j *jwtReader) expression(n tree.Node) { j.expressions = append(j.expressions, n) }

func (j *jwtReader) claimRules() {
	claims, expressions := map[string]bool{}, map[string]bool{}
	for i, at := range j.at.Get("claimValidationRules").Items() {
		path := j.path.Key("claimValidationRules").Index(i)
		claim, expression := text(at.Get("claim")), text(at.Get("expression"))
		switch {
		case claim != "" && expression != "":
			j.flaws.At(path, at, "has a claim and an expression; only one is possible")
		case claim != "":
			if text(at.Get("message")) != "" {
				j.flaws.Field(path, at, "message", "is only for rules with an expression")
			}
			if claims[claim] {
				j.flaws.Field(path, at, "claim", "has two rules")
			}
			claims[claim] = true
		case expression != "":
			j.expression(at.Get("expression"))
			if text(at.Get("requiredValue")) != "" {
				j.flaws.Field(path, at, "requiredValue", "is only for rules with a claim")
			}
			if expressions[expression] {
				j.flaws.Field(path, at, "expression", "is there twice")
			}
			expressions[expression] = true
		default:
			j.flaws.At(path, at, "needs a claim or an expression")
		}
	}
}

func (j *jwtReader) mappings() {
	path, at := j.path.Key("claimMappings"), j.at.Get("claimMappings")
	if !given(at) {
		j.flaws.Field(j.path, j.at, "claimMappings", "is missing, and with it the username")
		return
	}
	j.mapping(path, at, "username", true)
	j.mapping(path, at, "groups", false)
	uid := at.Get("uid")
	switch claim, expression := text(uid.Get("claim")), text(uid.Get("expression")); {
	case claim != "" && expression != "":
		j.flaws.Field(path, at, "uid", "has a claim and an expression; only one is possible")
	case expression != "":
		j.expression(uid.Get("expression"))
	}
	seen := map[string]bool{}
	for i, n := range at.Get("extra").Items() {
		j.extra(path.Key("extra").Index(i), n, seen)
	}
}

func (j *jwtReader) mapping(path strict.Path, mappings tree.Node, name string, needed bool) {
	at := mappings.Get(name)
	claim, expression := text(at.Get("claim")), text(at.Get("expression"))
	switch {
	case claim != "" && expression != "":
		j.flaws.Field(path, mappings, name, "has a claim and an expression; only one is possible")
	case expression != "":
		j.expression(at.Get("expression"))
		if given(at.Get("prefix")) {
			j.flaws.Field(path.Key(name), at, "prefix", "is only for a claim")
		}
	case claim != "":
		if !given(at.Get("prefix")) {
			j.flaws.Field(path.Key(name), at, "prefix", `is missing; a claim needs one, "" for none`)
		}
	case needed:
		j.flaws.Field(path, mappings, name, "needs a claim or an expression")
	}
}

func (j *jwtReader) extra(path strict.Path, at tree.Node, seen map[string]bool) {
	key := text(at.Get("key"))
	domain, rest, found := strings.Cut(key, "/")
	switch {
	case key == "":
		j.flaws.Field(path, at, "key", "is missing")
	case !found || domain == "" || rest == "":
		j.flaws.Field(path, at, "key", "needs a domain in front: example.org/name")
	case key != strings.ToLower(key):
		j.flaws.Field(path, at, "key", "must not have capital letters")
	case !isDNSSubdomain(domain) || !httpPath.MatchString(rest):
		j.flaws.Field(path, at, "key", "has to be a domain and a path: example.org/name")
	case reserved(domain, "k8s.io") || reserved(domain, "kubernetes.io"):
		j.flaws.Field(path, at, "key", "is of a domain that is reserved for Kubernetes")
	}
	if seen[key] {
		j.flaws.Field(path, at, "key", "is there twice")
		return
	}
	seen[key] = true
	if text(at.Get("valueExpression")) == "" {
		j.flaws.Field(path, at, "valueExpression", "is missing")
		return
	}
	j.expression(at.Get("valueExpression"))
}

func reserved(domain, by string) bool { return domain == by || strings.HasSuffix(domain, "."+by) }

func (j *jwtReader) userRules() {
	seen := map[string]bool{}
	for i, at := range j.at.Get("userValidationRules").Items() {
		path, expression := j.path.Key("userValidationRules").Index(i), text(at.Get("expression"))
		switch {
		case expression == "":
			j.flaws.Field(path, at, "expression", "is missing")
			continue
		case seen[expression]:
			j.flaws.Field(path, at, "expression", "is there twice")
			continue
		}
		seen[expression] = true
		j.expression(at.Get("expression"))
	}
}

// hasCertificate reports whether a text holds certificates, as cert.NewPoolFromBytes of client-go reads them: other blocks are left out,
// and one that cannot be parsed spoils all.
func hasCertificate(text string) bool {
	rest, found := []byte(text), false
	for len(rest) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		if _, err := x509.ParseCertificates(block.Bytes); err != nil {
			return false
		}
		found = true
	}
	return found
}
