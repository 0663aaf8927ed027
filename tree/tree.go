// Package tree reads YAML and JSON into flat trees whose nodes know their bytes.
//
// A Tree is an arena of fixed-size nodes in preorder: no pointers, no maps, one
// allocation that is used again for the next document. Every node carries the half-open byte span
// [start, end) that it occupies in the source, so a caller can point at a value, cut it out or replace it
// without re-encoding anything.
//
// Values are read as kubectl reads them, that is as sigs.k8s.io/yaml does: YAML 1.1 booleans (yes, on, y),
// underscores and leading zeros in numbers, dates as text, the last of two equal keys wins (and is reported).
// A document is given the same value as sigs.k8s.io/yaml gives it or it is refused with an [Error]; it is never
// given a different one.
//
// The package knows nothing of Kubernetes.
package tree

import (
	"iter"
	"slices"
)

// Kind is what a node is made of.
type Kind uint8

// The kinds of node. The kind of a node that does not exist is Missing.
const (
	Missing Kind = iota
	Scalar
	Mapping
	Sequence
)

func (k Kind) String() string {
	switch k {
	case Scalar:
		return "scalar"
	case Mapping:
		return "mapping"
	case Sequence:
		return "sequence"
	default:
		return "missing"
	}
}

// Style is how a node is written.
type Style uint8

// The styles of scalars and collections.
const (
	Plain        Style = iota // plain scalar
	SingleQuoted              // 'scalar'
	DoubleQuoted              // "scalar"
	Literal                   // | block scalar
	Folded                    // > block scalar
	Block                     // collection by indentation
	Flow                      // collection in [] or {}
)

// flags of a node.
const (
	flagMapValue  uint8 = 1 << iota // the value of a mapping entry; its key is the node before it
	flagAliased                     // reached through an alias or a merge key: the span is the anchor's
	flagString                      // has a tag that makes it a string whatever it looks like
	flagSynthetic                   // an empty value that has no bytes of its own (key:)
	flagKey                         // the key of a mapping entry
	flagDecode                      // the text is not simply the bytes between the quotes: escapes, folded lines
	flagResolve                     // quoted, but has a tag that makes it be read like a plain scalar
	flagTyped                       // a key that is not a string (yes, 0x10): its text is not its bytes
)

// node is one element of the arena.
type node struct {
	start, end uint32 // span in Tree.src
	next       uint32 // index of the first node behind this one's subtree
	text       uint32 // 1 + index into Tree.texts if the text had to be decoded while parsing, else 0
	kind       Kind
	style      Style
	flags      uint8
}

// Tree is one document. It is valid until its Parser parses another document.
type Tree struct {
	cursors [8]cursor // of Path, by depth
	src     []byte
	end     int // where the document ends in src
	nodes   []node
	texts   []string
	dups    []uint32 // indexes of keys that an equal later key of the same mapping overrides
	json    bool     // strict JSON: escapes mean what they mean there
	// fallback is set if the document went through the library.
	fallback bool
}

// Node is a handle on one node of a tree. The zero Node is missing: all its methods may be called and answer
// as an absent value does, so paths can be followed without checks in between.
type Node struct {
	t *Tree
	i uint32
}

// Source returns the bytes that the spans of the tree refer to.
func (t *Tree) Source() []byte { return t.src }

// Root returns the document's root node; an empty document has a null scalar.
func (t *Tree) Root() Node {
	if len(t.nodes) == 0 {
		return Node{}
	}
	return Node{t, 0}
}

// Size returns the number of nodes.
func (t *Tree) Size() int { return len(t.nodes) }

// Fallback reports whether the document had something unusual in it (an anchor, a tag, a complex key …) and was
// read by the library instead of this package's own parser. Values and spans hold either way.
func (t *Tree) Fallback() bool { return t.fallback }

// Duplicates yields the keys that are overridden by an equal key further down in the same mapping.
func (t *Tree) Duplicates() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for _, i := range t.dups {
			if !yield(Node{t, i}) {
				return
			}
		}
	}
}

// Overridden reports whether n is a key that an equal key further down in its mapping overrides.
func (n Node) Overridden() bool {
	if n.t == nil || len(n.t.dups) == 0 {
		return false
	}
	_, found := slices.BinarySearch(n.t.dups, n.i)
	return found
}

// Exists reports whether n is a node of a tree.
func (n Node) Exists() bool { return n.t != nil }

func (n Node) node() *node { return &n.t.nodes[n.i] }

// Kind returns the node's kind, Missing for the zero Node.
func (n Node) Kind() Kind {
	if n.t == nil {
		return Missing
	}
	return n.node().kind
}

// Style returns how the node is written.
func (n Node) Style() Style {
	if n.t == nil {
		return Plain
	}
	return n.node().style
}

// Span returns the half-open byte range of the node in the source. Quotes, brackets and block scalar headers belong to it.
// A block collection runs from its first key or dash to the end of its last value. A value that was left out (key:) is empty and
// stands right behind the colon.
func (n Node) Span() (start, end int) {
	if n.t == nil {
		return 0, 0
	}
	d := n.node()
	return int(d.start), int(d.end)
}

// Raw returns the node's bytes as they stand in the source. The slice must not be changed.
func (n Node) Raw() []byte {
	if n.t == nil {
		return nil
	}
	d := n.node()
	return n.t.src[d.start:d.end]
}

// Tree returns the tree that n belongs to, nil for the zero Node.
func (n Node) Tree() *Tree { return n.t }

// Aliased reports whether the node was reached through an alias or a merge key. Its span is where the anchored
// value is written, so changing those bytes changes other places too.
func (n Node) Aliased() bool { return n.t != nil && n.node().flags&flagAliased != 0 }

// Key returns the key of which n is the value, or the zero Node if n is not the value of a mapping entry.
func (n Node) Key() Node {
	if n.t == nil || n.node().flags&flagMapValue == 0 {
		return Node{}
	}
	return Node{n.t, n.i - 1}
}

// Len returns the number of entries of a mapping or items of a sequence, 0 for all else.
func (n Node) Len() int {
	if n.t == nil {
		return 0
	}
	d := n.node()
	if d.kind != Mapping && d.kind != Sequence {
		return 0
	}
	c := 0
	for i := n.i + 1; i < d.next; i = n.t.nodes[i].next {
		c++
	}
	if d.kind == Mapping {
		c /= 2
	}
	return c
}

// Get returns the value of key in a mapping, or the zero Node. Of several equal keys the last one counts.
func (n Node) Get(key string) Node {
	if n.t == nil {
		return Node{}
	}
	nodes := n.t.nodes
	d := &nodes[n.i]
	if d.kind != Mapping {
		return Node{}
	}
	found := Node{}
	for i := n.i + 1; i < d.next; i = nodes[i+1].next {
		if n.t.keyIs(&nodes[i], key) {
			found = Node{n.t, i + 1}
		}
	}
	return found
}

// At returns the i-th item of a sequence, counted from 0, or the zero Node.
func (n Node) At(i int) Node {
	if n.Kind() != Sequence || i < 0 {
		return Node{}
	}
	d := n.node()
	for c := n.i + 1; c < d.next; c = n.t.nodes[c].next {
		if i == 0 {
			return Node{n.t, c}
		}
		i--
	}
	return Node{}
}

// Items yields the items of a sequence in order; nothing for all else.
func (n Node) Items() iter.Seq2[int, Node] {
	return func(yield func(int, Node) bool) {
		if n.Kind() != Sequence {
			return
		}
		nodes := n.t.nodes
		end := nodes[n.i].next
		k := 0
		for c := n.i + 1; c < end; c = nodes[c].next {
			if !yield(k, Node{n.t, c}) {
				return
			}
			k++
		}
	}
}

// Pairs yields the entries of a mapping in source order, overridden duplicates included; nothing for all else.
func (n Node) Pairs() iter.Seq2[Node, Node] {
	return func(yield func(Node, Node) bool) {
		if n.Kind() != Mapping {
			return
		}
		nodes := n.t.nodes
		end := nodes[n.i].next
		for k := n.i + 1; k < end; k = nodes[k+1].next {
			if !yield(Node{n.t, k}, Node{n.t, k + 1}) {
				return
			}
		}
	}
}
