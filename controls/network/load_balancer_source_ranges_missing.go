package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// LoadBalancerSourceRangesMissing: a public load balancer need not be for everybody.
var LoadBalancerSourceRangesMissing = control.Control{
	ID: "load-balancer-source-ranges-missing", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Limit public load balancers by loadBalancerSourceRanges",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: checkSourceRanges, Text: "a public load balancer must have source ranges other than all addresses",
		Expr: func(c control.CEL) string {
			keys := control.QuoteAll(rangeAnnotations)
			all := control.QuoteAll(allAddresses)
			set := annotations.CEL(c.At) + ".orValue({})"
			return "(!" + publicLoadBalancerCEL(c.At) + " || " + acceptedCEL(c) + " || (" + sourceRanges.CEL(c.At) + ".orValue([]) != [] ? !" +
				sourceRanges.CEL(c.At) + ".orValue([]).exists(r, r.trim() in " + all + ") : " +
				set + ".exists(k, k in " + keys + " && dyn(" + set + ")[k].trim() != '' && !dyn(" + set + ")[k].split(',').exists(r, r.trim() in " + all + "))))"
		},
	},
	Params: accepted("public load balancers for everybody"),
	Risk:   "Clients with other addresses are cut off; not every load balancer keeps the address of the client.",
	Fix:    control.Advice,
	NoFix:  "Who the clients are, only a person can say.",
	Remedy: "Set spec.loadBalancerSourceRanges to the addresses of the clients, or name a load balancer that is for everybody in the parameter allowed.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1133", "T1190"},
		Source: []string{serviceDocs + "#loadbalancer", "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/"},
	},
	Peers: control.Peers{Other: []string{"kics:ingress_whitelist_open_to_all"}},
	Why: `Without source ranges the firewall of the cloud lets every address of the internet to the load balancer. The next hole in the software behind it
is then open to everybody who scans for it, instead of only to an office, a partner or a content delivery network.`,
	Bad: []control.Change{
		{Path: "spec", Name: "missing", Value: map[string]any{"type": "LoadBalancer"}},
		{Path: "spec", Name: "everybody", Value: map[string]any{"type": "LoadBalancer", "loadBalancerSourceRanges": []any{"192.0.2.0/24", "0.0.0.0/0"}}},
		{Path: "spec", Name: "empty", Value: map[string]any{"type": "LoadBalancer", "loadBalancerSourceRanges": []any{}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "limited", Value: map[string]any{"type": "LoadBalancer", "loadBalancerSourceRanges": []any{"192.0.2.0/24", "2001:db8::/32"}}},
		{Path: "spec.type", Value: "ClusterIP"},
	},
}

var (
	sourceRanges = control.NewField("spec.loadBalancerSourceRanges")
	allAddresses = []string{"0.0.0.0/0", "::/0"}
	// rangeAnnotations limit the clients of a load balancer where the field is empty. The first is Kubernetes' own:
	// https://github.com/kubernetes/cloud-provider/blob/master/service/helpers/helper.go
	rangeAnnotations = []string{
		"service.beta.kubernetes.io/load-balancer-source-ranges", "service.beta.kubernetes.io/aws-load-balancer-security-groups",
		"service.beta.kubernetes.io/azure-allowed-ip-ranges", "service.beta.kubernetes.io/azure-allowed-service-tags",
	}
)

func checkSourceRanges(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if !isPublicLoadBalancer(at) || isAccepted(s) {
		return
	}
	ranges := sourceRanges.Find(at)
	for _, r := range ranges.Items() {
		if isAllAddresses(r.Text()) && !fail(control.Violation{At: r, Problem: "is " + control.Show(r) + ", all addresses"}) {
			return
		}
	}
	if ranges.Len() == 0 && !limitedByAnnotation(at) {
		fail(sourceRanges.Violation(at, "is missing, so the load balancer is for everybody"))
	}
}

func limitedByAnnotation(at tree.Node) bool {
	for _, key := range rangeAnnotations {
		limited := false
		for part := range strings.SplitSeq(annotations.Find(at).Get(key).Text(), ",") {
			if isAllAddresses(part) {
				limited = false
				break
			}
			limited = limited || strings.TrimSpace(part) != ""
		}
		if limited {
			return true
		}
	}
	return false
}

func isAllAddresses(r string) bool {
	r = strings.TrimSpace(r)
	return r == allAddresses[0] || r == allAddresses[1]
}
