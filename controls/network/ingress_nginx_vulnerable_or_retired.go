package network

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressNginxVulnerableOrRetired: nobody repairs the controller any more.
var IngressNginxVulnerableOrRetired = control.Control{
	ID: "ingress-nginx-vulnerable-or-retired", Section: "allow-rules", Layer: control.Network, Severity: control.Critical, Since: "0.1",
	Title: "Replace ingress-nginx, which is retired, and until then patch CVE-2025-1974",
	Scope: control.Containers,
	Require: &control.Func{
		Check: checkNginx, Text: "the image must not be the controller of ingress-nginx, whose last releases are of March 2026",
		Expr: func(c control.CEL) string {
			return "(!" + imageField.CEL(c.At) + ".orValue('').matches(" + control.Quote(nginxImage) + "))"
		},
	},
	// This one says of every version of the controller that it has to go.
	Suppresses: []string{"addon-known-cve"},
	Risk:       "Ingresses need another controller, and annotations of ingress-nginx mean nothing to it.",
	Fix:        control.Advice,
	NoFix:      "What to use instead, and how to carry over the Ingresses, only a person can decide.",
	Remedy:     "Move to the Gateway API or to a controller that is maintained; until then run v1.11.5, v1.12.1 or newer and let only the API server reach the webhook.",
	Refs: control.Refs{
		NSA:    []string{"Upgrading and application security practices"},
		MITRE:  []string{"T1190"},
		Source: []string{"https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/", "https://kubernetes.io/blog/2025/03/24/ingress-nginx-cve-2025-1974/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0292"}, Trivy: []string{"KCV-0093"},
		Kyverno: []string{"other/check-ingress-nginx-controller-version-and-annotation-policy"},
	},
	Why: `ingress-nginx has had no fixes since March 2026, so that the next hole in it stays open. Before 1.11.5 and 1.12.1 every pod that reaches its webhook
runs code in the controller without a password and reads all Secrets of the cluster (IngressNightmare, CVE-2025-1974).`,
	Bad: []control.Change{
		{Path: "image", Value: "registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:" + strings.Repeat("ab", 32)},
		{Path: "image", Value: "mirror.example.com/k8s/ingress-nginx/controller-chroot:v1.15.0@sha256:" + strings.Repeat("ab", 32)},
		{Path: "image", Value: "quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.30.0"},
	},
	Good: []control.Change{
		{Path: "image", Value: "nginx/nginx-ingress:5.0.0"},
		{Path: "image", Value: "registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5.1"},
		{Path: "image", Value: "cgr.dev/chainguard/ingress-nginx-controller:1.13"},
	},
}

// nginxImage are the images of the project and their copies. Those that others build from the source and maintain, such as Chainguard and
// Rancher, have other names.
const nginxImage = `(^|/)(ingress-nginx/controller(-chroot)?|kubernetes-ingress-controller/nginx-ingress-controller(-[a-z0-9]+)?)([:@]|$)`

var (
	imageField   = control.NewField("image")
	isNginxImage = regexp.MustCompile(nginxImage).MatchString
)

func checkNginx(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	n := imageField.Find(at)
	if !strings.Contains(n.Text(), "ingress") || !isNginxImage(n.Text()) {
		return
	}
	problem := "is ingress-nginx, which has had no fixes since March 2026"
	if _, tag, _ := image.Split(n.Text()); isOpenToNightmare(tag) {
		problem = "is ingress-nginx " + tag + ", open to CVE-2025-1974 and without fixes since March 2026"
	}
	fail(control.Violation{At: n, Problem: problem})
}

// isOpenToNightmare reports whether a tag is of a version before 1.11.5, or 1.12.0: https://github.com/kubernetes/kubernetes/issues/131009
func isOpenToNightmare(tag string) bool {
	parts := strings.SplitN(strings.TrimPrefix(tag, "v"), ".", 3)
	if len(parts) < 3 {
		return false
	}
	patch, _, _ := strings.Cut(parts[2], "-")
	var version [3]int
	for i, part := range []string{parts[0], parts[1], patch} {
		n, err := strconv.Atoi(part)
		if err != nil {
			return false
		}
		version[i] = n
	}
	switch major, minor := version[0], version[1]; {
	case major != 1:
		return major < 1
	case minor == 11:
		return version[2] < 5
	case minor == 12:
		return version[2] < 1
	default:
		return minor < 11
	}
}
