package tree

// Strict JSON, as encoding/json takes it. It needs a reader of its own because JSON is not quite YAML: \/ and
// surrogate pairs are fine here, and a line separator in a string is only a character.

func skipJSONSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// jsonEnd returns the offset behind the JSON array or object at i, -1 if there is none.
func jsonEnd(s []byte, i int) int {
	p := Parser{src: s}
	return p.jsonValue(i, false)
}

// parseJSON reads the document, whose value begins at i, into the arena.
func (p *Parser) parseJSON(i int) bool {
	end := p.jsonValue(i, true)
	return end >= 0 && skipJSONSpace(p.src, end) == len(p.src)
}

// jsonValue reads the collection at i, into the arena if build is set, and returns the offset behind it, -1 if it is not
// strict JSON.
func (p *Parser) jsonValue(i int, build bool) int {
	s := p.src
	flags := uint8(0)
	for {
		// A value begins at i.
		if i >= len(s) || len(p.t.nodes) > MaxNodes {
			return -1
		}
		switch c := s[i]; c {
		case '{', '[':
			if len(p.frames) > MaxDepth {
				return -1
			}
			kind, k := frameSequence, Sequence
			if c == '{' {
				kind, k = frameMapping, Mapping
			}
			p.frames = append(p.frames, frame{node: uint32(len(p.t.nodes)), keys: len(p.keys), kind: kind})
			if build {
				p.t.nodes = append(p.t.nodes, node{start: uint32(i), kind: k, style: Flow, flags: flags})
			}
			i = skipJSONSpace(s, i+1)
			if i < len(s) && s[i] == c+2 { // ] and } stand two behind [ and {
				break
			}
			if kind == frameMapping {
				if i = p.jsonKey(i, build); i < 0 {
					return -1
				}
				flags = flagMapValue
			} else {
				flags = 0
			}
			continue
		case '"':
			end, decode := scanJSONString(s, i)
			if end < 0 {
				return -1
			}
			if build {
				if decode {
					flags |= flagDecode
				}
				p.add(DoubleQuoted, flags, i, end)
			}
			i = end
		default:
			end := scanJSONWord(s, i)
			if end < 0 {
				return -1
			}
			if build {
				p.add(Plain, flags, i, end)
			}
			i = end
		}
		// What follows a value, or the bracket that closes an empty collection.
		for {
			i = skipJSONSpace(s, i)
			if i >= len(s) {
				return -1
			}
			top := &p.frames[len(p.frames)-1]
			inMapping := top.kind == frameMapping
			c := s[i]
			if c == ',' {
				i = skipJSONSpace(s, i+1)
				flags = 0
				if inMapping {
					if i = p.jsonKey(i, build); i < 0 {
						return -1
					}
					flags = flagMapValue
				}
				break
			}
			if c != ']' && c != '}' || (c == '}') != inMapping {
				return -1
			}
			i++
			if build {
				p.last = i
				if !p.closeFrame() {
					return -1
				}
			} else {
				p.frames = p.frames[:len(p.frames)-1]
			}
			if len(p.frames) == 0 {
				return i
			}
		}
	}
}

// jsonKey reads the key at i and its colon and returns the offset of the value.
func (p *Parser) jsonKey(i int, build bool) int {
	s := p.src
	if i >= len(s) || s[i] != '"' {
		return -1
	}
	end, decode := scanJSONString(s, i)
	if end < 0 {
		return -1
	}
	if build {
		flags := flagKey
		if decode {
			flags |= flagDecode
		}
		p.t.json = true // the escapes of the key are read here
		p.addKey(DoubleQuoted, flags, i, end)
	}
	i = skipJSONSpace(s, end)
	if i >= len(s) || s[i] != ':' {
		return -1
	}
	return skipJSONSpace(s, i+1)
}

// scanJSONString returns the offset behind the string at i, -1 if it is none.
func scanJSONString(s []byte, i int) (end int, decode bool) {
	for j := i + 1; j < len(s); j++ {
		c := s[j]
		if c == '"' {
			return j + 1, decode
		}
		if c < 0x20 {
			return -1, false
		}
		if c != '\\' {
			continue
		}
		decode = true
		if j++; j >= len(s) {
			return -1, false
		}
		switch s[j] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if j+4 >= len(s) {
				return -1, false
			}
			for k := 1; k <= 4; k++ {
				if c := s[j+k] | 0x20; (c < 'a' || c > 'f') && (s[j+k] < '0' || s[j+k] > '9') {
					return -1, false
				}
			}
			j += 4
		default:
			return -1, false
		}
	}
	return -1, false
}

// scanJSONWord returns the offset behind the number, boolean or null at i, -1 if it is none.
func scanJSONWord(s []byte, i int) int {
	j := i
	for j < len(s) && (s[j] >= 'a' && s[j] <= 'z' || s[j] >= '0' && s[j] <= '9' || s[j] == '-' || s[j] == '+' || s[j] == '.' || s[j] == 'E') {
		j++
	}
	switch text(s[i:j]) {
	case "true", "false", "null":
		return j
	}
	k := i
	digits := func() bool {
		from := k
		for k < j && s[k] >= '0' && s[k] <= '9' {
			k++
		}
		return k > from
	}
	if k < j && s[k] == '-' {
		k++
	}
	if k < j && s[k] == '0' {
		k++
	} else if !digits() {
		return -1
	}
	exact := true
	if k < j && s[k] == '.' {
		if k++; !digits() {
			return -1
		}
		exact = false
	}
	if k < j && (s[k] == 'e' || s[k] == 'E') {
		if k++; k < j && (s[k] == '+' || s[k] == '-') {
			k++
		}
		if !digits() {
			return -1
		}
		exact = false
	}
	if k != j {
		return -1
	}
	if !exact || j-i > 300 {
		// A number too large for a float is an error for encoding/json.
		if r := resolve(s[i:j]); r.typ == String {
			return -1
		}
	}
	return j
}
