package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// apiGroups are the API groups of Kubernetes' own resources. metrics.k8s.io is that of the metrics server, which is in nearly every
// cluster. https://kubernetes.io/docs/reference/kubernetes-api/
var apiGroups = map[string][]string{
	"": {
		"bindings", "componentstatuses", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims",
		"persistentvolumes", "pods", "podtemplates", "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
	},
	"admissionregistration.k8s.io": {
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
	},
	"apiextensions.k8s.io":         {"customresourcedefinitions"},
	"apiregistration.k8s.io":       {"apiservices"},
	"apps":                         {"controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"},
	"authentication.k8s.io":        {"selfsubjectreviews", "tokenreviews"},
	"authorization.k8s.io":         {"localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"},
	"autoscaling":                  {"horizontalpodautoscalers"},
	"batch":                        {"cronjobs", "jobs"},
	"certificates.k8s.io":          {"certificatesigningrequests", "signers"},
	"coordination.k8s.io":          {"leases"},
	"discovery.k8s.io":             {"endpointslices"},
	"events.k8s.io":                {"events"},
	"flowcontrol.apiserver.k8s.io": {"flowschemas", "prioritylevelconfigurations"},
	"metrics.k8s.io":               {"nodes", "pods"},
	"networking.k8s.io":            {"ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"},
	"node.k8s.io":                  {"runtimeclasses"},
	"policy":                       {"poddisruptionbudgets"},
	rbacGroup:                      {"clusterrolebindings", "clusterroles", "rolebindings", "roles"},
	"resource.k8s.io":              {"deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"},
	"scheduling.k8s.io":            {"priorityclasses"},
	"storage.k8s.io":               {"csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"},
}

// nameGroups puts the groups of a rule's resources in the place of *, where all of the resources are Kubernetes' own.
func nameGroups(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	for _, rule := range at.Get("rules").Items() {
		if !star(rule, "apiGroups").Exists() {
			continue
		}
		if groups := groupsInUse(rule.Get("resources")); groups != nil {
			out = append(out, control.Edit{Op: control.Set, At: rule, Path: []string{"apiGroups"}, Value: groups})
		}
	}
	return out
}

// groupsInUse returns the API groups that have the resources, sorted; nil if a resource is not known.
func groupsInUse(resources tree.Node) []any {
	in := map[string]bool{}
	for _, item := range resources.Items() {
		name, _, _ := strings.Cut(item.Text(), "/")
		known := false
		for group, names := range apiGroups {
			if slices.Contains(names, name) {
				in[group], known = true, true
			}
		}
		if !known {
			return nil
		}
	}
	names := make([]string, 0, len(in))
	for group := range in {
		names = append(names, group)
	}
	slices.Sort(names)
	var groups []any
	for _, group := range names {
		groups = append(groups, group)
	}
	return groups
}
