package tree

import "bytes"

// messages of limits
const (
	depthLimit = "collections are nested more than 1000 deep"
	nodesLimit = "document has more than 8000000 nodes"
)

// value reads the scalar or flow collection at i, in a block collection at column indent. It returns the offset of the
// next line, -1 if it is not certain.
func (p *Parser) value(i, indent int, flags uint8) int {
	s := p.src
	switch lead[s[i]] {
	case leadColon:
		if !isColonText(s, i) {
			return p.fail(i)
		}
		return p.plain(i, indent, flags)
	case leadDash:
		if i+1 < len(s) && s[i+1] == '\t' {
			return p.fail(i)
		}
		return p.plain(i, indent, flags)
	case leadPlain:
		return p.plain(i, indent, flags)
	case leadQuote:
		end, decode, _ := scanQuoted(s, i)
		if end < 0 {
			return p.fail(i)
		}
		next := endOfLine(s, end)
		if next < 0 {
			return p.fail(end)
		}
		style := SingleQuoted
		if s[i] == '"' {
			style = DoubleQuoted
		}
		if decode {
			flags |= flagDecode
		}
		p.add(style, flags, i, end)
		return next
	case leadBlock:
		return p.block(i, indent, flags)
	case leadFlow:
		end := p.flow(i, flags)
		if end < 0 {
			return -1
		}
		next := endOfLine(s, end)
		if next < 0 {
			return p.fail(end)
		}
		return next
	}
	return p.fail(i)
}

// stops are the bytes at which a plain scalar may end.
var stops = [256]bool{'\n': true, ':': true, '#': true}

// scanPlain reads one line of a plain scalar. It returns where its text ends and where the scan stopped: at a colon
// that is an indicator, at the # of a comment, or at the end of the line.
func scanPlain(s []byte, i int) (end, stop int) {
	j := i
	for ; j < len(s); j++ {
		if !stops[s[j]] {
			continue
		}
		switch s[j] {
		case ':':
			if j+1 < len(s) && s[j+1] != ' ' && s[j+1] != '\n' && s[j+1] != '\t' && s[j+1] != '\r' {
				continue
			}
		case '#':
			if j > i && s[j-1] != ' ' && s[j-1] != '\t' {
				continue
			}
		}
		break
	}
	end = j
	for end > i && (s[end-1] == ' ' || s[end-1] == '\t' || s[end-1] == '\r') {
		end--
	}
	return end, j
}

// plain reads a plain scalar that is not a key.
func (p *Parser) plain(i, indent int, flags uint8) int {
	s := p.src
	end, stop := scanPlain(s, i)
	next := stop
	for {
		if stop >= len(s) {
			next = stop
			break
		}
		if s[stop] == '#' {
			next = lineAfter(s, stop)
			break
		}
		if s[stop] == ':' {
			return p.fail(stop)
		}
		// Does the next line that is not blank continue the scalar?
		next = stop + 1
		var ls, j int
		for {
			ls = next
			j = skipSpaces(s, next)
			if j >= len(s) {
				break
			}
			if next = atBreak(s, j); next < 0 {
				next = ls
				break
			}
		}
		if j >= len(s) {
			next = len(s)
			break
		}
		if s[j] == '\t' {
			return p.fail(j)
		}
		if j-ls <= indent || s[j] == '#' {
			break
		}
		if j == ls && isMarker(s, j) {
			break
		}
		flags |= flagDecode
		end, stop = scanPlain(s, j)
	}
	if end-i <= 5 && flags&flagDecode == 0 && isInfinite(s[i:end]) {
		return p.fail(i)
	}
	p.add(Plain, flags, i, end)
	return next
}

// isInfinite reports whether a plain scalar is one of the numbers that JSON does not have.
func isInfinite(b []byte) bool {
	if c := b[0]; c != '.' && c != '-' && c != '+' {
		return false
	}
	r, ok := resolveWord(b)
	return ok && r.typ == Float
}

// scanQuoted finds the end of the quoted scalar at i, -1 if it is not certain. decode is set if the text is not the
// bytes between the quotes, multi if there is a line break in it.
func scanQuoted(s []byte, i int) (end int, decode, multi bool) {
	quote := s[i]
	j := i + 1
	next := i // the next quote, if it is not before j
	for {
		if next < j {
			k := bytes.IndexByte(s[j:], quote)
			if k < 0 {
				return -1, false, false
			}
			next = j + k
		}
		if quote == '"' {
			if e := bytes.IndexByte(s[j:next], '\\'); e >= 0 {
				decode = true
				j += e + 1
				if c := s[j]; c == '\n' || c == '\r' {
					continue
				}
				_, n := unescape(s[j:])
				if n == 0 {
					return -1, false, false
				}
				j += n
				continue
			}
		}
		j = next + 1
		if quote == '\'' && j < len(s) && s[j] == '\'' {
			decode = true
			j++
			continue
		}
		break
	}
	for rest := i + 1; ; {
		k := bytes.IndexByte(s[rest:j], '\n')
		if k < 0 {
			return j, decode, multi
		}
		decode, multi = true, true
		if rest += k + 1; isMarker(s, rest) {
			return -1, false, false
		}
	}
}

// noText is an indentation that makes every blank line of a block scalar blank.
const noText = 1 << 30

// block reads the literal or folded scalar at i.
func (p *Parser) block(i, parent int, flags uint8) int {
	s := p.src
	h, ok := blockHeader(s, i)
	if !ok {
		return p.fail(i)
	}
	indent := 0
	if h.increment > 0 {
		indent = max(parent, 0) + h.increment
	}
	end, next, indent := blockBody(s, h.body, indent, parent)
	if next < 0 {
		return p.fail(h.body)
	}
	style := Literal
	if s[i] == '>' {
		style = Folded
	}
	empty := end < 0
	if empty {
		end, indent = h.end, noText
	}
	p.add(style, flags|flagDecode, i, end)
	if empty || h.increment > 0 || h.chomp == chompKeep {
		p.keep(decodeBlock(s[h.body:next], indent, style == Folded, h.chomp))
	}
	return next
}

// keep stores the text of the last node, which cannot be found again by its span alone.
func (p *Parser) keep(b []byte) {
	p.t.texts = append(p.t.texts, text(b))
	p.t.nodes[len(p.t.nodes)-1].text = uint32(len(p.t.texts))
}

// header is the first line of a block scalar.
type header struct {
	chomp     int
	increment int // the indentation indicator, 0 if none
	end       int // of the indicators
	body      int // start of the next line
}

// blockHeader reads the header at i.
func blockHeader(s []byte, i int) (h header, ok bool) {
	j := i + 1
	for ; j < len(s); j++ {
		switch c := s[j]; {
		case (c == '-' || c == '+') && h.chomp == 0:
			h.chomp = chompKeep
			if c == '-' {
				h.chomp = chompStrip
			}
			continue
		case c >= '1' && c <= '9' && h.increment == 0:
			h.increment = int(c - '0')
			continue
		}
		break
	}
	h.end = j
	h.body = endOfLine(s, j)
	return h, h.body >= 0
}

// blockBody measures the lines of a block scalar from i on. If indent is 0, the first lines tell it. end is where the last
// line with text ends, -1 if there is none; next is the line behind the scalar, -1 if it is not certain.
func blockBody(s []byte, i, indent, parent int) (end, next, width int) {
	end = -1
	blank := 0 // the longest of the blank lines before the first one with text
	for i < len(s) {
		j := skipSpaces(s, i)
		if j >= len(s) {
			if indent > 0 && j-i > indent {
				end = j // spaces beyond the indentation are text
			}
			return end, len(s), indent
		}
		col := j - i
		if n := atBreak(s, j); n >= 0 {
			if indent > 0 && col > indent {
				end = j
			}
			if indent == 0 {
				blank = max(blank, col)
			}
			i = n
			continue
		}
		if indent == 0 {
			if s[j] == '\t' {
				return 0, -1, 0
			}
			if indent = max(parent+1, 1); col >= indent {
				if blank > col {
					return 0, -1, 0
				}
				indent = col
			} else if blank >= indent {
				return 0, -1, 0
			}
		}
		if col < indent {
			if s[j] == '\t' {
				return 0, -1, 0
			}
			return end, i, indent
		}
		k := bytes.IndexByte(s[j:], '\n')
		if k < 0 {
			return len(s), len(s), indent
		}
		end = j + k
		i = end + 1
		if s[end-1] == '\r' {
			end--
		}
	}
	return end, i, indent
}
