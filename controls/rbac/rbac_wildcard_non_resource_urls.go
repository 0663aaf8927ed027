package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WildcardNonResourceURLs: no role has all paths of the API server.
var WildcardNonResourceURLs = control.Control{
	ID: "rbac-wildcard-non-resource-urls", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "No wildcard nonResourceURLs",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range at.Get("rules").Items() {
				for _, url := range rule.Get("nonResourceURLs").Items() {
					if isAllPaths(url) && rule.Get("verbs").Len() > 0 && !fail(control.Violation{At: url, Problem: "is " + control.Show(url) + ", all paths of the API server"}) {
						return
					}
				}
			}
		},
		Text: "no rule may allow the nonResourceURLs * or /*",
		Expr: func(c control.CEL) string {
			return anyRuleCEL(c, "r.?verbs.orValue([]).size() > 0 && r.?nonResourceURLs.orValue([]).exists(u, u.matches('^/?[*]+$'))")
		},
		Fix: onlyMetrics,
	},
	Risk:    "Clients of other paths, such as /debug/pprof, /logs or /flagz, are refused; /version and the health checks are open to everybody who is logged in.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "List the paths that are in use, such as /metrics.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1613"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/reference/using-api/health-checks/", "https://kubernetes.io/docs/reference/access-authn-authz/authorization/"},
	},
	Why: `Among the paths are /debug/pprof, which shows the memory of the API server at work and slows it down, /logs with the files of the node below
/var/log, and /configz, /flagz and /metrics with the shape of the cluster: a map for an intruder.`,
	Bad: []control.Change{
		paths("*"),
		paths("/*"),
		paths("/healthz", "*", "/metrics"),
	},
	Good: []control.Change{
		paths("/metrics"),
		paths("/healthz/*"),
	},
}

// isAllPaths decides as the RBAC authorizer does: the stars at the end stand for anything, and every path begins with /.
// https://pkg.go.dev/k8s.io/kubernetes/pkg/apis/rbac/v1#NonResourceURLMatches
func isAllPaths(url tree.Node) bool {
	text, ok := url.Str()
	stem := strings.TrimRight(text, "*")
	return ok && stem != text && (stem == "" || stem == "/")
}

// onlyMetrics leaves /metrics, the one path in common use that is not open to everybody who is logged in.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
func onlyMetrics(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	for _, rule := range at.Get("rules").Items() {
		urls := rule.Get("nonResourceURLs")
		there := anyOf(urls, []string{"/metrics"})
		for _, url := range urls.Items() {
			switch {
			case !isAllPaths(url):
			case there:
				out = append(out, control.Edit{Op: control.Remove, At: url})
			default:
				out = append(out, control.Edit{Op: control.Set, At: url, Value: "/metrics"})
				there = true
			}
		}
	}
	return out
}

func paths(urls ...any) control.Change {
	rule := map[string]any{"nonResourceURLs": urls, "verbs": []any{"get"}}
	return control.Change{Path: "rules", Value: []any{rule}, Name: urls[0].(string)}
}
