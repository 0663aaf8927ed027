package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverAnonymousConditionsTooBroad: without credentials there is health and nothing else.
var ApiserverAnonymousConditionsTooBroad = control.Control{
	ID: "apiserver-anonymous-conditions-too-broad", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Limit anonymous requests in the AuthenticationConfiguration to the paths of health",
	Scope: control.Objects,
	Kinds: authentication,
	From:  31,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			config, _ := apiserverconfig.ReadAuthentication(at, 0)
			failWeak(config.OpenPaths(s.Params["healthPaths"]), fail)
		},
		Text: "if anonymous is enabled, anonymous.conditions must name only the paths of the settings", Fix: closePaths,
	},
	Params: []control.Param{{
		Name: "healthPaths", Doc: "paths that may be open without credentials, with what lies below them",
		Default: []string{"/livez", "/readyz", "/healthz"}, Example: []string{"/livez", "/readyz", "/healthz"},
		Valid: func(v string) bool { return len(v) > 1 && v[0] == '/' },
	}},
	Risk: `What asks without credentials gets 401: 'kubeadm join' with a token reads the ConfigMap cluster-info of kube-public, and other systems may fetch the
keys of service accounts from /openid/v1/jwks.`,
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForFiles,
	Remedy:   "Set anonymous.conditions to the paths /livez, /readyz and /healthz. A path is compared as a whole, not as a prefix.",
	Refs: control.Refs{
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1190"},
		Source: []string{authnDocs + "#anonymous-requests", "https://github.com/kubernetes/apiserver/tree/master/pkg/authentication/request/anonymous"},
	},
	Why: `An anonymous request is let in as system:anonymous, and from then on only RBAC stands in the way: one binding too many, for system:unauthenticated or a
group of everybody, and the whole internet reads Secrets. With conditions such a request ends at the door with 401, whatever the bindings say.`,
	Bad: []control.Change{
		{Path: "anonymous", Name: "no conditions", Value: mapping{"enabled": true}},
		{Path: "anonymous", Name: "empty", Value: mapping{"enabled": true, "conditions": []any{}}},
		{Path: "anonymous", Name: "one more", Value: open("/livez", "/api/v1/namespaces/kube-public/configmaps/cluster-info")},
		{Path: "anonymous", Name: "only others", Value: open("/version")},
		{Path: "anonymous", Name: "looks like it", Value: open("/livez", "/livezz")},
	},
	Good: []control.Change{
		{Path: "anonymous", Name: "off", Value: mapping{"enabled": false}},
		{Path: "anonymous", Name: "by the flag"},
		{Path: "anonymous", Name: "health", Value: open("/livez", "/readyz", "/healthz", "/livez/etcd")},
	},
}

func open(paths ...string) mapping {
	var conditions []any
	for _, p := range paths {
		conditions = append(conditions, mapping{"path": p})
	}
	return mapping{"enabled": true, "conditions": conditions}
}

// closePaths removes the conditions that are too broad. With none left every path would be open, so then the list is written anew.
func closePaths(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	config, _ := apiserverconfig.ReadAuthentication(at, 0)
	found := config.OpenPaths(s.Params["healthPaths"])
	conditions := config.Anonymous.Get("conditions")
	if len(found) > 0 && len(found) == max(conditions.Len(), 1) {
		var paths []any
		for _, p := range s.Params["healthPaths"] {
			paths = append(paths, mapping{"path": p})
		}
		return append(out, control.Edit{Op: control.Set, At: config.Anonymous, Path: []string{"conditions"}, Value: paths})
	}
	// Both are in the order of the file.
	for _, item := range conditions.Items() {
		if len(found) > 0 && item.Contains(found[0].At) {
			out = append(out, control.Edit{Op: control.Remove, At: item})
			found = found[1:]
		}
	}
	return out
}
