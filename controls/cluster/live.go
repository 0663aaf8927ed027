package cluster

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
)

// Why there is no admission policy.
const (
	noPolicyForStatus    = "Nodes and clouds write it into the status by themselves; to refuse that changes nothing of what is so."
	noPolicyForEndpoints = "How the API server is reached and what it serves is no object that passes admission."
)

// The documentation that decides.
const (
	versionSkewDocs    = "https://kubernetes.io/releases/version-skew-policy/"
	patchReleaseDocs   = "https://kubernetes.io/releases/patch-releases/"
	bootstrapTokenDocs = "https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/"
	requestDocs        = "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/"
	hardeningAuthDocs  = "https://kubernetes.io/docs/concepts/security/hardening-guide/authentication-mechanisms/"
)

// factsKind is what a scan of a running cluster says of it as a whole.
var factsKind = control.Kind{Group: clusterfacts.Group, Kind: clusterfacts.Kind}

// nodeKind are Nodes.
var nodeKind = control.Kind{Kind: "Node"}

// clusterDocument is an example of what is known of a cluster as a whole; lines are those of its spec.
func clusterDocument(lines ...string) string {
	return "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec:\n  " + strings.Join(lines, "\n  ") + "\n"
}

// nodeDocument is an example of a Node with the lines of its status.nodeInfo.
func nodeDocument(name string, lines ...string) string {
	return "---\napiVersion: v1\nkind: Node\nmetadata: {name: " + name + "}\nstatus:\n  nodeInfo:\n    " + strings.Join(lines, "\n    ") + "\n"
}

// unrouted are the addresses besides the private ones to which no way in from the Internet leads: those that providers share among customers
// (RFC 6598), those for benchmarks (RFC 2544), and reserved ones.
// https://www.iana.org/assignments/iana-ipv4-special-registry/
var unrouted = [...]netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
}

// isPublic reports whether an address is one of the Internet.
func isPublic(text string) bool {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(unrouted[:], func(p netip.Prefix) bool { return p.Contains(a) })
}

// isIPv6 reports whether a text is an address of IPv6.
func isIPv6(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Unmap().Is6()
}
