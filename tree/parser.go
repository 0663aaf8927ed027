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
	MaxFallbackSize = 4 << 20
	// MaxExpanded is how many nodes a document may have after its aliases are expanded.
	MaxExpanded = 1_000_000
	// MaxExpandedText is how many bytes of text the expanded aliases may have.
	MaxExpandedText = 64 << 20
)

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
	*t = Tree{src: src, end: doc.End, nodes: t.nodes[:0], texts: t.texts[:0], dups: t.dups[:0]}
	clear(t.texts[:cap(t.texts)])
	if doc.End-doc.Start > MaxSize || doc.End > 1<<32-2 {
		return nil, p.pos.errorAt(src, doc.Start, fmt.Sprintf("document is larger than %d bytes", MaxSize))
	}
	p.src, p.start = src[:doc.End], doc.Start
	odd, bad := scanBytes(p.src, doc.Start)
	if bad.message != "" && !bad.json {
		return nil, p.pos.errorAt(src, bad.offset, bad.message)
	}
	if i := skipJSONSpace(p.src, doc.Start); i < len(p.src) && (p.src[i] == '{' || p.src[i] == '[') {
		if p.reset(); p.parseJSON(i) {
			t.json = true
			return p.finish(), nil
		}
	}
	if bad.message != "" {
		return nil, p.pos.errorAt(src, bad.offset, bad.message)
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

// badByte is a byte that a document may not have.
type badByte struct {
	offset  int
	message string
	json    bool // it may stand in strict JSON all the same
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
			if c := src[k]; c >= 0x80 {
				wide = true
			} else if b := checkByte(src, k); b.message != "" {
				if !b.json {
					return false, b
				}
				if bad.message == "" {
					bad = b
				}
			}
		}
	}
	for ; i < len(src); i++ {
		if c := src[i]; c >= 0x80 {
			wide = true
		} else if b := checkByte(src, i); b.message != "" {
			if !b.json {
				return false, b
			}
			if bad.message == "" {
				bad = b
			}
		}
	}
	if wide {
		o, b := scanWide(src, start)
		odd = o
		if b.message != "" && (!b.json || bad.message == "" || b.offset < bad.offset) {
			bad = b
		}
	}
	return odd, bad
}

// checkByte judges an ASCII byte.
func checkByte(src []byte, i int) badByte {
	switch c := src[i]; {
	case c == '\r':
		if i+1 == len(src) || src[i+1] != '\n' {
			return badByte{i, "carriage return without a line feed", true}
		}
	case c == 0:
		if i < 64 && i%2 == 1 || i+1 < 64 && i+1 < len(src) && i%2 == 0 && src[i+1] != 0 {
			return badByte{i, "NUL byte; is this UTF-16?", false}
		}
		return badByte{i, "NUL byte", false}
	case c < 0x20 && c != '\t' && c != '\n', c == 0x7f:
		return badByte{i, fmt.Sprintf("control character U+%04X", c), c == 0x7f}
	}
	return badByte{}
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
		message := "invalid UTF-8"
		if rest := src[i:]; i == start && (bytes.HasPrefix(rest, []byte("\xff\xfe")) || bytes.HasPrefix(rest, []byte("\xfe\xff"))) {
			message = "UTF-16 is not supported, use UTF-8"
		}
		return false, badByte{i, message, false}
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
			return odd, badByte{i, fmt.Sprintf("control character U+%04X", r), true}
		}
	}
	return odd, badByte{}
}
