package tree

import (
	"math"
	"strconv"
)

// source returns the text of a scalar as it is written, escapes decoded and lines folded. It may share memory with
// the file.
func (t *Tree) source(n *node) []byte {
	if n.text != 0 {
		s := t.texts[n.text-1]
		return unsafeBytes(s)
	}
	if n.flags&flagDecode != 0 {
		return t.decode(n)
	}
	if n.style == SingleQuoted || n.style == DoubleQuoted {
		return t.src[n.start+1 : n.end-1]
	}
	return t.src[n.start:n.end]
}

// isText reports whether a scalar is a string by the way it is written.
func (n *node) isText() bool {
	return (n.style != Plain || n.flags&flagString != 0) && n.flags&flagResolve == 0
}

// resolved returns what a scalar means.
func (t *Tree) resolved(n *node) resolved {
	if n.isText() {
		return resolved{typ: String}
	}
	return resolve(t.source(n))
}

// keyText returns the string that a key becomes in JSON.
func (t *Tree) keyText(i uint32) []byte { return t.keyOf(&t.nodes[i]) }

func (t *Tree) keyOf(n *node) []byte {
	if n.flags&flagTyped == 0 {
		return t.source(n)
	}
	switch r := t.resolved(n); r.typ {
	case Bool:
		return strconv.AppendBool(nil, r.bits != 0)
	case Int:
		return strconv.AppendInt(nil, int64(r.bits), 10)
	case Float:
		return floatKey(r.float())
	default:
		return t.source(n)
	}
}

// floatKey returns what sigs.k8s.io/yaml makes of a key that is a float; the 32 bits are its own.
func floatKey(f float64) []byte {
	switch s := strconv.AppendFloat(nil, f, 'g', -1, 32); string(s) {
	case "+Inf":
		return []byte(".inf")
	case "-Inf":
		return []byte("-.inf")
	case "NaN":
		return []byte(".nan")
	default:
		return s
	}
}

func (t *Tree) keyIs(n *node, key string) bool {
	if n.flags&(flagDecode|flagTyped) == 0 && n.text == 0 {
		start, end := n.start, n.end
		if n.style != Plain {
			start, end = start+1, end-1
		}
		return int(end-start) == len(key) && string(t.src[start:end]) == key
	}
	return string(t.keyOf(n)) == key
}

// Type returns what a scalar is read as: yes is a Bool, "yes" a String. Keys of mappings are always strings.
func (n Node) Type() ScalarType {
	if n.Kind() != Scalar {
		return NotScalar
	}
	if n.node().flags&flagKey != 0 {
		return String
	}
	return n.t.resolved(n.node()).typ
}

func (n Node) resolved() resolved {
	if n.Kind() != Scalar || n.node().flags&flagKey != 0 {
		return resolved{}
	}
	return n.t.resolved(n.node())
}

// IsNull reports whether n exists and is null.
func (n Node) IsNull() bool { return n.resolved().typ == Null }

// Bool returns the value of a boolean; ok is false for all else.
func (n Node) Bool() (v, ok bool) {
	r := n.resolved()
	return r.typ == Bool && r.bits != 0, r.typ == Bool
}

// Int returns the value of an integer that fits; ok is false for all else.
func (n Node) Int() (v int64, ok bool) {
	if r := n.resolved(); r.typ == Int {
		return int64(r.bits), true
	}
	return 0, false
}

// Float returns the value of a number of any type; ok is false for all else.
func (n Node) Float() (v float64, ok bool) {
	switch r := n.resolved(); r.typ {
	case Int, Uint, Float:
		return r.float(), true
	default:
		return 0, false
	}
}

// Str returns the value of a string; ok is false for all else, numbers and booleans included. The string may share
// memory with the file.
func (n Node) Str() (v string, ok bool) {
	if n.Type() != String {
		return "", false
	}
	return n.Text(), true
}

// StrIs reports whether n is a string and equal to s.
func (n Node) StrIs(s string) bool {
	if n.Kind() != Scalar {
		return false
	}
	d := n.node()
	if d.flags&flagKey != 0 {
		return n.t.keyIs(d, s)
	}
	if d.flags&flagDecode == 0 && d.text == 0 && int(d.end-d.start) < len(s) {
		return false
	}
	b := n.t.source(d)
	return string(b) == s && (d.isText() || resolve(b).typ == String)
}

// Text returns the text of a scalar whatever its type, decoded and folded, or "" if n is none. The text of a key is
// the string that it becomes in JSON: "true" for yes. The string may share memory with the file.
func (n Node) Text() string {
	if n.Kind() != Scalar {
		return ""
	}
	if n.node().flags&flagKey != 0 {
		return text(n.t.keyText(n.i))
	}
	return text(n.t.source(n.node()))
}

// finite reports whether JSON can express a number.
func finite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }
