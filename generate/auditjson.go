package generate

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// maxDepth is how deep JSON may be nested. encoding/json stops at 10,000; no audit event comes near either.
const maxDepth = 1000

// cursor walks over one JSON value without building anything from it. It takes exactly what encoding/json takes (but for
// maxDepth), so that a line that is not JSON is known as such. It exists because an audit event is mostly objects that nobody
// here looks at (requestObject, responseObject): walking over them costs a tenth of decoding them.
type cursor struct {
	b     []byte
	i     int
	stack []byte // the brackets that skip has open
}

// space goes to the next byte that is not white space and returns it, 0 at the end.
func (c *cursor) space() byte {
	for c.i < len(c.b) {
		switch ch := c.b[c.i]; ch {
		case ' ', '\n', '\r', '\t':
			c.i++
		default:
			return ch
		}
	}
	return 0
}

// end reports whether nothing follows but white space.
func (c *cursor) end() bool { return c.space() == 0 && c.i == len(c.b) }

// object visits the entries of the object at the cursor. visit has to consume the value. A null is an object without entries.
func (c *cursor) object(visit func(key []byte) bool) bool {
	if c.null() {
		return true
	}
	if c.space() != '{' {
		return false
	}
	c.i++
	if c.space() == '}' {
		c.i++
		return true
	}
	for {
		key, ok := c.key()
		if !ok || !visit(key) {
			return false
		}
		switch c.space() {
		case ',':
			c.i++
		case '}':
			c.i++
			return true
		default:
			return false
		}
	}
}

// array visits the items of the array at the cursor. visit has to consume the item. A null is an array without items.
func (c *cursor) array(visit func() bool) bool {
	if c.null() {
		return true
	}
	if c.space() != '[' {
		return false
	}
	c.i++
	if c.space() == ']' {
		c.i++
		return true
	}
	for {
		if !visit() {
			return false
		}
		switch c.space() {
		case ',':
			c.i++
		case ']':
			c.i++
			return true
		default:
			return false
		}
	}
}

// null consumes a null.
func (c *cursor) null() bool {
	if c.space() == 'n' && len(c.b)-c.i >= 4 && string(c.b[c.i:c.i+4]) == "null" {
		c.i += 4
		return true
	}
	return false
}

// key consumes a key and its colon.
func (c *cursor) key() (key []byte, ok bool) {
	if c.space() != '"' {
		return nil, false
	}
	if key, ok = c.text(); !ok || c.space() != ':' {
		return nil, false
	}
	c.i++
	return key, true
}

// text consumes the string at the cursor and returns its text, which is valid as long as the input is. A null is no text.
func (c *cursor) text() (text []byte, ok bool) {
	if c.null() {
		return nil, true
	}
	if c.space() != '"' {
		return nil, false
	}
	start := c.i
	plain, ok := c.skipString()
	if !ok {
		return nil, false
	}
	if plain {
		return c.b[start+1 : c.i-1], true
	}
	var s string
	if json.Unmarshal(c.b[start:c.i], &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// Eight bytes at a time: the highest bit of a byte is set for a byte that is zero, or less than n (n at most 128). Only the
// lowest set bit is certain, because the subtraction may borrow from what stands above a hit; and only that one is asked for.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipString consumes the string at the cursor. plain is false if its text is not simply its bytes: it has escapes, or bytes
// beyond ASCII, which encoding/json replaces if they are not UTF-8.
func (c *cursor) skipString() (plain, ok bool) {
	b, i := c.b, c.i+1
	plain = true
	for {
		for i+8 <= len(b) {
			v := binary.LittleEndian.Uint64(b[i:])
			quote, slash := v^(ones*'"'), v^(ones*'\\')
			hit := ((quote-ones)&^quote | (slash-ones)&^slash | (v-ones*0x20)&^v) & highs
			if v&highs != 0 {
				plain = false
			}
			if hit != 0 {
				i += bits.TrailingZeros64(hit) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return false, false
		}
		switch ch := b[i]; {
		case ch == '"':
			c.i = i + 1
			return plain, true
		case ch == '\\':
			plain = false
			n := escape(b[i+1:])
			if n == 0 {
				return false, false
			}
			i += 1 + n
		case ch < 0x20:
			return false, false
		default:
			if ch >= 0x80 {
				plain = false
			}
			i++
		}
	}
}

// escape returns the length of what stands behind a backslash, 0 if it is no escape.
func escape(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(b) < 5 {
			return 0
		}
		for _, ch := range b[1:5] {
			if l := ch | 0x20; (ch < '0' || ch > '9') && (l < 'a' || l > 'f') {
				return 0
			}
		}
		return 5
	default:
		return 0
	}
}

// skip consumes the value at the cursor, whatever it is.
func (c *cursor) skip() bool {
	c.stack = c.stack[:0]
	for {
		ok, opened := c.begin()
		if !ok {
			return false
		}
		if opened {
			continue
		}
		if done, ok := c.follow(); done || !ok {
			return ok
		}
	}
}

// begin consumes a scalar, an empty collection, or a bracket (and key) up to the value behind it, and then opened is true.
func (c *cursor) begin() (ok, opened bool) {
	switch ch := c.space(); ch {
	case '{', '[':
		c.i++
		if c.space() == ch+2 { // ] and } stand two behind [ and {
			c.i++
			return true, false
		}
		if len(c.stack) >= maxDepth {
			return false, false
		}
		c.stack = append(c.stack, ch)
		if ch == '{' {
			_, ok = c.skipKey()
			return ok, true
		}
		return true, true
	case '"':
		_, ok = c.skipString()
		return ok, false
	default:
		return c.word(), false
	}
}

// follow consumes what stands behind a value: closing brackets, and then a comma (and key). done is true behind the last bracket.
func (c *cursor) follow() (done, ok bool) {
	for len(c.stack) > 0 {
		top := c.stack[len(c.stack)-1]
		switch c.space() {
		case ',':
			c.i++
			if top == '{' {
				_, ok = c.skipKey()
				return false, ok
			}
			return false, true
		case top + 2:
			c.i++
			c.stack = c.stack[:len(c.stack)-1]
		default:
			return false, false
		}
	}
	return true, true
}

func (c *cursor) skipKey() (plain, ok bool) {
	if c.space() != '"' {
		return false, false
	}
	if plain, ok = c.skipString(); !ok || c.space() != ':' {
		return false, false
	}
	c.i++
	return plain, true
}

// word consumes a number, a boolean or a null.
func (c *cursor) word() bool {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(c.b)-c.i >= len(w) && string(c.b[c.i:c.i+len(w)]) == w {
			c.i += len(w)
			return true
		}
	}
	return c.number()
}

// number consumes a number as RFC 8259 writes it.
func (c *cursor) number() bool {
	digits := func() bool {
		from := c.i
		for c.i < len(c.b) && c.b[c.i] >= '0' && c.b[c.i] <= '9' {
			c.i++
		}
		return c.i > from
	}
	at := func(chars string) bool {
		for k := range len(chars) {
			if c.i < len(c.b) && c.b[c.i] == chars[k] {
				c.i++
				return true
			}
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return false
	}
	if at(".") && !digits() {
		return false
	}
	if at("eE") {
		at("+-")
		return digits()
	}
	return true
}
