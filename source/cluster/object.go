package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Object is one object of a cluster, or word of what could not be had.
type Object struct {
	// Path names it as people do: Deployment/shop/api, with the group behind the kind if that is none of Kubernetes' own.
	Path string
	// YAML is the object as kubectl would show it, without what the API server keeps for itself. Of Secrets it has no values.
	YAML []byte
	// File says that YAML holds the bytes of a file instead, which is known by its path.
	File bool
	// Alone says that it stands for what another object makes, and is to be judged by itself only: what it has to do with others is known of its
	// owner. Owner is the path of that one; "" for all others.
	Alone bool
	Owner string
	// Differs says that objects follow of which this one is the owner.
	Differs bool
	// Missing is set instead of YAML if something could not be had.
	Missing *Missing
}

// Missing says what could not be read, of which kinds, and why.
type Missing struct {
	// Kinds are those of which objects are missing, as group and kind.
	Kinds []Kind
	// Node is the node whose kubelet was not heard, "*" if that is all of them. What a kubelet says, facts of its node can say too.
	Node string
	// Chosen says that it was not asked for, whatever is allowed.
	Chosen bool
	// Verb and Resource are what would have to be allowed: list, secrets.
	Verb, Resource string
	Err            error
}

func (m *Missing) Error() string {
	return fmt.Sprintf("cannot %s %s: %v", m.Verb, m.Resource, m.Err)
}

// Kind names a kind in an API group.
type Kind struct{ Group, Kind string }

// path names an object.
func path(r *resource, namespace, name string) string {
	kind := r.kind
	if r.group != "" && !builtIn(r.group) {
		kind += "." + r.group
	}
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

// builtIn reports whether a group is one of Kubernetes' own, whose kinds need no group to be told apart.
func builtIn(group string) bool {
	switch group {
	case "apps", "batch", "autoscaling", "policy", "extensions":
		return true
	}
	return strings.HasSuffix(group, ".k8s.io") && !strings.Contains(strings.TrimSuffix(group, ".k8s.io"), "x-")
}

// keepsStatus are the kinds of whose status controls ask something: what is is not always what was asked for.
func keepsStatus(kind string) bool {
	switch kind {
	case "Node", "Pod", "DaemonSet", "Deployment", "StatefulSet", "Service", "CertificateSigningRequest", "StorageVersionMigration", "APIService":
		return true
	}
	return false
}

// lastApplied is where kubectl keeps the whole object once more. https://kubernetes.io/docs/reference/labels-annotations-taints/
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// covered stands for the values of a Secret.
const covered = "(not shown)"

// filter leaves out of an object what the API server keeps for itself, what is there twice, and what nobody may see.
func filter(r *resource) func(path []string, n tree.Node) (string, bool, bool) {
	secret := r.group == "" && r.kind == "Secret"
	return func(path []string, n tree.Node) (text string, instead, drop bool) {
		switch len(path) {
		case 1:
			return "", false, path[0] == "status" && !keepsStatus(r.kind) || secret && (path[0] == "data" || path[0] == "stringData") ||
				path[0] == "apiVersion" || path[0] == "kind"
		case 2:
			switch path[0] {
			case "metadata":
				return "", false, slices.Contains([]string{"managedFields", "resourceVersion", "uid", "generation", "selfLink"}, path[1])
			case "status":
				// The images that a node has are a long list of no use here.
				return "", false, r.kind == "Node" && (path[1] == "images" || path[1] == "volumesInUse" || path[1] == "volumesAttached")
			}
		case 3:
			if path[0] == "metadata" && path[1] == "annotations" && path[2] == lastApplied {
				// What kubectl keeps is the same object again. Of a Secret it matters that its values are in there, and not which.
				return lastAppliedOf(n.Text()), secret, !secret
			}
		}
		return "", false, false
	}
}

// lastAppliedOf says which of the fields with values an annotation of kubectl repeats.
func lastAppliedOf(text string) string {
	doc, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
	if err != nil {
		return covered
	}
	var fields []string
	for _, name := range []string{"data", "stringData"} {
		var keys []string
		for key := range doc.Root().Get(name).Pairs() {
			keys = append(keys, fmt.Sprintf("%q:%q", key.Text(), covered))
		}
		if len(keys) > 0 {
			fields = append(fields, fmt.Sprintf("%q:{%s}", name, strings.Join(keys, ",")))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// identity is what is asked of every object.
type identity struct {
	namespace, name, uid string
	// owner is the controller that made it, if one did.
	owner reference
}

type reference struct{ group, kind, name, uid string }

// identify reads metadata.
func identify(meta tree.Node) identity {
	id := identity{namespace: meta.Get("namespace").Text(), name: meta.Get("name").Text(), uid: meta.Get("uid").Text()}
	for _, ref := range meta.Get("ownerReferences").Items() {
		if is, _ := ref.Get("controller").Bool(); is {
			group, _, found := strings.Cut(ref.Get("apiVersion").Text(), "/")
			if !found {
				group = ""
			}
			id.owner = reference{group, ref.Get("kind").Text(), ref.Get("name").Text(), ref.Get("uid").Text()}
		}
	}
	return id
}

// render writes an object as YAML. In a list the items do not say what they are.
func render(r *resource, root tree.Node) []byte {
	w := writer{replace: filter(r)}
	w.out = append(w.out, "apiVersion: "+r.apiVersion()+"\nkind: "+r.kind+"\n"...)
	w.mapping(root, 0, false)
	return w.out
}
