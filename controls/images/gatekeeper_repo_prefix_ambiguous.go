package images

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GatekeeperRepoPrefixAmbiguous: a prefix ends where the name of a registry ends.
var GatekeeperRepoPrefixAmbiguous = control.Control{
	ID: "gatekeeper-repo-prefix-ambiguous", Section: "registries", Layer: control.Images, Severity: control.High, Since: "0.1",
	Title: "End allow-listed registry prefixes with a slash",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "constraints.gatekeeper.sh", Kind: "K8sAllowedRepos"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, repo := range allowedRepos.Find(at).Items() {
				if isAmbiguous(repo) && !fail(control.Violation{At: repo, Problem: "is " + control.Show(repo) + ", with which other registries can begin too"}) {
					return
				}
			}
		},
		Text: "every one of spec.parameters.repos must end in /, or in : or @ behind the name of an image",
		Expr: func(c control.CEL) string {
			repos := allowedRepos.CEL(c.At)
			return "(!" + repos + ".hasValue() || " + repos + ".value().all(r, r.matches('[/:]$|@|/[^/]*:[^/]*$')))"
		},
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for _, repo := range allowedRepos.Find(at).Items() {
				if isAmbiguous(repo) {
					out = append(out, control.Edit{Op: control.Set, At: repo, Value: repo.Text() + "/"})
				}
			}
			return out
		},
	},
	Risk:   "Images are refused that only the open end of the prefix let through; a prefix that was the name of an image needs a colon instead of the slash.",
	Fix:    control.Auto,
	Remedy: "End the prefix with a slash (registry.example.com/), or behind the name of an image with a colon (docker.io/library/nginx:).",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos/"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0124"},
	},
	Why: `The constraint compares the beginning of the text. registry.example.com also lets registry.example.com.attacker.net through, a domain that anybody
can register, and ghcr.io/org also ghcr.io/org-of-somebody-else.`,
	Bad: []control.Change{
		{Path: "spec.parameters.repos", Value: []any{"registry.example.com/", "registry.example.com"}, Name: "host"},
		{Path: "spec.parameters.repos", Value: []any{"docker.io/library/nginx"}, Name: "image"},
		{Path: "spec.parameters.repos", Value: []any{""}, Name: "everything"},
		{Path: "spec.parameters.repos", Value: []any{"registry.example.com:5000"}, Name: "port"},
	},
	Good: []control.Change{
		{Path: "spec.parameters.repos", Value: []any{"registry.example.com/", "ghcr.io/org/"}, Name: "slash"},
		{Path: "spec.parameters.repos", Value: []any{"docker.io/library/nginx:", "docker.io/library/redis@sha256:"}, Name: "colon"},
	},
}

var allowedRepos = control.NewField("spec.parameters.repos")

// isAmbiguous reports whether the prefix can end in the middle of a name. A tag or digest does not matter: who has the name has the image.
func isAmbiguous(repo tree.Node) bool {
	text := repo.Text()
	if strings.HasSuffix(text, "/") || strings.Contains(text, "@") {
		return false
	}
	last := text[strings.LastIndexByte(text, '/')+1:]
	// Without a slash in front, what follows the colon may be a port.
	return !strings.Contains(last, ":") || len(last) == len(text) && !strings.HasSuffix(text, ":")
}
