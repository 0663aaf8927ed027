package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// AddonKnownCVE: what runs with the rights of the cluster is repaired when a hole is published.
var AddonKnownCVE = control.Control{
	ID: "addon-known-cve", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Run no add-on (Argo CD, Grafana, Kyverno, ingress-nginx, Istio) with a known hole",
	Scope:    control.Containers,
	Require:  &control.Func{Check: checkAddon, Text: "the version of an add-on must not be one that a serious advisory is about"},
	Risk:     "The newer version may need other settings and other versions of its custom resources; read its upgrade notes.",
	Fix:      control.Advice,
	NoFix:    "Charts and custom resources have to move along with the image, so only a person can say which version to take.",
	NoPolicy: "Advisories come more often than policies are changed, and CEL does not know all forms of tags.",
	Remedy:   "Upgrade the add-on to the version that the finding names or to a newer one, and pin it to a whole version or a digest.",
	Refs: control.Refs{
		NSA:    []string{"Upgrading and application security practices"},
		MITRE:  []string{"T1190"},
		Source: advisorySources(),
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0081", "C-0090", "C-0091"},
	},
	Why: `Add-ons hold rights that no workload has: Argo CD writes to all of the cluster, Kyverno and ingress-nginx read Secrets, Istio has the keys of gateways. What
was published about them is tried out on everybody within days. Only serious holes are looked up, by the tag; a tag that moves, or a digest alone, does not tell.`,
	Bad: []control.Change{
		{Path: "image", Value: "quay.io/argoproj/argocd:v2.14.15"},
		{Path: "image", Value: "mirror.example.com/hub/grafana/grafana:8.3.0-ubuntu"},
		{Path: "image", Value: "ghcr.io/kyverno/kyverno:v1.8.4@sha256:" + strings.Repeat("ab", 32)},
		{Path: "image", Value: "registry.k8s.io/ingress-nginx/controller:v1.11.4"},
		{Path: "image", Value: "registry.istio.io/release/pilot:1.13.0"},
	},
	Good: []control.Change{
		{Path: "image", Value: "quay.io/argoproj/argocd:v2.14.16"},
		{Path: "image", Value: "grafana/grafana:13.2.2"},
		{Path: "image", Value: "registry.example.com/istio/proxyv2:1.8.0"},
		{Path: "image", Value: "registry.example.com/apps/not-kyverno/kyverno-notifier:v1.8.4"},
	},
}

func advisorySources() []string {
	var out []string
	for i := range addons {
		for j := range addons[i].advisories {
			out = append(out, addons[i].advisories[j].source)
		}
	}
	return out
}

var containerImage = control.NewField("image")

func checkAddon(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	n := containerImage.Find(at)
	name, tag, _ := image.Split(n.Text())
	if n.Type() != tree.String || image.IsTemplate(name) {
		return // whether it is an add-on nobody can say
	}
	ref, err := image.Parse(name)
	if err != nil {
		return
	}
	a := addonOf(&ref)
	if a == nil {
		return
	}
	unknown := func(why string) {
		fail(control.Violation{At: n, Problem: "is " + a.name + ", and " + why, Unknown: true})
	}
	r, ok := readTag(tag)
	switch {
	case image.IsTemplate(tag):
		unknown("a template fills in its version")
	case tag == "":
		unknown("no tag tells its version")
	case !ok:
		unknown("the tag " + tag + " does not tell its version")
	case r.line:
		if a.mayBeOpen(&r) {
			unknown("the tag " + tag + " moves along releases of which some are open to published holes")
		}
	default:
		found, safe := a.open(r.version)
		switch {
		case len(found) == 0:
		case r.rebuilt:
			unknown("whether " + tag + " has the repair of " + found[0].id + " only those who built it can say")
		default:
			fail(control.Violation{At: n, Problem: "is " + a.name + " " + r.version.String() + ", open to " + openTo(found) + "; repaired in " + safe.String()})
		}
	}
}

// openTo names what a version is open to: the worst with what it means, the others by their numbers.
func openTo(found []*advisory) string {
	names := []string{found[0].id + " (" + found[0].effect + ")"}
	for _, other := range found[1:] {
		names = append(names, other.id)
	}
	return strings.Join(names, ", ")
}
