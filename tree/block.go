package tree

import (
	"bytes"
	"encoding/binary"
)

// The fast parser. It follows the scanner of go.yaml.in/yaml/v2 line by line for the YAML that it knows, and stops at
// everything that it is not certain about: anchors, tags, odd tabs, and every mistake. All that it accepts must be
// accepted by the library with the same value; it need not know why something else is wrong.

type frameKind uint8

const (
	frameRoot       frameKind = iota // around the document's root node
	frameMapping                     // a block mapping
	frameSequence                    // a block sequence
	frameIndentless                  // a block sequence at the column of the key whose value it is
)

// frame is an open block collection.
type frame struct {
	indent  int    // its column
	node    uint32 // its node
	keys    int    // where its keys begin in Parser.keys
	empty   int    // where its pending child would be, were it left out
	kind    frameKind
	pending bool // a key or dash still waits for its value
	typed   bool // has a key that is not a string
}

// childFlags returns the flags of the frame's values.
func (f *frame) childFlags() uint8 {
	if f.kind == frameMapping {
		return flagMapValue
	}
	return 0
}

// classes of bytes that may begin a node
const (
	leadNone uint8 = iota // not certain
	leadPlain
	leadDash
	leadQuote
	leadBlock
	leadFlow
	leadColon
)

// lead tells by its first byte what a node may be.
var lead = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = leadPlain, leadPlain
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = leadPlain
	}
	for _, c := range "_./$(+~=<\\^;)" {
		t[c] = leadPlain
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] = leadPlain
	}
	t['-'] = leadDash
	t['"'], t['\''] = leadQuote, leadQuote
	t['|'], t['>'] = leadBlock, leadBlock
	t['{'], t['['] = leadFlow, leadFlow
	t[':'] = leadColon
	return t
}()

const eightSpaces = 0x2020202020202020

// skipSpaces returns the offset of the first byte from i on that is no space.
func skipSpaces(s []byte, i int) int {
	for i+8 <= len(s) && binary.LittleEndian.Uint64(s[i:]) == eightSpaces {
		i += 8
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

// atBreak returns the offset of the line behind the line break (or end) at i, -1 if there is none at i.
func atBreak(s []byte, i int) int {
	if i >= len(s) {
		return len(s)
	}
	if s[i] == '\n' {
		return i + 1
	}
	if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
		return i + 2
	}
	return -1
}

// lineAfter returns the offset of the line behind the one that i is in.
func lineAfter(s []byte, i int) int {
	if k := bytes.IndexByte(s[i:], '\n'); k >= 0 {
		return i + k + 1
	}
	return len(s)
}

// endOfLine returns the offset of the next line if from i on there are only spaces and perhaps a comment, else -1.
func endOfLine(s []byte, i int) int {
	j := skipSpaces(s, i)
	if next := atBreak(s, j); next >= 0 {
		return next
	}
	if s[j] == '#' && j > i {
		return lineAfter(s, j)
	}
	return -1
}

// isDash reports whether a block sequence entry begins at i.
func isDash(s []byte, i int) bool {
	return s[i] == '-' && (i+1 >= len(s) || s[i+1] == ' ' || s[i+1] == '\n' || s[i+1] == '\r')
}

// isColonText reports whether the colon at i is text, as in the names of recording rules (:node:sum).
func isColonText(s []byte, i int) bool {
	return i+1 < len(s) && lead[s[i+1]] == leadPlain
}

// parseBlock reads the document from i on into the arena. It reports false if it is not certain what the document means.
func (p *Parser) parseBlock(i int) bool {
	s := p.src
	p.frames = append(p.frames[:0], frame{indent: -1, kind: frameRoot, pending: true, empty: i})
	marked := false
	for {
		ls := i
		i = skipSpaces(s, i)
		if i >= len(s) {
			break
		}
		if next := atBreak(s, i); next >= 0 {
			i = next
			continue
		}
		c := s[i]
		if c == '#' {
			i = lineAfter(s, i)
			continue
		}
		if len(p.t.nodes) > MaxNodes {
			p.limit = nodesLimit
			return p.stop(i)
		}
		col := i - ls
		if col == 0 && (c == '-' || c == '.') && isMarker(s, i) {
			if c == '.' || marked || len(p.t.nodes) > 0 {
				return p.stop(i)
			}
			marked = true
			p.frames[0].empty = i + 3
			if i = endOfLine(s, i+3); i < 0 {
				return p.stop(ls)
			}
			continue
		}
		top := &p.frames[len(p.frames)-1]
		for top.indent > col {
			if !p.closeFrame() {
				return false
			}
			top = &p.frames[len(p.frames)-1]
		}
		inMapping := false
		if top.indent == col {
			dash := isDash(s, i)
			if top.kind == frameIndentless && !dash {
				if !p.closeFrame() {
					return false
				}
				top = &p.frames[len(p.frames)-1]
			}
			inMapping = top.kind == frameMapping && !dash
			switch {
			case top.kind == frameMapping && dash:
				if !top.pending || !p.open(frameIndentless, i, col) {
					return p.stop(i)
				}
			case top.kind != frameMapping && !dash:
				return p.stop(i)
			case top.pending:
				p.addEmpty(top)
			}
			if dash {
				next, content := p.dash(i)
				if next < 0 {
					return false
				}
				i = next
				if !content {
					continue
				}
			}
		} else if !top.pending {
			return p.stop(i)
		}
		if i = p.node(i, ls, inMapping); i < 0 {
			return false
		}
	}
	for len(p.frames) > 1 {
		if !p.closeFrame() {
			return false
		}
	}
	if root := &p.frames[0]; root.pending {
		p.addEmpty(root)
	}
	return true
}

// dash reads the dash at i as the start of an item of the innermost frame. It returns the offset of the item's content
// on the same line, or, if there is none, of the next line; -1 if it is not certain.
func (p *Parser) dash(i int) (next int, content bool) {
	top := &p.frames[len(p.frames)-1]
	top.pending, top.empty = true, i+1
	j := skipSpaces(p.src, i+1)
	if next = atBreak(p.src, j); next >= 0 {
		return next, false
	}
	if p.src[j] == '#' {
		return lineAfter(p.src, j), false
	}
	return j, true
}

// node reads the node at i, in the line that starts at ls: a key of the innermost mapping if inMapping, else the pending
// child of the innermost frame. It returns the offset of the next line, -1 if it is not certain.
func (p *Parser) node(i, ls int, inMapping bool) int {
	s := p.src
	for {
		end, colon := 0, -1 // of the key
		style, flags := Plain, flagKey
		switch lead[s[i]] {
		case leadDash:
			if isDash(s, i) {
				if inMapping || !p.open(frameSequence, i, i-ls) {
					return p.fail(i)
				}
				next, content := p.dash(i)
				if next < 0 || !content {
					return next
				}
				i = next
				continue
			}
			if i+1 < len(s) && s[i+1] == '\t' {
				return p.fail(i)
			}
			fallthrough
		case leadPlain, leadColon:
			if s[i] == ':' && !isColonText(s, i) {
				return p.fail(i)
			}
			var stop int
			if end, stop = scanPlain(s, i); stop < len(s) && s[stop] == ':' {
				colon = stop
			}
		case leadQuote:
			var decode, multi bool
			style = SingleQuoted
			if s[i] == '"' {
				style = DoubleQuoted
			}
			if end, decode, multi = scanQuoted(s, i); end < 0 {
				return p.fail(i)
			}
			if decode {
				flags |= flagDecode
			}
			if j := skipSpaces(s, end); !multi && j < len(s) && s[j] == ':' {
				colon = j
			}
		case leadNone:
			return p.fail(i)
		}
		if colon < 0 {
			if inMapping {
				return p.fail(i)
			}
			top := &p.frames[len(p.frames)-1]
			top.pending = false
			return p.value(i, top.indent, top.childFlags())
		}
		if colon-i > maxKey {
			return p.fail(i)
		}
		if !inMapping && !p.open(frameMapping, i, i-ls) {
			return p.fail(i)
		}
		if !p.addKey(style, flags, i, end) {
			return p.fail(i)
		}
		top := &p.frames[len(p.frames)-1]
		j := skipSpaces(s, colon+1)
		next := atBreak(s, j)
		if next < 0 && s[j] == '#' && j > colon+1 {
			next = lineAfter(s, j)
		}
		if next >= 0 {
			top.pending, top.empty = true, colon+1
			return next
		}
		if j == colon+1 || lead[s[j]] == leadDash && isDash(s, j) {
			return p.fail(j)
		}
		return p.value(j, top.indent, flagMapValue)
	}
}

func (p *Parser) fail(i int) int {
	p.at = i
	return -1
}

// open begins a block collection at i as the pending child of the innermost frame.
func (p *Parser) open(kind frameKind, i, col int) bool {
	if len(p.frames) > MaxDepth {
		p.limit = depthLimit
		return p.stop(i)
	}
	top := &p.frames[len(p.frames)-1]
	top.pending = false
	k := Sequence
	if kind == frameMapping {
		k = Mapping
	}
	f := frame{indent: col, node: uint32(len(p.t.nodes)), keys: len(p.keys), kind: kind}
	p.t.nodes = append(p.t.nodes, node{start: uint32(i), kind: k, style: Block, flags: top.childFlags()})
	p.frames = append(p.frames, f)
	return true
}

// closeFrame ends the innermost block collection.
func (p *Parser) closeFrame() bool {
	top := &p.frames[len(p.frames)-1]
	if top.pending {
		p.addEmpty(top)
	}
	n := &p.t.nodes[top.node]
	n.end, n.next = uint32(p.last), uint32(len(p.t.nodes))
	p.frames = p.frames[:len(p.frames)-1]
	return top.kind != frameMapping || p.closeKeys(top.keys, top.typed)
}

// addEmpty adds the null that a key or a dash without a value has.
func (p *Parser) addEmpty(f *frame) {
	f.pending = false
	p.add(Plain, flagSynthetic|f.childFlags(), f.empty, f.empty)
}

// addKey adds a key to the innermost mapping.
func (p *Parser) addKey(style Style, flags uint8, start, end int) bool {
	n := uint32(len(p.t.nodes))
	p.add(style, flags, start, end)
	b := p.src[start:end]
	if style != Plain {
		if b = p.src[start+1 : end-1]; flags&flagDecode != 0 {
			b = p.t.decode(&p.t.nodes[n])
		}
	} else if maybeTyped(b) {
		switch resolve(b).typ {
		case Bool, Int:
			p.t.nodes[n].flags |= flagTyped
			p.frames[len(p.frames)-1].typed = true
		case String:
			if text(b) == "<<" {
				return false
			}
		default: // no key, or one whose text is not certain
			return false
		}
	}
	p.keys = append(p.keys, keyMark{fingerprint(b), n})
	return true
}

// maybeTyped reports whether a plain key may be something else than a string, or a merge key.
func maybeTyped(b []byte) bool {
	switch c := b[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == '~':
		return true
	default:
		return len(b) <= 5 && lead[c] == leadPlain && c < 0x80
	}
}
