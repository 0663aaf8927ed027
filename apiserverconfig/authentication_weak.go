package apiserverconfig

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

// OpenPaths returns where the file lets requests without credentials through to other paths than those of health. A request passes if
// its path equals one of the conditions, and without conditions every request passes; source: pkg/authentication/request/anonymous of
// k8s.io/apiserver.
func (a *Authentication) OpenPaths(health []string) []Weakness {
	if enabled, _ := a.Anonymous.Get("enabled").Bool(); !enabled {
		return nil
	}
	conditions := a.Anonymous.Get("conditions")
	if conditions.Len() == 0 {
		return []Weakness{weakField("anonymous", a.Anonymous, "conditions", "is missing, so every path is open without credentials")}
	}
	var found []Weakness
	for i, n := range conditions.Items() {
		path := text(n.Get("path"))
		if slices.ContainsFunc(health, func(h string) bool { return path == h || strings.HasPrefix(path, strings.TrimRight(h, "/")+"/") }) {
			continue
		}
		found = append(found, weakField(strict.Path("anonymous.conditions").Index(i), n, "path", "is open without credentials and is none of "+strings.Join(health, ", ")))
		if len(found) == strict.MaxFlaws {
			break
		}
	}
	return found
}

// sharedIssuers give tokens to everybody, for an audience that whoever asks chooses, or to all customers of a service: only the claims tell
// who it is.
var sharedIssuers = []struct{ prefix, what string }{
	{"https://token.actions.githubusercontent.com", "every workflow on GitHub"},
	{"https://gitlab.com", "every pipeline on GitLab"},
	{"https://accounts.google.com", "every Google account"},
	{"https://login.microsoftonline.com/common", "every Microsoft account"},
	{"https://login.microsoftonline.com/organizations", "every account of Microsoft Entra"},
	{"https://login.microsoftonline.com/consumers", "every personal Microsoft account"},
	{"https://appleid.apple.com", "every Apple account"},
	{"https://oidc.circleci.com", "every project on CircleCI"},
	{"https://agent.buildkite.com", "every pipeline on Buildkite"},
	{"https://app.terraform.io", "every workspace of HCP Terraform"},
}

// WeakIssuers returns what lets a token say more than its issuer should: names of the system, names of another issuer's users, tokens
// for anybody.
func (a *Authentication) WeakIssuers() []Weakness {
	var found []Weakness
	prefixes := map[string]int{}
	for i := range a.Issuers {
		issuer := &a.Issuers[i]
		path := strict.Path(issuer.Path)
		mappings := path.Key("claimMappings")
		username := issuer.At.Get("claimMappings").Get("username")
		groups := issuer.At.Get("claimMappings").Get("groups")
		found = append(found, issuer.minting(mappings.Key("username"), username, "user.username", "names such as system:kube-controller-manager")...)
		found = append(found, issuer.minting(mappings.Key("groups"), groups, "groups", "groups such as system:masters")...)
		if prefix := username.Get("prefix"); text(username.Get("claim")) != "" && prefix.Type() == tree.String {
			if first, taken := prefixes[text(prefix)]; taken {
				found = append(found, weakAt(mappings.Key("username").Key("prefix"), prefix, "is also that of "+string(strict.Path("jwt").Index(first))+", so users of one issuer can have the names of the other's"))
			} else {
				prefixes[text(prefix)] = i
			}
		}
		if issuer.At.Get("claimValidationRules").Len() == 0 {
			for _, s := range sharedIssuers {
				if issuer.URL == s.prefix || strings.HasPrefix(issuer.URL, s.prefix+"/") {
					found = append(found, weakField(path, issuer.At, "claimValidationRules", "is missing, and the issuer gives tokens to "+s.what))
					break
				}
			}
		}
	}
	return found
}

// minting says whether a token can carry names of the system.
func (issuer *Issuer) minting(path strict.Path, mapping tree.Node, variable, names string) []Weakness {
	prefix := mapping.Get("prefix")
	switch {
	case text(mapping.Get("expression")) != "":
		// An expression that begins with text puts that in front of whatever the token says.
		if guarded(text(mapping.Get("expression"))) || issuer.excludes(variable) {
			return nil
		}
		w := weakField(path, mapping, "expression", "is CEL, which is not judged, and no userValidationRules keep out "+names)
		w.Unknown = true
		return []Weakness{w}
	case text(mapping.Get("claim")) == "" || prefix.Type() != tree.String:
		return nil // nothing is mapped, or the API server refuses it
	case !systemNames(text(prefix)):
		return nil
	case issuer.excludes(variable):
		return nil
	case text(prefix) == "":
		return []Weakness{weakField(path, mapping, "prefix", "is empty, so tokens can carry "+names)}
	}
	return []Weakness{weakField(path, mapping, "prefix", "makes names of the system, so tokens can carry "+names)}
}

// guarded reports whether an expression begins with a text that is not the beginning of a name of the system: 'oidc:' + claims.sub.
func guarded(expression string) bool {
	expression = strings.TrimSpace(expression)
	if expression == "" || expression[0] != '\'' && expression[0] != '"' {
		return false
	}
	literal, rest, found := strings.Cut(expression[1:], expression[:1])
	if !found || literal == "" || strings.Contains(literal, `\`) {
		return false
	}
	rest = strings.TrimSpace(rest)
	return (rest == "" || rest[0] == '+') && !strings.ContainsAny(rest, "?|&<>=[") && !systemNames(literal)
}

// systemNames reports whether a name that begins with the prefix can be one of the system.
func systemNames(prefix string) bool {
	const system = "system:"
	n := min(len(prefix), len(system))
	return prefix[:n] == system[:n]
}

// excludes reports whether a userValidationRule speaks of names of the system. The rule itself is CEL and not judged.
func (issuer *Issuer) excludes(variable string) bool {
	for _, rule := range issuer.At.Get("userValidationRules").Items() {
		if e := text(rule.Get("expression")); strings.Contains(e, "system:") && strings.Contains(e, variable) {
			return true
		}
	}
	return false
}
