package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
)

var errNoNode = errors.New("there is no node here")

// AppendJSON appends the value of n as JSON, as sigs.k8s.io/yaml writes it: keys sorted, of equal keys the last one.
func (n Node) AppendJSON(dst []byte) ([]byte, error) {
	if n.t == nil {
		return dst, errNoNode
	}
	return n.t.appendJSON(dst, n.i)
}

func (t *Tree) appendJSON(dst []byte, i uint32) ([]byte, error) {
	n := &t.nodes[i]
	var err error
	switch n.kind {
	case Scalar:
		return t.appendScalar(dst, n)
	case Sequence:
		dst = append(dst, '[')
		for c := i + 1; c < n.next; c = t.nodes[c].next {
			if c > i+1 {
				dst = append(dst, ',')
			}
			if dst, err = t.appendJSON(dst, c); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case Missing, Mapping:
	}
	type entry struct {
		key  []byte
		node uint32
	}
	var entries []entry
	for k := i + 1; k < n.next; k = t.nodes[k+1].next {
		entries = append(entries, entry{t.keyText(k), k})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	dst = append(dst, '{')
	comma := false
	for k, e := range entries {
		if k+1 < len(entries) && bytes.Equal(e.key, entries[k+1].key) {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = append(appendString(dst, e.key), ':')
		if dst, err = t.appendJSON(dst, e.node+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (t *Tree) appendScalar(dst []byte, n *node) ([]byte, error) {
	if n.isText() {
		return appendString(dst, t.source(n)), nil
	}
	b := t.source(n)
	switch r := resolve(b); r.typ {
	case Null:
		return append(dst, "null"...), nil
	case Bool:
		return strconv.AppendBool(dst, r.bits != 0), nil
	case Int:
		return strconv.AppendInt(dst, int64(r.bits), 10), nil
	case Uint:
		return strconv.AppendUint(dst, r.bits, 10), nil
	case Float:
		return appendFloat(dst, r.float())
	default:
		return appendString(dst, b), nil
	}
}

// appendFloat writes a number as encoding/json does.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if !finite(f) {
		return dst, errors.New("JSON has no infinity and no NaN")
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n-from >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is written e-9
		dst = dst[:n-1]
	}
	return dst, nil
}

// appendString writes a string as encoding/json does.
func appendString(dst, b []byte) []byte {
	for _, c := range b {
		if c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(text(b))
			if err != nil { // strings have no errors
				quoted = []byte(`""`)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, b...)
	return append(dst, '"')
}
