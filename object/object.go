// Package object gives one Kubernetes document its identity and finds the pods and containers in it. It reads
// trees and keeps nothing: an Object is valid as long as the tree it came from.
package object

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Object is one Kubernetes object: a document, or an item of a List in a document.
type Object struct {
	Root         tree.Node
	APIVersion   string
	Kind         string
	Namespace    string
	Name         string
	GenerateName string
}

// Group returns the API group, "" for the core group.
func (o *Object) Group() string {
	g, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return g
}

// Version returns the API version without the group.
func (o *Object) Version() string {
	_, v, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return o.APIVersion
	}
	return v
}

// DisplayName returns the name, or the generateName with a star where the API server will put its suffix.
func (o *Object) DisplayName() string {
	if o.Name == "" && o.GenerateName != "" {
		return o.GenerateName + "*"
	}
	return o.Name
}

// maxListDepth bounds Lists inside of Lists; kubectl itself unpacks a single level.
const maxListDepth = 8

// Each yields the objects of a document: the document itself, or the items if it is a List. A document that is
// no Kubernetes object (no kind or no apiVersion) yields nothing.
func Each(root tree.Node) iter.Seq[*Object] {
	return func(yield func(*Object) bool) { each(root, "", "", 0, yield) }
}

func each(root tree.Node, apiVersion, kind string, depth int, yield func(*Object) bool) bool {
	o, ok := Parse(root)
	if !ok {
		// The items of a typed list (PodList) may leave out what the list says for all of them.
		if root.Kind() != tree.Mapping || kind == "" {
			return true
		}
		if o.Kind == "" {
			o.Kind = kind
		}
		if o.APIVersion == "" {
			o.APIVersion = apiVersion
		}
	}
	items := root.Get("items")
	if !strings.HasSuffix(o.Kind, "List") || items.Kind() != tree.Sequence || depth >= maxListDepth {
		return yield(&o)
	}
	itemKind, itemVersion := strings.TrimSuffix(o.Kind, "List"), o.APIVersion
	for _, item := range items.Items() {
		if !each(item, itemVersion, itemKind, depth+1, yield) {
			return false
		}
	}
	return true
}

// Parse reads the identity of the object at root. ok is false if kind or apiVersion is missing; what there is of
// the identity is filled in all the same.
func Parse(root tree.Node) (o Object, ok bool) {
	o.Root = root
	if root.Kind() != tree.Mapping {
		return o, false
	}
	o.APIVersion = text(root.Get("apiVersion"))
	o.Kind = text(root.Get("kind"))
	meta := root.Get("metadata")
	o.Namespace = text(meta.Get("namespace"))
	o.Name = text(meta.Get("name"))
	o.GenerateName = text(meta.Get("generateName"))
	return o, o.APIVersion != "" && o.Kind != ""
}

// text returns a scalar's text for an identity; null and collections count as absent. A name such as 123 that the API
// server would refuse for its type still names the object in a report.
func text(n tree.Node) string {
	if n.Kind() != tree.Scalar || n.IsNull() {
		return ""
	}
	return n.Text()
}
