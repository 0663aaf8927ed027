package network

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressNginxSnippet: an Ingress does not write the configuration of the controller.
var IngressNginxSnippet = control.Control{
	ID: "ingress-nginx-snippet", Section: "allow-rules", Layer: control.Network, Severity: control.Critical, Since: "0.1",
	Title: "Use no snippets and inject no configuration into ingress-nginx",
	Scope: control.Objects,
	Kinds: append([]control.Kind{configMaps}, ingresses...),
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if s.Object.Kind == "ConfigMap" {
				if allowSnippets.Find(at).StrIs("true") {
					fail(allowSnippets.Violation(at, "is true, so every Ingress can change the configuration of the controller"))
				}
				return
			}
			eachInjection(at, fail)
		},
		Text: "an Ingress must have no snippet and no text that ends a directive of nginx, and allow-snippet-annotations must not be true",
		Expr: snippetCEL, Fix: fixSnippets,
	},
	Risk:    "What the snippet did, such as headers and redirects, is gone; most of it has an annotation of its own.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the annotation, and set allow-snippet-annotations to \"false\" in the ConfigMap of the controller.",
	Refs: control.Refs{
		NSA:   []string{needsNetworkPolicies},
		MITRE: []string{"T1190", "T1552.007"},
		Source: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#configuration-snippet",
			"https://github.com/kubernetes/kubernetes/issues/126811", "https://kubernetes.io/blog/2025/03/24/ingress-nginx-cve-2025-1974/",
		},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0059"}, Trivy: []string{"KCV-0093"},
		Checkov: []string{"CKV_K8S_152", "CKV_K8S_153", "CKV_K8S_154"},
		Kyverno: []string{
			"nginx-ingress/disallow-ingress-nginx-custom-snippets", "nginx-ingress/restrict-annotations", "nginx-ingress/restrict-ingress-paths",
			"other/check-ingress-nginx-controller-version-and-annotation-policy",
		},
		Other: []string{"terrascan:AC_K8S_0050"},
	},
	Why: `Snippets, and values that end a directive, are written into the configuration of a controller that may read all Secrets of the cluster. Who may make an
Ingress in one namespace reads its token with a line of Lua and then everything else (CVE-2021-25742, CVE-2025-1097, CVE-2025-1098, CVE-2025-24514).`,
	Bad: []control.Change{
		{Path: "metadata.annotations", Kind: "Ingress", Name: "snippet", Value: map[string]any{nginxKeys + "configuration-snippet": "more_set_headers \"a: b\";"}},
		{Path: "metadata.annotations", Kind: "Ingress", Name: "auth-url", Value: map[string]any{nginxKeys + "auth-url": "http://example.com/#;load_module test;\n"}},
		{Path: "metadata.annotations", Kind: "Ingress", Name: "two", Value: map[string]any{nginxKeys + "mirror-host": "a;}", nginxKeys + "server-snippet": ""}},
		{Path: "spec.rules", Kind: "Ingress", Name: "path", Value: []any{map[string]any{"host": "shop.example.com", "http": map[string]any{"paths": []any{
			map[string]any{"path": "/a {alias /var/run/secrets/;} location /b"}, map[string]any{"path": "/"},
		}}}}},
		{Path: "data", Kind: "ConfigMap", Value: map[string]any{"allow-snippet-annotations": "true"}},
	},
	Good: []control.Change{
		{Path: "metadata.annotations", Kind: "Ingress", Name: "login", Value: map[string]any{
			nginxKeys + "auth-url": "https://$host/oauth2/auth?a=b&c", nginxKeys + "auth-tls-match-cn": "CN=^(foo|bar)$", nginxKeys + "mirror-target": "https://test.env.com/$request_uri",
		}},
		{Path: "data", Kind: "ConfigMap", Value: map[string]any{"allow-snippet-annotations": "false"}},
	},
}

const (
	snippetKey = `^nginx\.ingress\.kubernetes\.io/[a-z-]*snippet$`
	// injectableKeys are written into the configuration as they are by versions before 1.11.5 and 1.12.1.
	injectableKeys = `^nginx\.ingress\.kubernetes\.io/(auth-url|auth-tls-match-cn|mirror-target|mirror-host)$`
	// endsDirective is what no address and no name has in it, and what begins something new in the configuration of nginx.
	endsDirective = `[;#{}\n\r]`
	// injectedPath is a path that ends the location, or names the files of the controller (CVE-2021-25745).
	injectedPath = `[\n\r"]|;\s|\{\s*[a-z_]|/var/run/secrets|/etc/kubernetes`
)

var (
	allowSnippets     = control.NewField("data.allow-snippet-annotations")
	isSnippetKey      = regexp.MustCompile(snippetKey).MatchString
	isInjectableKey   = regexp.MustCompile(injectableKeys).MatchString
	hasEndOfDirective = regexp.MustCompile(endsDirective).MatchString
	isInjectedPath    = regexp.MustCompile(injectedPath).MatchString
)

func eachInjection(at tree.Node, fail control.FailFunc) {
	for key, value := range annotations.Find(at).Pairs() {
		problem := ""
		switch name := key.Text(); {
		case !strings.HasPrefix(name, nginxKeys) || value.IsNull():
		case isSnippetKey(name):
			problem = "is written into the configuration of the controller"
		case isInjectableKey(name) && hasEndOfDirective(value.Text()):
			problem = "ends the directive of nginx that it is written into"
		}
		if problem != "" && !fail(control.Violation{At: value, Problem: problem}) {
			return
		}
	}
	for _, rule := range ingressRules.Find(at).Items() {
		for _, item := range rule.Get("http").Get("paths").Items() {
			if path := item.Get("path"); isInjectedPath(path.Text()) && !fail(control.Violation{At: path, Problem: "ends the location of nginx that it is written into, or names files of the controller"}) {
				return
			}
		}
	}
}

func fixSnippets(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	if s.Object.Kind == "ConfigMap" {
		return append(out, allowSnippets.Set(at, "false"))
	}
	eachInjection(at, func(v control.Violation) bool {
		if annotations.Find(at).Contains(v.At) {
			out = append(out, control.Edit{Op: control.Remove, At: v.At})
		}
		return true
	})
	for _, rule := range ingressRules.Find(at).Items() {
		for _, item := range rule.Get("http").Get("paths").Items() {
			if isInjectedPath(item.Get("path").Text()) {
				out = append(out, control.Edit{Op: control.Remove, At: item})
			}
		}
	}
	return out
}

func snippetCEL(c control.CEL) string {
	set := annotations.CEL(c.At) + ".orValue({})"
	return "(" + c.At + ".kind == 'ConfigMap' ? " + allowSnippets.CEL(c.At) + ".orValue('') != 'true' : !" + set + ".exists(k, k.matches(" + control.Quote(snippetKey) +
		") || k.matches(" + control.Quote(injectableKeys) + ") && dyn(" + set + ")[k].matches(" + control.Quote(endsDirective) + ")) && !" +
		ingressRules.CEL(c.At) + ".orValue([]).exists(r, r.?http.?paths.orValue([]).exists(p, p.?path.orValue('').matches(" + control.Quote(injectedPath) + "))))"
}
