package tree

// flow reads the flow collection at i and returns the offset behind it, -1 if it is not certain. Indentation means
// nothing inside.
func (p *Parser) flow(i int, flags uint8) int {
	s := p.src
	base := len(p.frames)
	ready := true // for an item; else for a comma
	for {
		if len(p.t.nodes) > MaxNodes {
			p.limit = nodesLimit
			return p.fail(i)
		}
		switch c := s[i]; c {
		case '[', '{':
			if !ready || !p.openFlow(i, flags) {
				return p.fail(i)
			}
			i++
		case ']', '}':
			if (c == '}') != (p.frames[len(p.frames)-1].kind == frameMapping) {
				return p.fail(i)
			}
			i++
			p.last = i
			if !p.closeFrame() {
				return -1
			}
			if len(p.frames) == base {
				return i
			}
			ready = false
		case ',':
			if ready {
				return p.fail(i)
			}
			i++
			ready = true
		default:
			if !ready {
				return p.fail(i)
			}
			if p.frames[len(p.frames)-1].kind == frameMapping {
				if i = p.flowKey(i); i < 0 {
					return -1
				}
				if s[i] == '[' || s[i] == '{' {
					flags = flagMapValue
					continue
				}
				flags = flagMapValue
			}
			end, colon, style, f := p.flowScalar(i)
			if end < 0 || colon >= 0 {
				return p.fail(i)
			}
			p.add(style, f|flags, i, end)
			i = end
			ready = false
		}
		flags = 0
		if i = p.flowSpace(i); i < 0 {
			return -1
		}
		if p.frames[len(p.frames)-1].kind == frameMapping && (s[i] == '[' || s[i] == '{') {
			return p.fail(i) // a collection as a key
		}
	}
}

// flowKey reads the key at i and returns the offset of its value.
func (p *Parser) flowKey(i int) int {
	end, colon, style, flags := p.flowScalar(i)
	if end < 0 || colon < 0 || colon-i > maxKey || !p.addKey(style, flags|flagKey, i, end) {
		return p.fail(i)
	}
	i = p.flowSpace(colon + 1)
	if i >= 0 && (p.src[i] == ',' || p.src[i] == ']' || p.src[i] == '}') {
		return p.fail(i)
	}
	return i
}

// openFlow begins a flow collection at i.
func (p *Parser) openFlow(i int, flags uint8) bool {
	if len(p.frames) > MaxDepth {
		p.limit = depthLimit
		return false
	}
	kind, k := frameSequence, Sequence
	if p.src[i] == '{' {
		kind, k = frameMapping, Mapping
	}
	p.frames = append(p.frames, frame{node: uint32(len(p.t.nodes)), keys: len(p.keys), kind: kind})
	p.t.nodes = append(p.t.nodes, node{start: uint32(i), kind: k, style: Flow, flags: flags})
	return true
}

// flowSpace skips blanks, line breaks and comments between the tokens of a flow collection; -1 at the end of the document
// or if it is not certain.
func (p *Parser) flowSpace(i int) int {
	s := p.src
	for {
		j := skipSpaces(s, i)
		if j >= len(s) {
			return p.fail(j)
		}
		next := atBreak(s, j)
		if next < 0 && s[j] == '#' {
			if s[j-1] != ' ' && s[j-1] != '\n' {
				return p.fail(j)
			}
			next = lineAfter(s, j)
		}
		if next < 0 {
			if s[j] == '\t' {
				return p.fail(j)
			}
			return j
		}
		if i = next; isMarker(s, i) {
			return p.fail(i)
		}
	}
}

// flowScalar reads a scalar inside a flow collection; end is -1 if it is not certain. colon is the offset of the colon
// that makes it a key, else -1. A scalar that is not a key is followed by a comma or a bracket.
func (p *Parser) flowScalar(i int) (end, colon int, style Style, flags uint8) {
	s := p.src
	switch lead[s[i]] {
	case leadQuote:
		var decode, multi bool
		if end, decode, multi = scanQuoted(s, i); end < 0 {
			return -1, -1, 0, 0
		}
		style = SingleQuoted
		if s[i] == '"' {
			style = DoubleQuoted
		}
		if decode {
			flags = flagDecode
		}
		if j := skipSpaces(s, end); j < len(s) && s[j] == ':' {
			if multi {
				return -1, -1, 0, 0
			}
			return end, j, style, flags
		}
	case leadDash:
		if i+1 >= len(s) || lead[s[i+1]] != leadPlain && s[i+1] != '-' {
			return -1, -1, 0, 0
		}
		fallthrough
	case leadPlain:
		if end, colon = scanFlowPlain(s, i); end < 0 || colon >= 0 {
			return end, colon, Plain, 0
		}
		if isInfinite(s[i:end]) {
			return -1, -1, 0, 0
		}
	default:
		return -1, -1, 0, 0
	}
	j := p.flowSpace(end)
	if j < 0 || s[j] != ',' && s[j] != ']' && s[j] != '}' {
		return -1, -1, 0, 0
	}
	return end, -1, style, flags
}

// scanFlowPlain reads a plain scalar of one line inside a flow collection.
func scanFlowPlain(s []byte, i int) (end, colon int) {
	colon = -1
	j := i
scan:
	for ; j < len(s); j++ {
		switch s[j] {
		case ',', ']', '}', '\n', '\r':
			break scan
		case '[', '{', '?', '\t':
			return -1, -1
		case '#':
			if s[j-1] == ' ' {
				break scan
			}
		case ':':
			if j+1 >= len(s) {
				return -1, -1
			}
			switch c := s[j+1]; {
			case c == ' ' || c == '\n' || c == '\r':
				colon = j
				break scan
			case lead[c] != leadPlain:
				return -1, -1 // readers do not agree on {a:,b}
			}
		}
	}
	end = j
	for s[end-1] == ' ' {
		end--
	}
	return end, colon
}
