package tree

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yaml2 "go.yaml.in/yaml/v2"
	yaml3 "go.yaml.in/yaml/v3"
)

// differs is the message for documents on which the two libraries do not agree, with each other or with themselves.
const differs = "document uses YAML that is read differently by different parsers"

// fallback reads a document that the fast parser is not certain about. yaml/v2, which is what sigs.k8s.io/yaml uses,
// judges it and tells its value; yaml/v3 tells where the nodes are. If tree and value are not equal in the end, the
// document is refused, so that nobody acts on a value that kubectl would not see.
func (p *Parser) fallback(doc Document) (*Tree, error) {
	if doc.End-doc.Start > MaxFallbackSize {
		return nil, p.pos.errorAt(p.t.src, p.at, fmt.Sprintf("this is unusual YAML or a mistake, and the document is larger than the %d bytes allowed then", MaxFallbackSize))
	}
	body := p.src[doc.Start:]
	lines := newPlaces(p.src, doc.Start)
	value, err := decodeValue(body)
	if err != nil {
		return nil, p.libraryError(err, lines)
	}
	root, err := decodeNodes(body)
	if err != nil {
		return nil, p.pos.errorAt(p.t.src, p.at, differs)
	}
	c := converter{p: p, lines: lines, at: p.at, anchors: map[*yaml3.Node]uint32{}}
	p.reset()
	if root.Kind == 0 {
		p.add(Plain, flagSynthetic, doc.Start, doc.Start)
	} else if !c.node(root, 0, 0) {
		if c.message == "" {
			c.message = differs
		}
		return nil, p.pos.errorAt(p.t.src, c.at, c.message)
	}
	if at, message := p.t.compare(0, value); message != "" {
		return nil, p.pos.errorAt(p.t.src, int(p.t.nodes[at].start), message)
	}
	p.at = c.at
	p.t.fallback = true
	return p.finish(), nil
}

// decodeValue reads a document with yaml/v2.
func decodeValue(body []byte) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the library failed: %v", r)
		}
	}()
	err = yaml2.Unmarshal(body, &v)
	return v, err
}

// decodeNodes reads a document with yaml/v3.
func decodeNodes(body []byte) (root *yaml3.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the library failed: %v", r)
		}
	}()
	root = &yaml3.Node{}
	return root, yaml3.Unmarshal(body, root)
}

var (
	linePrefix    = regexp.MustCompile(`^line (\d+): `)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// parserProblems are the messages that yaml/v2 gives with the number of the line before.
var parserProblems = []string{
	"did not find expected key", "did not find expected '-' indicator", "did not find expected node content",
	"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected <document start>",
	"found undefined tag handle", "found duplicate %YAML directive", "found incompatible YAML document", "found duplicate %TAG directive",
}

// libraryError turns an error of yaml/v2 into one with a place. The library tells the line at best; if the fast parser
// stopped there or on the line above, it was for this mistake, and it knows the column.
func (p *Parser) libraryError(err error, lines *places) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := linePrefix.FindStringSubmatch(message); m != nil {
		message = message[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
		if slices.Contains(parserProblems, message) {
			line++
		}
	} else if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		if k := aliasNamed(p.src[p.start:], m[1]); k >= 0 {
			return p.pos.errorAt(p.t.src, p.start+k, message)
		}
	}
	if line == 0 {
		return p.pos.errorAt(p.t.src, p.at, message)
	}
	if message == "found unexpected end of stream" && p.at < len(p.src) && lead[p.src[p.at]] == leadQuote {
		return p.pos.errorAt(p.t.src, p.at, message) // where the quote begins, not where the document ends
	}
	line = min(line, len(lines.lines))
	stopped := lines.lineOf(p.at)
	if stopped == line || stopped == line-1 && p.at < len(p.src) && strings.IndexByte("&*!?%", p.src[p.at]) < 0 {
		return p.pos.errorAt(p.t.src, p.at, message)
	}
	return p.pos.errorAt(p.t.src, skipSpaces(p.src, lines.lines[line-1]), message)
}

// aliasNamed finds the first *name in a document, -1 if there is none.
func aliasNamed(body []byte, name string) int {
	for from := 0; ; {
		k := bytes.Index(body[from:], []byte("*"+name))
		if k < 0 {
			return -1
		}
		k += from
		end := k + 1 + len(name)
		if end == len(body) || !isNameByte(body[end]) {
			return k
		}
		from = end
	}
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// compare checks the subtree at i against the value that yaml/v2 gives. It returns a node and a message if they differ.
func (t *Tree) compare(i uint32, v any) (at uint32, message string) {
	n := &t.nodes[i]
	switch v := v.(type) {
	case map[any]any:
		if n.kind != Mapping {
			return i, differs
		}
		values := make(map[string]any, len(v))
		for k, e := range v {
			key, ok := jsonKeyOf(k)
			if !ok {
				return i, fmt.Sprintf("a key is %v, which cannot be a key in JSON", k)
			}
			if _, twice := values[key]; twice {
				return i, differs
			}
			values[key] = e
		}
		last := make(map[string]uint32, len(v))
		for k := i + 1; k < n.next; k = t.nodes[k+1].next {
			last[string(t.keyText(k))] = k + 1
		}
		if len(last) != len(values) {
			return i, differs
		}
		for key, c := range last {
			e, ok := values[key]
			if !ok {
				return c, differs
			}
			if at, message = t.compare(c, e); message != "" {
				return at, message
			}
		}
		return 0, ""
	case []any:
		if n.kind != Sequence {
			return i, differs
		}
		c := i + 1
		for _, e := range v {
			if c >= n.next {
				return i, differs
			}
			if at, message = t.compare(c, e); message != "" {
				return at, message
			}
			c = t.nodes[c].next
		}
		if c != n.next {
			return i, differs
		}
		return 0, ""
	}
	if n.kind != Scalar {
		return i, differs
	}
	r := t.resolved(n)
	same := false
	switch v := v.(type) {
	case nil:
		same = r.typ == Null
	case bool:
		same = r == resolvedBool(v)
	case int:
		same = r == resolved{Int, uint64(v)}
	case int64:
		same = r == resolved{Int, uint64(v)}
	case uint64:
		same = r == resolved{Uint, v}
	case float64:
		want, err := appendFloat(nil, v)
		if err != nil {
			return i, err.Error()
		}
		got, err := t.appendScalar(nil, n)
		same = err == nil && bytes.Equal(got, want)
	case string:
		same = r.typ == String && string(t.source(n)) == v
	}
	if !same {
		return i, differs
	}
	return 0, ""
}

// jsonKeyOf returns the string that sigs.k8s.io/yaml makes of a key.
func jsonKeyOf(k any) (string, bool) {
	switch k := k.(type) {
	case string:
		return k, true
	case bool:
		return strconv.FormatBool(k), true
	case int:
		return strconv.Itoa(k), true
	case int64:
		return strconv.FormatInt(k, 10), true
	case float64:
		return string(floatKey(k)), true
	default:
		return "", false
	}
}
