package rbac

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceAccountProjectedTokenWeak: a projected token is for somebody, and not for long.
var ServiceAccountProjectedTokenWeak = control.Control{
	ID: "service-account-projected-token-weak", Section: "service-accounts", Layer: control.RBAC, Severity: control.Low, Since: "0.1",
	Title: "Give projected tokens an audience and a short life",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkProjected, Text: "a projected token must expire soon, and name its audience unless it is for the API server", Expr: projectedCEL,
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			checkProjected(s, at, func(v control.Violation) bool {
				if len(v.Missing) == 0 {
					out = append(out, control.Edit{Op: control.Set, At: v.At, Value: int64(3600)})
				}
				return true
			})
			return out
		},
	},
	Params: []control.Param{{
		Name: "maxSeconds", Doc: "longest life of a projected token in seconds", Default: []string{"86400"},
		Valid: func(v string) bool { n, err := strconv.ParseInt(v, 10, 64); return err == nil && n >= 600 },
	}},
	Risk:   "A program that reads its token only once has to read the file again before the token expires.",
	Fix:    control.Auto,
	Remedy: "Set expirationSeconds: 3600, and audience to the name of the service that the token is shown to.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken", accountDocs},
	},
	Why: `A token without an audience is one for the API server: a service that it is shown to can use it there in the name of the pod. One that lives for
days is as good as a password to whoever finds it in a log or a backup.`,
	Bad: []control.Change{
		{Path: "volumes", Value: tokenVolume(map[string]any{"path": "token", "audience": "vault", "expirationSeconds": 31536000}), Name: "a year"},
		{Path: "volumes", Value: tokenVolume(map[string]any{"path": "token", "audience": "vault", "expirationSeconds": 86401}), Name: "more than a day"},
	},
	Good: []control.Change{
		{Path: "volumes", Value: tokenVolume(map[string]any{"path": "token", "audience": "vault"}), Name: "the default"},
		{Path: "volumes", Value: tokenVolume(map[string]any{"path": "token", "audience": "istio-ca", "expirationSeconds": 43200}), Name: "half a day"},
		{Path: "volumes", Value: tokenVolume(map[string]any{"path": "token"}, map[string]any{"configMap": map[string]any{"name": "kube-root-ca.crt"}}), Name: "for the API server"},
	},
}

func checkProjected(s *control.Subject, at tree.Node, fail control.FailFunc) {
	most, _ := strconv.ParseInt(s.Params["maxSeconds"][0], 10, 64)
	for _, volume := range at.Get("volumes").Items() {
		sources := volume.Get("projected").Get("sources")
		for _, source := range sources.Items() {
			token := source.Get("serviceAccountToken")
			if token.Kind() != tree.Mapping {
				continue
			}
			seconds := token.Get("expirationSeconds")
			if n, ok := seconds.Int(); ok && n > most && !fail(control.Violation{At: seconds, Problem: "is " + seconds.Text() + ", more than " + s.Params["maxSeconds"][0] + " seconds"}) {
				return
			}
			if audience := token.Get("audience"); text(audience) == "" && !forAPIServer(at, volume, sources) &&
				!fail(control.Violation{At: token, Missing: []string{"audience"}, Problem: "is missing, so the token is one for the API server"}) {
				return
			}
		}
	}
}

// forAPIServer reports whether a volume is made to call the API: it has the CA of the API server in it, or is mounted where
// clients look for it.
func forAPIServer(spec, volume, sources tree.Node) bool {
	for _, source := range sources.Items() {
		if source.Get("configMap").Get("name").StrIs("kube-root-ca.crt") {
			return true
		}
	}
	for _, key := range []string{"containers", "initContainers", "ephemeralContainers"} {
		for _, c := range spec.Get(key).Items() {
			for _, m := range c.Get("volumeMounts").Items() {
				if m.Get("mountPath").StrIs(tokenPath) && m.Get("name").StrIs(volume.Get("name").Text()) {
					return true
				}
			}
		}
	}
	return false
}

func projectedCEL(c control.CEL) string {
	containers := "(" + c.At + ".?containers.orValue([]) + " + c.At + ".?initContainers.orValue([]) + " + c.At + ".?ephemeralContainers.orValue([]))"
	forAPI := "v.projected.sources.exists(o, o.?configMap.?name.orValue('') == 'kube-root-ca.crt') || " + containers +
		".exists(c, c.?volumeMounts.orValue([]).exists(m, m.?mountPath.orValue('') == '" + tokenPath + "' && m.?name.orValue('') == v.?name.orValue('')))"
	return c.At + ".?volumes.orValue([]).all(v, v.?projected.?sources.orValue([]).all(s, !s.?serviceAccountToken.hasValue() || " +
		"s.serviceAccountToken.?expirationSeconds.orValue(0) <= " + c.Params["maxSeconds"][0] + " && " +
		"(s.serviceAccountToken.?audience.orValue('') != '' || " + forAPI + ")))"
}

func tokenVolume(token map[string]any, more ...any) []any {
	return []any{map[string]any{"name": "tmp", "projected": map[string]any{"sources": append([]any{map[string]any{"serviceAccountToken": token}}, more...)}}}
}

// tokenPath is where tokens are mounted. The API server adds none to a container that has a mount there.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"
