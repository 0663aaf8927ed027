package rbac

import (
	"iter"
	"slices"
	"strings"
)

// Resource is a resource that the API server itself serves.
type Resource struct {
	Group, Name string
	Namespaced  bool
}

// asked are resources that nobody serves: the API server asks its authorizer about them only.
// https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ and
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
var asked = [...]Resource{
	{"", "groups", false},
	{"", "users", false},
	{"authentication.k8s.io", "uids", false},
	{"authentication.k8s.io", "userextras", false},
	{"certificates.k8s.io", "signers", false},
}

// gone are resources that were served once, and the first minor version of Kubernetes 1 without them:
// https://kubernetes.io/docs/reference/using-api/deprecation-guide/
var gone = [...]struct {
	group, name string
	since       int
}{
	{"extensions", "daemonsets", 16},
	{"extensions", "deployments", 16},
	{"extensions", "ingresses", 22},
	{"extensions", "networkpolicies", 16},
	{"extensions", "podsecuritypolicies", 16},
	{"extensions", "replicasets", 16},
	{"extensions", "replicationcontrollers", 16},
	{"policy", "podsecuritypolicies", 25},
}

// ServedGroup reports whether an API group is one of the API server's own. Others are those of CustomResourceDefinitions and of API servers
// behind it, whose names have a dot.
func ServedGroup(group string) bool {
	return slices.ContainsFunc(served[:], func(r Resource) bool { return r.Group == group })
}

// Named yields the resources of a name that the API server serves or asks about, one for each group.
func Named(name string) iter.Seq[Resource] {
	return func(yield func(Resource) bool) {
		for _, list := range [...][]Resource{served[:], asked[:]} {
			for _, r := range list {
				if r.Name == name && !yield(r) {
					return
				}
			}
		}
	}
}

// GoneSince returns the minor version of Kubernetes 1 that was the first one without a resource of a group.
func GoneSince(group, name string) (minor int, ok bool) {
	for _, g := range gone {
		if g.group == group && g.name == name {
			return g.since, true
		}
	}
	return 0, false
}

// NearResource returns the resource of the API server that a misspelt name is likely meant to be: its singular, its kind, its short name.
func NearResource(name string) (Resource, bool) {
	lower := strings.ToLower(name)
	if long, ok := shortNames()[lower]; ok {
		lower = long
	}
	for _, plural := range [...]string{lower, lower + "s", lower + "es", strings.TrimSuffix(lower, "y") + "ies"} {
		for _, r := range served[:] {
			if r.Name == plural {
				return r, true
			}
		}
	}
	return Resource{}, false
}

// shortNames are those of kubectl, which mean nothing in a role.
func shortNames() map[string]string {
	return map[string]string{
		"cm": "configmaps", "cj": "cronjobs", "csr": "certificatesigningrequests", "crd": "customresourcedefinitions", "crds": "customresourcedefinitions",
		"cs": "componentstatuses", "deploy": "deployments", "ds": "daemonsets", "ep": "endpoints", "ev": "events", "hpa": "horizontalpodautoscalers",
		"ing": "ingresses", "limits": "limitranges", "netpol": "networkpolicies", "no": "nodes", "ns": "namespaces", "pc": "priorityclasses",
		"pdb": "poddisruptionbudgets", "po": "pods", "pv": "persistentvolumes", "pvc": "persistentvolumeclaims", "quota": "resourcequotas",
		"rc": "replicationcontrollers", "rs": "replicasets", "sa": "serviceaccounts", "sc": "storageclasses", "sts": "statefulsets", "svc": "services",
	}
}

// GroupOf returns the API group of a resource that Kubernetes itself has, as kubectl finds it for a name without one; "" for those of
// the core group and for names that are not known. https://kubernetes.io/docs/reference/kubernetes-api/
func GroupOf(resource string) string {
	if resource == "*" {
		return "*"
	}
	for r := range Named(resource) {
		return r.Group
	}
	return ""
}
