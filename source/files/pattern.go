package files

import (
	"bytes"
	"strings"
)

// A pattern is one line of an ignore file, compiled. Matching takes time linear in pattern × path, whatever the
// pattern: ignore files come from the repository that is scanned and must not be able to stall the scan.
type pattern struct {
	negated  bool // "!pattern" brings back what an earlier one excluded
	dirOnly  bool // "pattern/"
	anchored bool // has a slash before its end, so it is matched with the path below its file, else with the bare name
	segments []segment
}

// A segment is what stands between two slashes.
type segment struct {
	literal    string // if tokens is nil; with suffix what follows the one star
	suffix     bool   // "*.yaml", by far the most frequent kind
	tokens     []token
	double     bool // "**": any number of path segments
	atLeastOne bool // "**" before an escaped slash, a quirk of git
}

// A token matches one byte that is in set, or with star any run of bytes.
type token struct {
	star bool
	set  *[4]uint64 // nil: exactly char
	char byte
}

func (t token) matches(c byte) bool {
	if t.set == nil {
		return t.char == c
	}
	return t.set[c>>6]&(1<<(c&63)) != 0
}

var anyByte = [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// parseIgnore compiles an ignore file. It cannot fail: as in git, a malformed pattern is one that matches nothing.
func parseIgnore(data []byte) []pattern {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var patterns []pattern
	for raw := range bytes.Lines(data) {
		line := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
		line, _, _ = strings.Cut(line, "\x00") // a line is a C string in git
		if strings.HasPrefix(line, "#") {
			continue
		}
		if p, ok := parsePattern(trimSpaces(line)); ok {
			patterns = append(patterns, p)
		}
	}
	return patterns
}

// trimSpaces cuts trailing blanks (not tabs) but for one kept by a backslash.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
			if i == len(line) {
				return line
			}
		}
		end = i + 1
	}
	return line[:end]
}

// parsePattern compiles one line; ok is false if the pattern can never match.
func parsePattern(line string) (p pattern, ok bool) {
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	p.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")

	var tokens []token
	stars := 0 // unescaped ones in a row
	endSegment := func(escapedSlash bool) (ok bool) {
		s := newSegment(tokens)
		if stars > 1 && len(tokens) == 1 { // "**" and nothing else
			s = segment{double: true, atLeastOne: escapedSlash}
		}
		p.segments = append(p.segments, s)
		ok = stars > 0 || len(tokens) > 0 // "a//b" names no path
		tokens, stars = nil, 0
		return ok
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '*' {
			if stars++; stars == 1 {
				tokens = append(tokens, token{star: true})
			}
			continue
		}
		escaped := c == '\\'
		if escaped {
			if i++; i == len(line) {
				return p, false
			}
			c = line[i]
		}
		if c == '/' {
			if !endSegment(escaped) {
				return p, false
			}
			continue
		}
		stars = 0
		switch {
		case escaped:
			tokens = append(tokens, token{char: c})
		case c == '?':
			tokens = append(tokens, token{set: &anyByte})
		case c == '[':
			set, end := parseClass(line, i)
			if end < 0 {
				return p, false
			}
			tokens = append(tokens, token{set: set})
			i = end
		default:
			tokens = append(tokens, token{char: c})
		}
	}
	if !endSegment(false) {
		return p, false
	}
	return p, true
}

// newSegment keeps a segment without wildcards, or with one at its front, as text.
func newSegment(tokens []token) segment {
	suffix := len(tokens) > 0 && tokens[0].star
	rest := tokens
	if suffix {
		rest = tokens[1:]
	}
	var literal strings.Builder
	for _, t := range rest {
		if t.star || t.set != nil {
			return segment{tokens: tokens}
		}
		literal.WriteByte(t.char)
	}
	return segment{literal: literal.String(), suffix: suffix}
}

// parseClass reads the bracket expression that opens at line[i], byte for byte as git's wildmatch does, and gives the
// index of its closing bracket, or -1 if it is malformed. The set may hold '/', which no segment of a path does.
func parseClass(line string, i int) (*[4]uint64, int) {
	var set [4]uint64
	add := func(first, last byte) {
		for c := int(first); c <= int(last); c++ {
			set[c>>6] |= 1 << (c & 63)
		}
	}
	i++
	negated := i < len(line) && (line[i] == '!' || line[i] == '^')
	if negated {
		i++
	}
	previous := byte(0) // where a range may begin; 0 after a range or a named class
	for first := true; ; first = false {
		if i >= len(line) {
			return nil, -1
		}
		c := line[i]
		switch {
		case c == ']' && !first:
			if negated {
				for n := range set {
					set[n] = ^set[n]
				}
			}
			return &set, i
		case c == '\\':
			if i++; i == len(line) {
				return nil, -1
			}
			c = line[i]
			add(c, c)
		case c == '-' && previous != 0 && i+1 < len(line) && line[i+1] != ']':
			i++
			if line[i] == '\\' {
				if i++; i == len(line) {
					return nil, -1
				}
			}
			add(previous, line[i])
			c = 0
		case c == '[' && i+1 < len(line) && line[i+1] == ':':
			length := strings.IndexByte(line[i+2:], ']')
			if length < 0 {
				return nil, -1
			}
			name, ok := strings.CutSuffix(line[i+2:i+2+length], ":")
			if !ok { // not [:name:], so the bracket stands for itself
				add(c, c)
				break
			}
			pairs := classes[name]
			if pairs == "" {
				return nil, -1
			}
			for ; pairs != ""; pairs = pairs[2:] {
				add(pairs[0], pairs[1])
			}
			i += 2 + length
			c = 0
		default:
			add(c, c)
		}
		previous = c
		i++
	}
}

// The named classes as pairs of first and last byte. ASCII only; "space" lacks \v and \f, as in git.
var classes = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f", "digit": "09", "graph": "!~",
	"lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\n\r\r  ", "upper": "AZ", "xdigit": "09AFaf",
}

// match tells whether the pattern means the entry: path is relative to the ignore file's folder, name its last element.
func (p *pattern) match(path, name string, isDir bool) bool {
	switch {
	case p.dirOnly && !isDir:
		return false
	case p.anchored:
		return matchPath(p.segments, path)
	case p.segments[0].double:
		return true // a bare "**"
	}
	return p.segments[0].match(name)
}

// matchPath is the usual wildcard matching with one place to come back to, on segments instead of bytes: once a later
// "**" is reached, whatever an earlier one could still take in, the later one can as well.
func matchPath(segments []segment, path string) bool {
	more := true // path has segments left
	var retry []segment
	var retryPath string // what to match retry with if all else fails
	for {
		switch {
		case len(segments) == 0 && !more:
			return true
		case len(segments) > 0 && more && segments[0].double:
			if len(segments) == 1 {
				return true // "a/**" is everything in a, not a itself
			}
			if segments[0].atLeastOne {
				if _, path, more = strings.Cut(path, "/"); !more {
					return false
				}
			}
			segments = segments[1:]
			retry, retryPath = segments, path
			continue
		case len(segments) > 0 && more:
			head, rest, found := strings.Cut(path, "/")
			if segments[0].match(head) {
				segments, path, more = segments[1:], rest, found
				continue
			}
		}
		if retry == nil {
			return false
		}
		if _, retryPath, more = strings.Cut(retryPath, "/"); !more {
			return false
		}
		segments, path = retry, retryPath
	}
}

// match tells whether the segment means the whole name.
func (s *segment) match(name string) bool {
	switch {
	case s.suffix:
		return strings.HasSuffix(name, s.literal)
	case s.tokens == nil:
		return s.literal == name
	}
	t, n := 0, 0
	star, mark := -1, 0 // the last star, and how far it reaches
	for n < len(name) {
		switch {
		case t < len(s.tokens) && s.tokens[t].star:
			star, mark = t, n
			t++
		case t < len(s.tokens) && s.tokens[t].matches(name[n]):
			t++
			n++
		case star >= 0:
			mark++
			t, n = star+1, mark
		default:
			return false
		}
	}
	for t < len(s.tokens) && s.tokens[t].star {
		t++
	}
	return t == len(s.tokens)
}
