package generate

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// HTTP statuses, without a package that would bring a whole client and server along.
const (
	statusSwitchingProtocols = 101
	statusCreated            = 201
)

// The groups that the API server itself puts users into. k8s.io/apiserver/pkg/authentication/user
const (
	authenticated   = "system:authenticated"
	unauthenticated = "system:unauthenticated"
	anonymous       = "system:anonymous"
	allAccounts     = "system:serviceaccounts"
)

const authenticationGroup = "authentication.k8s.io"

// uriPath returns the path that the authorizer sees: decoded, without the query.
func uriPath(uri string) string {
	if u, err := url.ParseRequestURI(uri); err == nil {
		return u.Path
	}
	path, _, _ := strings.Cut(uri, "?")
	return path
}

// isCommon reports whether the request is allowed to everybody like the user by the bindings that the API server makes itself:
// system:discovery, system:public-info-viewer, system:basic-user and system:service-account-issuer-discovery.
// k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go
func isCommon(r Request, user *AuditUser) bool {
	known, unknown := slices.Contains(user.Groups, authenticated), slices.Contains(user.Groups, unauthenticated)
	if r.Path == "" {
		if !known || r.Verb != "create" || r.Namespace != "" {
			return false
		}
		switch r.Resource {
		case "selfsubjectaccessreviews", "selfsubjectrulesreviews":
			return r.Group == "authorization.k8s.io"
		case "selfsubjectreviews":
			return r.Group == authenticationGroup
		default:
			return false
		}
	}
	if r.Verb != "get" {
		return false
	}
	switch r.Path {
	case "/livez", "/readyz", "/healthz", "/version", "/version/":
		return known || unknown
	case "/openapi", "/api", "/apis":
		return known
	case "/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/":
		return slices.Contains(user.Groups, allAccounts)
	default:
		return known && (strings.HasPrefix(r.Path, "/openapi/") || strings.HasPrefix(r.Path, "/api/") || strings.HasPrefix(r.Path, "/apis/"))
	}
}

// impliedRequest returns what else was asked of the authorizer for a request that was allowed. No event says so.
func impliedRequest(r Request, code int) (Request, bool) {
	if r.Path != "" {
		return Request{}, false
	}
	created := code == statusCreated && (r.Verb == "update" || r.Verb == "patch")
	if created {
		// An update or a patch (server-side apply above all) that makes the object needs the right to create it, by name.
		// k8s.io/apiserver/pkg/endpoints/handlers/update.go, withAuthorization
		r.Verb = "create"
		return r, true
	}
	if r.Verb == "get" && code == statusSwitchingProtocols && r.Group == "" {
		switch r.Resource {
		case "pods/exec", "pods/attach", "pods/portforward":
			// Since Kubernetes 1.35, a WebSocket needs create as SPDY does.
			// k8s.io/kubernetes/pkg/registry/core/pod/rest/authorize.go
			r.Verb = "create"
			return r, true
		}
	}
	return Request{}, false
}

// impersonations returns what the user of an event needed to act as the impersonated one. An event has the groups after the API
// server completed them; guessed is true if one of those that were left out for this reason may have been asked for.
// k8s.io/apiserver/pkg/endpoints/filters/impersonation
func impersonations(e *AuditEvent) (requests []Request, guessed bool) {
	u, verb, group := e.Impersonated, "impersonate", ""
	mode, constrained := strings.CutPrefix(e.Constraint, "impersonate:")
	if constrained {
		verb, group = e.Constraint, authenticationGroup
		on := eventRequest(e)
		on.Verb = "impersonate-on:" + mode + ":" + e.Verb
		requests = append(requests, on)
	}
	namespace, account, isAccount := splitAccount(u.Name)
	node, isNode := strings.CutPrefix(u.Name, "system:node:")
	switch {
	case isAccount:
		requests = append(requests, Request{Verb: verb, Group: group, Resource: "serviceaccounts", Namespace: namespace, Name: account})
	case mode == "associated-node":
		// The authorizer is asked for the name "*" and no other.
		requests = append(requests, Request{Verb: verb, Group: group, Resource: "nodes", Name: "*"})
	case constrained && isNode && isSubdomain(node):
		requests = append(requests, Request{Verb: verb, Group: group, Resource: "nodes", Name: node})
	default:
		requests = append(requests, Request{Verb: verb, Group: group, Resource: "users", Name: u.Name})
	}
	var groups []string
	if !constrained || mode == "user-info" { // the other modes take none
		groups, guessed = askedGroups(u)
	}
	for _, g := range groups {
		requests = append(requests, Request{Verb: verb, Group: group, Resource: "groups", Name: g})
	}
	if u.UID != "" {
		requests = append(requests, Request{Verb: verb, Group: authenticationGroup, Resource: "uids", Name: u.UID})
	}
	for _, key := range slices.Sorted(maps.Keys(u.Extra)) {
		for _, value := range u.Extra[key] {
			requests = append(requests, Request{Verb: verb, Group: authenticationGroup, Resource: "userextras/" + key, Name: value})
		}
	}
	return requests, guessed
}

// askedGroups returns the groups without those that the API server adds where it adds them. It adds the groups of a service
// account only if none were asked for, and system:authenticated or system:unauthenticated behind all others if it is not there.
func askedGroups(u *AuditUser) (groups []string, guessed bool) {
	groups = u.Groups
	last := authenticated
	if u.Name == anonymous {
		last = unauthenticated
	}
	if n := len(groups); n > 0 && groups[n-1] == last {
		groups, guessed = groups[:n-1], n > 1
	}
	if namespace, _, ok := splitAccount(u.Name); ok && slices.Equal(groups, []string{allAccounts, allAccounts + ":" + namespace}) {
		return nil, false
	}
	return groups, guessed
}
