package tree

import (
	"strconv"
	"strings"
)

// Contains reports whether m is n or lies below it.
func (n Node) Contains(m Node) bool {
	return n.t != nil && n.t == m.t && m.i >= n.i && m.i < n.node().next
}

// Path writes the way from n down to m as people write it: spec.containers[0].image, metadata.annotations["a.b/c"]. It is "" if m is n
// or does not lie below it. The path is found in the tree when it is wanted, so that walking it costs nothing.
func (n Node) Path(m Node) string {
	if !n.Contains(m) {
		return ""
	}
	path := make([]byte, 0, 64)
	nodes := n.t.nodes
	at := n.i
	for at != m.i {
		d := &nodes[at]
		child, index := at+1, 0
		if d.kind == Mapping {
			for nodes[child].next <= m.i && nodes[child+1].next <= m.i {
				child = nodes[child+1].next
			}
			path = AppendKey(path, Node{n.t, child}.Text())
			if child == m.i { // m is the key itself
				return string(path)
			}
			at = child + 1
			continue
		}
		for nodes[child].next <= m.i {
			child = nodes[child].next
			index++
		}
		path = append(path, '[')
		path = strconv.AppendInt(path, int64(index), 10)
		path = append(path, ']')
		at = child
	}
	return string(path)
}

// AppendKey appends one mapping key to a path as Path writes it.
func AppendKey(path []byte, key string) []byte {
	if key == "" || strings.ContainsAny(key, ".[]\" \n\r\t") {
		path = append(path, '[')
		path = strconv.AppendQuote(path, key)
		return append(path, ']')
	}
	if len(path) > 0 {
		path = append(path, '.')
	}
	return append(path, key...)
}
