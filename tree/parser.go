package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"unicode/utf8"
)

// Limits. A document beyond one of them is refused with an [Error].
const (
	// MaxSize is the size of a document in bytes.
	MaxSize = 64 << 20
	// MaxDepth is how deep collections may be nested. The libraries stop at 10,000.
	MaxDepth = 1000
	// MaxFallbackSize is the size in bytes of a document that the library has to read because of an anchor, a tag
	// or something else out of the ordinary. The library needs many times that in memory.
	MaxFallbackSize = 2 << 20
	// MaxNodes is how many keys, values and items a document may have.
	MaxNodes = 8_000_000
	// MaxExpanded is how many nodes a document may have after its aliases are expanded.
	MaxExpanded = 1_000_000
	// MaxExpandedText is how many bytes of text the expanded aliases may have.
	MaxExpandedText = 64 << 20
)

// keptNodes is the size of an arena that is kept even if only small documents follow.
const keptNodes = 1 << 20

// maxKey is the longest key that is certainly a simple key for the library, which counts 1024 characters up to the colon.
const maxKey = 1000

// Parser reads documents. It keeps its memory from one document to the next. It may not be used by several
// goroutines at a time.
type Parser struct {
	t      Tree
	src    []byte // the file up to the end of the document
	start  int    // of the document
	at     int    // where the fast parser gave up
	limit  string // the limit that made it give up, "" if it only was not certain
	last   int    // end of the last finished node
	frames []frame
	keys   []keyMark // keys of the open mappings
	slots  []uint32
	seed   maphash.Seed
	pos    position
}

// NewParser returns a parser.
func NewParser() *Parser {
	return &Parser{seed: maphash.MakeSeed()}
}

// Parse reads one document of src, a whole file. The tree and all nodes taken from it are valid until the next
// call of Parse; src must not be changed for as long as they, or strings gotten from them, are in use.
//
// A document gets the value that sigs.k8s.io/yaml gives to its bytes, or, if it is strict JSON, the one that
// encoding/json gives to them (as kubectl reads files that begin with a brace). If it cannot have one, the error is an [*Error].
func (p *Parser) Parse(src []byte, doc Document) (*Tree, error) {
	if doc.Start < 0 || doc.End > len(src) || doc.Start > doc.End {
		return nil, fmt.Errorf("document [%d:%d] is outside of the file of %d bytes", doc.Start, doc.End, len(src))
	}
	if doc.Start == 0 && bytes.HasPrefix(src[:doc.End], []byte(bom)) {
		doc.Start = len(bom)
	}
	t := &p.t
	if cap(t.nodes) > max(keptNodes, doc.End-doc.Start) {
		t.nodes = nil
	}
	*t = Tree{src: src, end: doc.End, nodes: t.nodes[:0], texts: t.texts[:0], dups: t.dups[:0]}
	clear(t.texts[:cap(t.texts)])
	if doc.End-doc.Start > MaxSize || doc.End > 1<<32-2 {
		return nil, p.pos.errorAt(src, doc.Start, fmt.Sprintf("document is larger than %d bytes", MaxSize))
	}
	p.src, p.start = src[:doc.End], doc.Start
	odd, bad := scanBytes(p.src, doc.Start)
	if bad.class == byteBad {
		return nil, p.pos.errorAt(src, bad.offset, bad.message(src))
	}
	if i := skipJSONSpace(p.src, doc.Start); i < len(p.src) && (p.src[i] == '{' || p.src[i] == '[') {
		if p.reset(); p.parseJSON(i) {
			t.json = true
			return p.finish(), nil
		}
	}
	if bad.class != byteGood {
		return nil, p.pos.errorAt(src, bad.offset, bad.message(src))
	}
	p.reset()
	p.at = doc.Start
	if !odd && p.parseBlock(doc.Start) {
		return p.finish(), nil
	}
	if p.limit != "" {
		return nil, p.pos.errorAt(src, p.at, p.limit)
	}
	return p.fallback(doc)
}

// finish puts what is found on the way up into the order of the file.
func (p *Parser) finish() *Tree {
	if len(p.t.dups) > 1 {
		slices.Sort(p.t.dups)
	}
	return &p.t
}

// reset throws away what an attempt at the document left behind.
func (p *Parser) reset() {
	p.t.nodes, p.t.dups, p.t.texts, p.t.json = p.t.nodes[:0], p.t.dups[:0], p.t.texts[:0], false
	p.frames, p.keys = p.frames[:0], p.keys[:0]
	p.at, p.limit, p.last = 0, "", p.start
}

// stop notes where the fast parser met something that it is not certain about.
func (p *Parser) stop(i int) bool {
	p.at = i
	return false
}

// add appends a scalar.
func (p *Parser) add(style Style, flags uint8, start, end int) {
	n := uint32(len(p.t.nodes))
	p.t.nodes = append(p.t.nodes, node{start: uint32(start), end: uint32(end), next: n + 1, kind: Scalar, style: style, flags: flags})
	p.last = end
}

// scanBytes looks at every byte of src from i on. It reports the first one that is not allowed, and whether there are
// any of the characters that YAML 1.1 reads in its own way: line breaks other than \n, byte order marks.
func scanBytes(src []byte, i int) (odd bool, bad badByte) {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
		low7 = 0x7f * ones
	)
	wide := false
	start := i
	note := func(k int) bool {
		switch class := classify(src, k); class {
		case byteGood:
			return true
		case byteWide:
			wide = true
			return true
		default:
			if bad.class == byteGood || class == byteBad {
				bad = badByte{k, class}
			}
			return class != byteBad
		}
	}
	for ; i+8 <= len(src); i += 8 {
		x := binary.LittleEndian.Uint64(src[i:])
		newline := x ^ '\n'*ones
		del := x ^ 0x7f*ones
		// Exact masks: the high bit of each byte that is a control character other than \n, DEL or not ASCII.
		control := ^((x&low7 + 0x60*ones) | x) & ((newline&low7 + low7) | newline)
		if (control|^((del&low7+low7)|del)|x)&high == 0 {
			continue
		}
		for k := i; k < i+8; k++ {
			if !note(k) {
				return false, bad
			}
		}
	}
	for ; i < len(src); i++ {
		if !note(i) {
			return false, bad
		}
	}
	if wide {
		o, b := scanWide(src, start)
		odd = o
		if b.class == byteBad || b.class == byteYAML && (bad.class == byteGood || b.offset < bad.offset) {
			bad = b
		}
	}
	return odd, bad
}

// badByte is a character that a document may not have.
type badByte struct {
	offset int
	class  byteClass
}

type byteClass uint8

const (
	byteGood byteClass = iota
	byteWide           // not ASCII
	byteYAML           // not allowed in YAML, but strict JSON may have it
	byteBad
)

func classify(src []byte, i int) byteClass {
	switch c := src[i]; {
	case c >= 0x80:
		return byteWide
	case c >= 0x20 && c != 0x7f, c == '\t', c == '\n':
		return byteGood
	case c == '\r':
		if i+1 < len(src) && src[i+1] == '\n' {
			return byteGood
		}
		return byteYAML
	case c == 0x7f:
		return byteYAML
	}
	return byteBad
}

// message says what is wrong with the character.
func (b badByte) message(src []byte) string {
	rest := src[b.offset:]
	r, n := utf8.DecodeRune(rest)
	switch {
	case rest[0] == '\r':
		return "carriage return without a line feed"
	case rest[0] == 0 && b.offset < 64:
		return "NUL byte; is this UTF-16?"
	case rest[0] == 0:
		return "NUL byte"
	case bytes.HasPrefix(rest, []byte("\xff\xfe")), bytes.HasPrefix(rest, []byte("\xfe\xff")):
		return "UTF-16 is not supported, use UTF-8"
	case r == utf8.RuneError && n <= 1:
		return "invalid UTF-8"
	default:
		return fmt.Sprintf("control character U+%04X", r)
	}
}

// scanWide judges the characters beyond ASCII.
func scanWide(src []byte, start int) (odd bool, bad badByte) {
	if !utf8.Valid(src[start:]) {
		i := start
		for i < len(src) {
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return false, badByte{i, byteBad}
	}
	for i := start; i < len(src); i++ {
		var r rune
		switch src[i] {
		case 0xC2, 0xE2, 0xEF: // the first bytes of all the characters below
			r, _ = utf8.DecodeRune(src[i:])
		default:
			continue
		}
		switch {
		case r == 0x85, r == 0x2028, r == 0x2029, r == 0xFEFF:
			odd = true
		case r > 0x7f && r < 0xA0, r == 0xFFFE, r == 0xFFFF:
			return odd, badByte{i, byteYAML}
		}
	}
	return odd, badByte{}
}
