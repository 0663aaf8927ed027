package network

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

const serviceDocs = "https://kubernetes.io/docs/concepts/services-networking/service/"

var (
	services    = []control.Kind{{Kind: "Service"}}
	serviceType = control.NewField("spec.type")
	annotations = control.NewField("metadata.annotations")
)

// isPublicLoadBalancer reports whether a service is a way into the cluster from outside. A load balancer inside of the cloud's network is none from outside.
func isPublicLoadBalancer(at tree.Node) bool {
	return serviceType.Find(at).StrIs("LoadBalancer") && !isInternal(at)
}

// isInternal reports whether the annotations of a cloud keep a load balancer inside of its network.
func isInternal(at tree.Node) bool {
	var s workload.Service
	for key, value := range annotations.Find(at).Pairs() {
		s.Annotations = append(s.Annotations, label.Label{Key: key.Text(), Value: value.Text()})
	}
	return s.Internal()
}

// publicLoadBalancerCEL says isPublicLoadBalancer.
func publicLoadBalancerCEL(at string) string {
	set := annotations.CEL(at) + ".orValue({})"
	value := "dyn(" + set + ")[k].lowerAscii()"
	return "(" + serviceType.CEL(at) + ".orValue('') == 'LoadBalancer' && !" + set + ".exists(k, " +
		"(k.endsWith('load-balancer-internal') || k.endsWith('internal-load-balancer')) && " + value + " != 'false' || " +
		"(k.endsWith('load-balancer-type') || k.endsWith('load-balancer-scheme')) && " + value + " == 'internal' || " +
		"k.endsWith('load-balancer-address-type') && " + value + " == 'intranet'))"
}

// accepted is the setting that names services that are meant to be a way in.
func accepted(what string) []control.Param {
	return []control.Param{{
		Name: "allowed", Doc: what + " that are meant to be, each as NAMESPACE/NAME or NAMESPACE/*", Default: []string{}, Example: []string{"ingress-nginx/*"},
		Valid: func(v string) bool { return strings.Count(v, "/") == 1 },
	}}
}

func isAccepted(s *control.Subject) bool {
	allowed := s.Params["allowed"]
	return slices.Contains(allowed, s.Object.Namespace+"/"+s.Object.Name) || slices.Contains(allowed, s.Object.Namespace+"/*")
}

// acceptedCEL says isAccepted.
func acceptedCEL(c control.CEL) string {
	namespace := c.At + ".?metadata.?namespace.orValue('') + '/'"
	list := control.QuoteAll(c.Params["allowed"])
	return "(" + namespace + " + '*' in " + list + " || " + namespace + " + " + c.At + ".?metadata.?name.orValue('') in " + list + ")"
}

// toClusterIP makes a service one of the inside. The API server refuses what is for services of the outside only:
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/validation/validation.go
func toClusterIP(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	out = append(out, serviceType.Set(at, "ClusterIP"))
	spec := at.Get("spec")
	for _, key := range []string{"externalTrafficPolicy", "healthCheckNodePort"} {
		if n := spec.Get(key); n.Exists() {
			out = append(out, control.Edit{Op: control.Remove, At: n})
		}
	}
	for _, port := range spec.Get("ports").Items() {
		if n := port.Get("nodePort"); n.Exists() {
			out = append(out, control.Edit{Op: control.Remove, At: n})
		}
	}
	return out
}

// nodePorts lists the fixed node ports of a service for people.
func nodePorts(at tree.Node) string {
	var all []string
	for _, port := range at.Get("spec").Get("ports").Items() {
		if n, ok := port.Get("nodePort").Int(); ok && len(all) < maxRelated {
			all = append(all, strconv.FormatInt(n, 10))
		}
	}
	if all == nil {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}
