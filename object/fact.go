package object

import (
	"unique"

	"github.com/kubeharden/kubeharden/tree"
)

// Keep returns a scalar's text so that it can be kept when the tree and its bytes are gone: equal texts share their bytes. What is
// null, missing or no scalar is "".
func Keep(n tree.Node) string {
	s := text(n)
	if s == "" {
		return ""
	}
	return unique.Make(s).Value()
}

// DefaultNamespace is where the API server puts an object that names no namespace, unless whoever applies it says otherwise.
const DefaultNamespace = "default"

// EffectiveNamespace returns the namespace of a namespaced object: the one that it names, else DefaultNamespace.
func (o *Object) EffectiveNamespace() string {
	if o.Namespace == "" {
		return DefaultNamespace
	}
	return unique.Make(o.Namespace).Value()
}

// Origin says where an object was read, so that it can be named, and found again, when its tree is gone.
type Origin struct {
	// File is the path that reports show; that of the template if the object was rendered.
	File string
	// Line is the line of the object's first key in File, counted from 1; 0 if that is not known.
	Line int
	// Input is the number of the input of a run that the object came from, counted from 0.
	Input int
	// Start is the offset of the object's first byte in that input.
	Start int
}

// Flaw is something in an object that the API server refuses, or that cannot mean what its author wanted.
type Flaw struct {
	// Object is the number that the object was read under.
	Object int
	// Path leads from the object's root to what is wrong.
	Path string
	// Message says what is wrong with it, to be read behind the path: "is no CIDR".
	Message string
}
