package tree

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	yaml3 "go.yaml.in/yaml/v3"
)

// converter builds the arena from the nodes of yaml/v3. It trusts them for the shape of the document, but finds the bytes
// of each scalar and checks that they spell its text.
type converter struct {
	p        *Parser
	lines    *places
	anchors  map[*yaml3.Node]uint32
	expanded int    // bytes of text in expanded aliases
	at       int    // where it gave up
	message  string // why, "" if places and nodes do not agree
}

func (c *converter) fail(at int, message string) bool {
	c.at, c.message = at, message
	return false
}

// node appends a node and what is below it.
func (c *converter) node(n *yaml3.Node, flags uint8, depth int) bool {
	if n.Kind == yaml3.DocumentNode {
		return len(n.Content) == 1 && c.node(n.Content[0], flags, depth)
	}
	p := c.p
	i := c.lines.offset(n.Line, n.Column)
	if i < 0 {
		return false
	}
	c.at = i
	if depth > MaxDepth {
		return c.fail(i, depthLimit)
	}
	if len(p.t.nodes) > MaxExpanded {
		return c.fail(i, "document has too many nodes once its aliases are expanded")
	}
	if n.Kind == yaml3.AliasNode {
		return c.alias(n, i, flags)
	}
	i, bare := c.skipProperties(n, i)
	if i < 0 {
		return false
	}
	if n.Anchor != "" {
		c.anchors[n] = uint32(len(p.t.nodes))
	}
	switch n.Kind {
	case yaml3.ScalarNode:
		return c.scalar(n, i, bare, flags)
	case yaml3.SequenceNode, yaml3.MappingNode:
		return c.collection(n, i, flags, depth)
	default:
	}
	return false
}

// skipProperties returns the offset of the node's content behind its anchor and tag, and of the end of these, where an
// empty value is.
func (c *converter) skipProperties(n *yaml3.Node, i int) (content, bare int) {
	s := c.p.src
	count := 0
	if n.Anchor != "" {
		count++
	}
	if n.Style&yaml3.TaggedStyle != 0 {
		count++
	}
	bare = i
	for ; count > 0; count-- {
		if i >= len(s) || s[i] != '&' && s[i] != '!' {
			return -1, -1
		}
		if s[i] == '&' {
			i++
			for i < len(s) && isNameByte(s[i]) {
				i++
			}
		} else {
			for i < len(s) && s[i] != ' ' && s[i] != '\t' && s[i] != '\n' && s[i] != '\r' {
				i++
			}
		}
		bare = i
		i = c.skipFiller(i, "")
	}
	return i, bare
}

// skipFiller skips blanks, line breaks, comments and the bytes in also.
func (c *converter) skipFiller(i int, also string) int {
	s := c.p.src
	for ; i < len(s); i++ {
		switch b := s[i]; {
		case b == ' ', b == '\t', b == '\n', b == '\r':
		case b == '#':
			i = lineAfter(s, i) - 1
		case bytes.IndexByte([]byte(also), b) >= 0:
		default:
			return i
		}
	}
	return i
}

// alias appends a copy of what the alias at i stands for.
func (c *converter) alias(n *yaml3.Node, i int, flags uint8) bool {
	p := c.p
	from, ok := c.anchors[n.Alias]
	if !ok || i >= len(p.src) || p.src[i] != '*' {
		return false
	}
	next := p.t.nodes[from].next // 0 if the anchor's own collection is still open: copy refuses that
	if !c.copy(from, next, i) {
		return false
	}
	root := &p.t.nodes[uint32(len(p.t.nodes))-(next-from)]
	root.flags = root.flags&^(flagMapValue|flagKey|flagTyped) | flags | flagAliased
	if flags&flagKey != 0 {
		if root.kind != Scalar {
			return false
		}
		c.typeKey(root)
	}
	p.last = i + 1 + len(n.Value)
	return true
}

// copy appends a copy of the nodes from..to.
func (c *converter) copy(from, to uint32, at int) bool {
	p := c.p
	if to <= from || to > uint32(len(p.t.nodes)) {
		return false
	}
	if len(p.t.nodes)+int(to-from) > MaxExpanded {
		return c.fail(at, "document has too many nodes once its aliases are expanded")
	}
	shift := uint32(len(p.t.nodes)) - from
	for k := from; k < to; k++ {
		n := p.t.nodes[k]
		n.next += shift
		n.flags |= flagAliased
		if n.kind == Scalar {
			if c.expanded += int(n.end - n.start); c.expanded > MaxExpandedText {
				return c.fail(at, "document has too much text once its aliases are expanded")
			}
		}
		p.t.nodes = append(p.t.nodes, n)
	}
	return true
}

// collection appends a sequence or a mapping whose content is at i.
func (c *converter) collection(n *yaml3.Node, i int, flags uint8, depth int) bool {
	p := c.p
	if i >= len(p.src) {
		return false
	}
	kind, style, open, closing := Sequence, Block, byte('['), byte(']')
	if n.Kind == yaml3.MappingNode {
		kind, open, closing = Mapping, '{', '}'
	}
	bracket := false
	if n.Style&yaml3.FlowStyle != 0 {
		style = Flow
		bracket = p.src[i] == open // else the one pair of [a: b]
		if !bracket && kind == Sequence {
			return false
		}
	} else if kind == Sequence && p.src[i] != '-' {
		return false
	}
	me := uint32(len(p.t.nodes))
	p.t.nodes = append(p.t.nodes, node{start: uint32(i), kind: kind, style: style, flags: flags})
	p.last = i + 1
	keys := len(p.keys)
	for k := 0; k < len(n.Content); k++ {
		if kind == Sequence {
			if !c.node(n.Content[k], 0, depth+1) {
				return false
			}
			continue
		}
		if k+1 >= len(n.Content) || !c.entry(n.Content[k], n.Content[k+1], depth+1) {
			return false
		}
		k++
	}
	if !p.closeKeys(keys, true) {
		return c.fail(p.at, differs)
	}
	if bracket {
		end := c.skipFiller(p.last, ",:?")
		if end >= len(p.src) || p.src[end] != closing {
			return c.fail(end, "")
		}
		p.last = end + 1
	}
	p.t.nodes[me].end, p.t.nodes[me].next = uint32(p.last), uint32(len(p.t.nodes))
	return true
}

// entry appends a key and its value, or the entries that a merge key brings.
func (c *converter) entry(key, value *yaml3.Node, depth int) bool {
	p := c.p
	if key.Kind == yaml3.ScalarNode && key.Value == "<<" && key.Style == 0 {
		return c.merge(value, depth)
	}
	k := uint32(len(p.t.nodes))
	if !c.node(key, flagKey, depth) || p.t.nodes[k].kind != Scalar {
		return false
	}
	p.keys = append(p.keys, keyMark{fingerprint(p.t.keyText(k)), k})
	return c.node(value, flagMapValue, depth)
}

// merge appends the entries of a merged mapping, or of several. yaml/v2 sets them one after the other, so that keys in
// front of << are overridden and keys behind it override; in a list the first mapping wins.
func (c *converter) merge(value *yaml3.Node, depth int) bool {
	p := c.p
	i := c.lines.offset(value.Line, value.Column)
	if i < 0 {
		return false
	}
	c.at = i
	switch value.Kind {
	case yaml3.AliasNode:
		from, ok := c.anchors[value.Alias]
		if !ok || p.t.nodes[from].kind != Mapping {
			return false
		}
		p.last = i + 1 + len(value.Value)
		next := p.t.nodes[from].next
		return next == from+1 || c.copy(from+1, next, i)
	case yaml3.SequenceNode:
		if value.Anchor != "" || value.Style&yaml3.TaggedStyle != 0 || value.Style&yaml3.FlowStyle == 0 {
			return false
		}
		end := i + 1
		for _, v := range slices.Backward(value.Content) {
			if v.Kind != yaml3.AliasNode || !c.merge(v, depth) {
				return false
			}
			end = max(end, p.last)
		}
		if end = c.skipFiller(end, ","); end >= len(p.src) || p.src[end] != ']' {
			return false
		}
		p.last = end + 1
		return true
	default:
	}
	return c.fail(i, "merge keys are read only with aliases, not with mappings written in place")
}

// scalar appends a scalar whose text begins at i, or at bare if there is none.
func (c *converter) scalar(n *yaml3.Node, i, bare int, flags uint8) bool {
	p := c.p
	style, start, end := Plain, i, -1
	switch quoting := n.Style &^ (yaml3.TaggedStyle | yaml3.FlowStyle); {
	case quoting == 0 && n.Value == "":
		start, end = bare, bare
		flags |= flagSynthetic
	case quoting == 0:
		end = matchPlain(p.src, i, n.Value)
	case i >= len(p.src):
	case quoting == yaml3.SingleQuotedStyle && p.src[i] == '\'':
		style = SingleQuoted
		end, _, _ = scanQuoted(p.src, i)
	case quoting == yaml3.DoubleQuotedStyle && p.src[i] == '"':
		style = DoubleQuoted
		end, _, _ = scanQuoted(p.src, i)
	case quoting == yaml3.LiteralStyle && p.src[i] == '|':
		style = Literal
		end = matchBlock(p.src, i, n.Value)
	case quoting == yaml3.FoldedStyle && p.src[i] == '>':
		style = Folded
		end = matchBlock(p.src, i, n.Value)
	}
	if end < 0 {
		return c.fail(i, "")
	}
	value := n.Value
	if n.Style&yaml3.TaggedStyle != 0 {
		switch n.ShortTag() {
		case "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
			if style != Plain {
				flags |= flagResolve
			}
		case "!!binary":
			data, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return c.fail(i, "")
			}
			value = string(data)
			flags |= flagString
		default:
			flags |= flagString
		}
	}
	p.add(style, flags, start, end)
	inner := p.src[start:end]
	spelled := inner
	switch style {
	case SingleQuoted:
		inner = inner[1 : len(inner)-1]
		spelled = decodeSingle(inner)
	case DoubleQuoted:
		inner = inner[1 : len(inner)-1]
		spelled = decodeDouble(inner)
	default:
	}
	if (style == SingleQuoted || style == DoubleQuoted) && string(spelled) != n.Value {
		return c.fail(i, "")
	}
	if style == Literal || style == Folded || string(inner) != value {
		p.keep([]byte(value))
	}
	if flags&flagKey != 0 {
		c.typeKey(&p.t.nodes[len(p.t.nodes)-1])
	}
	return true
}

// typeKey marks a key that is not a string.
func (c *converter) typeKey(n *node) {
	if c.p.t.resolved(n).typ != String {
		n.flags |= flagTyped
	}
}

// matchPlain returns the end of the plain scalar at i if it spells value, else -1.
func matchPlain(s []byte, i int, value string) int {
	for j := 0; j < len(value); {
		if i >= len(s) {
			return -1
		}
		if c := s[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			if c != value[j] {
				return -1
			}
			i++
			j++
			continue
		}
		end, breaks := whitespace(s, i)
		if end == i {
			return -1
		}
		folded := string(fold(nil, s, i, end, breaks))
		if len(value)-j < len(folded) || value[j:j+len(folded)] != folded {
			return -1
		}
		i = end
		j += len(folded)
	}
	return i
}

// matchBlock returns the end of the block scalar at i if it spells value with some indentation, else -1.
func matchBlock(s []byte, i int, value string) int {
	h, ok := blockHeader(s, i)
	if !ok {
		return -1
	}
	if strings.Trim(value, "\n") == "" {
		_, next, _ := blockBody(s, h.body, noText, 0)
		if next >= 0 && string(decodeBlock(s[h.body:next], noText, false, h.chomp)) == value {
			return h.end
		}
	}
	most := bodyIndent(s[h.body:])
	for indent := max(most, 1); indent >= 1; indent-- {
		end, next, _ := blockBody(s, h.body, indent, 0)
		if next >= 0 && string(decodeBlock(s[h.body:next], indent, s[i] == '>', h.chomp)) == value {
			if end < 0 {
				return h.end
			}
			return end
		}
		if h.increment == 0 && value != "" && indent == most && most > 0 {
			break
		}
	}
	return -1
}
