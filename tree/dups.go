package tree

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// keyMark is a key of an open mapping: its node and a fingerprint of its text. Equal keys have equal fingerprints.
type keyMark struct {
	print uint64
	node  uint32
}

// fingerprint condenses a text. Many texts may share one; it only has to be cheap.
func fingerprint(text []byte) uint64 {
	n := len(text)
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(text) ^ (binary.LittleEndian.Uint64(text[n-8:])*0x9e3779b97f4a7c15 + uint64(n))
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32 ^ uint64(n)
	case n == 0:
		return 0
	default:
		return uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16 | uint64(n)<<24
	}
}

// fewKeys is how many keys are compared pair by pair; more go through a hash table.
const fewKeys = 16

// closeKeys looks for equal keys in the mapping whose keys stand behind from in p.keys, notes those that are overridden
// and forgets the keys. It reports false if it depends on the reader which one wins.
func (p *Parser) closeKeys(from int, typed bool) bool {
	keys := p.keys[from:]
	p.keys = p.keys[:from]
	if len(keys) > fewKeys || typed {
		return p.closeManyKeys(keys)
	}
	for i := range keys {
		for j := i + 1; j < len(keys); j++ {
			if keys[i].print == keys[j].print && bytes.Equal(p.t.keyText(keys[i].node), p.t.keyText(keys[j].node)) {
				p.t.dups = append(p.t.dups, keys[i].node)
				break
			}
		}
	}
	return true
}

// closeManyKeys does the same for many keys, or for keys that are not all strings, in linear time. From the last key
// to the first, a key that is in the table already is overridden.
func (p *Parser) closeManyKeys(keys []keyMark) bool {
	size := 32
	for size < 2*len(keys) {
		size *= 2
	}
	if cap(p.slots) < size {
		p.slots = make([]uint32, size)
	}
	slots := p.slots[:size]
	clear(slots)
	first := len(p.t.dups)
	for _, key := range slices.Backward(keys) {
		k := key.node
		text := p.t.keyText(k)
		for h := maphash.Bytes(p.seed, text); ; h++ {
			slot := &slots[h&uint64(size-1)]
			if *slot == 0 {
				*slot = k + 1
				break
			}
			if other := *slot - 1; bytes.Equal(p.t.keyText(other), text) {
				if !p.t.sameKey(k, other) {
					return p.stop(int(p.t.nodes[k].start))
				}
				p.t.dups = append(p.t.dups, k)
				break
			}
		}
	}
	dups := p.t.dups[first:]
	for i, j := 0, len(dups)-1; i < j; i, j = i+1, j-1 {
		dups[i], dups[j] = dups[j], dups[i]
	}
	return true
}

// sameKey reports whether two keys with the same text are one key for the library too. It keeps yes, "true" and true
// apart from one another by their types while it reads, and lets chance decide between them when it writes JSON.
func (t *Tree) sameKey(a, b uint32) bool {
	if (t.nodes[a].flags|t.nodes[b].flags)&flagTyped == 0 {
		return true
	}
	x, y := resolve(t.source(&t.nodes[a])), resolve(t.source(&t.nodes[b]))
	return t.nodes[a].flags&t.nodes[b].flags&flagTyped != 0 && x.typ == y.typ && x.bits == y.bits && x.typ != Float
}
