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
//
// Asking for the items of a long list one after the other takes linear time, because the tree remembers where it was. A
// tree may therefore not be used by several goroutines at a time.
func (n Node) Path(m Node) string {
	if !n.Contains(m) {
		return ""
	}
	path := make([]byte, 0, 64)
	nodes := n.t.nodes
	at := n.i
	for depth := 0; at != m.i; depth++ {
		d := &nodes[at]
		c := &n.t.cursors[depth%len(n.t.cursors)]
		if c.parent != at || c.child > m.i || c.child == 0 {
			*c = cursor{parent: at, child: at + 1}
		}
		if d.kind == Mapping {
			for nodes[c.child].next <= m.i && nodes[c.child+1].next <= m.i {
				c.child = nodes[c.child+1].next
			}
			path = AppendKey(path, Node{n.t, c.child}.Text())
			if c.child == m.i { // m is the key itself
				return string(path)
			}
			at = c.child + 1
			continue
		}
		for nodes[c.child].next <= m.i {
			c.child = nodes[c.child].next
			c.index++
		}
		path = append(path, '[')
		path = strconv.AppendInt(path, int64(c.index), 10)
		path = append(path, ']')
		at = c.child
	}
	return string(path)
}

// cursor is where Path was last among the children of one node.
type cursor struct {
	parent, child uint32
	index         int
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
