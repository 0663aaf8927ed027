package control

import (
	"time"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Subject is one thing that is judged, with what the judging depends on besides it.
type Subject struct {
	Object    *object.Object
	Pod       *object.Pod       // nil if the scope is Objects
	Container *object.Container // nil unless the scope is Containers
	// Version is the Kubernetes version that the subject is judged for.
	Version Minor
	// Now is the moment that expiry is judged for; zero if the run does not say.
	Now time.Time
	// Rendered says that the manifest came out of a chart or a kustomization: who installs that decides the namespace.
	Rendered bool
	// Params are the settings of the control that is being judged, defaults filled in.
	Params map[string][]string
}

// Root returns the node that the paths of a rule start from: the container, the pod spec or the object.
func (s *Subject) Root() tree.Node {
	switch {
	case s.Container != nil:
		return s.Container.Node
	case s.Pod != nil:
		return s.Pod.Spec
	default:
		return s.Object.Root
	}
}

// Violation is one place where a requirement does not hold.
type Violation struct {
	// At is the offending value; if the value is missing, the deepest node on the way to it that exists.
	At tree.Node
	// Missing are the path segments that do not exist below At, empty if At is the value itself.
	Missing []string
	// Problem says what is wrong with the value, to be read behind its path: "is true", "is missing".
	Problem string
	// Unknown says that the requirement could not be judged here, such as for an image that a template fills in later: this is no
	// failure, and no pass.
	Unknown bool
	// Secret says that the value at At must not be shown: not in messages, not in the line of the file, nowhere.
	Secret bool
}

// Op is what an edit does.
type Op uint8

// The operations of an edit.
const (
	Set    Op = iota // set the value at Path below At, making the mappings on the way
	Remove           // remove At (a mapping entry with its key, or an item of a sequence)
	Append           // append the value to the sequence at Path below At, making it if it is missing
)

func (o Op) String() string { return [...]string{"set", "remove", "append"}[o] }

// Edit is one change that helps to make a requirement true.
type Edit struct {
	Op Op
	// At is the node the edit starts from.
	At tree.Node
	// Path leads from At to what is changed; empty for At itself.
	Path []string
	// Value is the new value: string, bool, int64, []any or map[string]any.
	Value any
	// Whole says of an item that is removed that its list, which nothing needs if it is empty, goes with the last one.
	Whole bool
}

// Base is a node that the paths of a Change start from.
type Base uint8

// The bases of a change.
const (
	OnScope    Base = iota // the container, pod spec or object, by the control's scope
	OnPodSpec              // the pod spec
	OnMetadata             // the pod's metadata
)

// Change is a change of a fixture: the value at Path is set, or removed if Value is nil.
type Change struct {
	Base  Base
	Path  string
	Value any
	// Name tells changes apart in test output where the path does not.
	Name string
	// Kind is the kind of object that the change is for, if Scope is Objects; "" is each of the control's kinds.
	Kind string
}
