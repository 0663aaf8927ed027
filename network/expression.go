package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
)

// expression is a selector in Calico's language: https://docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy#selectors
// nil selects everything.
type expression struct {
	text string
	root *term
}

// term is a node of an expression.
type term struct {
	op     string // all, none, has, ==, in, contains, starts, ends, !, &&, ||
	key    string
	values []string
	of     []*term
}

func (e *expression) String() string {
	if e == nil {
		return ""
	}
	return e.text
}

func (e *expression) all() bool { return e == nil || e.root.op == "all" }

// Labels that Calico adds to those of a pod.
const (
	calicoNamespace    = "projectcalico.org/namespace"
	calicoOrchestrator = "projectcalico.org/orchestrator"
	calicoName         = "projectcalico.org/name" // of a namespace
)

func (e *expression) matches(labels label.Set, namespace string) bool {
	return e == nil || e.root.matches(labels, namespace)
}

func (t *term) get(labels label.Set, namespace string) (string, bool) {
	switch t.key {
	case calicoNamespace, calicoName:
		return namespace, true
	case calicoOrchestrator:
		return "k8s", true
	}
	return labels.Get(t.key)
}

func (t *term) matches(labels label.Set, namespace string) bool {
	switch t.op {
	case "all":
		return true
	case "!":
		return !t.of[0].matches(labels, namespace)
	case "&&":
		return !slices.ContainsFunc(t.of, func(u *term) bool { return !u.matches(labels, namespace) })
	case "||":
		return slices.ContainsFunc(t.of, func(u *term) bool { return u.matches(labels, namespace) })
	}
	value, ok := t.get(labels, namespace)
	if !ok {
		return false
	}
	switch t.op {
	case "has":
		return true
	case "in":
		return slices.Contains(t.values, value)
	case "contains":
		return strings.Contains(value, t.values[0])
	case "starts":
		return strings.HasPrefix(value, t.values[0])
	case "ends":
		return strings.HasSuffix(value, t.values[0])
	}
	return false
}

// equal returns a label that an object has to have to be selected, if the expression says so on its highest level.
func (e *expression) equal() (l label.Label, ok bool) {
	if e == nil {
		return l, false
	}
	for _, t := range append([]*term{e.root}, e.root.of...) {
		if (t == e.root || e.root.op == "&&") && t.op == "in" && len(t.values) == 1 && !strings.HasPrefix(t.key, "projectcalico.org/") {
			return label.Label{Key: t.key, Value: t.values[0]}, true
		}
	}
	return l, false
}

// Bounds of an expression, as it is read by recursion.
const (
	maxExpression = 16 << 10
	maxNesting    = 50
)

// parseExpression reads a selector. An empty one selects everything.
func parseExpression(s string) (*expression, error) {
	if s = strings.TrimSpace(s); s == "" || s == "all()" {
		return nil, nil //nolint:nilnil // nil is the expression that selects everything
	}
	if len(s) > maxExpression {
		return nil, fmt.Errorf("reading a selector of %d bytes: more than %d", len(s), maxExpression)
	}
	p := &expressionParser{text: s}
	t := p.or(0)
	if p.space(); p.err == nil && p.text != "" {
		p.fail("unexpected " + quote(p.text))
	}
	if p.err != nil {
		return nil, p.err
	}
	return &expression{text: strings.Clone(s), root: t}, nil
}

type expressionParser struct {
	text string
	err  error
}

func (p *expressionParser) fail(why string) *term {
	if p.err == nil {
		p.err = fmt.Errorf("reading a selector: %s", why)
	}
	p.text = ""
	return &term{op: "none"}
}

func (p *expressionParser) space() { p.text = strings.TrimLeft(p.text, " \t\r\n") }

func (p *expressionParser) take(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.text, token)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *expressionParser) or(depth int) *term {
	return p.list("||", depth, func() *term { return p.list("&&", depth, func() *term { return p.unary(depth) }) })
}

func (p *expressionParser) list(op string, depth int, next func() *term) *term {
	if depth > maxNesting {
		return p.fail("nested too deep")
	}
	t := &term{op: op, of: []*term{next()}}
	for p.err == nil && p.take(op) {
		t.of = append(t.of, next())
	}
	if len(t.of) == 1 {
		return t.of[0]
	}
	return t
}

func (p *expressionParser) unary(depth int) *term {
	if depth > maxNesting {
		return p.fail("nested too deep")
	}
	switch {
	case p.take("!"):
		return &term{op: "!", of: []*term{p.unary(depth + 1)}}
	case p.take("("):
		t := p.or(depth + 1)
		if !p.take(")") {
			return p.fail("a bracket is not closed")
		}
		return t
	case p.take("all()"):
		return &term{op: "all"}
	case p.take("global()"):
		return &term{op: "none"} // only what is in no namespace
	case p.take("has("):
		t := &term{op: "has", key: p.word()}
		if !p.take(")") {
			return p.fail("has is not closed")
		}
		return t
	}
	key := p.word()
	if key == "" {
		return p.fail("a label is missing at " + quote(p.text))
	}
	return p.comparison(key)
}

func (p *expressionParser) comparison(key string) *term {
	t := &term{key: key}
	switch {
	case p.take("=="):
		t.op, t.values = "in", []string{p.literal()}
	case p.take("!="):
		t.op, t.values = "in", []string{p.literal()}
		return &term{op: "!", of: []*term{t}}
	case p.take("not in"):
		t.op, t.values = "in", p.set()
		return &term{op: "!", of: []*term{t}}
	case p.take("in"):
		t.op, t.values = "in", p.set()
	case p.take("contains"):
		t.op, t.values = "contains", []string{p.literal()}
	case p.take("starts with"):
		t.op, t.values = "starts", []string{p.literal()}
	case p.take("ends with"):
		t.op, t.values = "ends", []string{p.literal()}
	default:
		return p.fail("no comparison after " + quote(key))
	}
	return t
}

func (p *expressionParser) word() string {
	p.space()
	n := strings.IndexFunc(p.text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./", r)
	})
	if n < 0 {
		n = len(p.text)
	}
	w := p.text[:n]
	p.text = p.text[n:]
	return w
}

func (p *expressionParser) literal() string {
	p.space()
	if p.text == "" || p.text[0] != '\'' && p.text[0] != '"' {
		p.fail("a value in quotes is missing at " + quote(p.text))
		return ""
	}
	value, rest, ok := strings.Cut(p.text[1:], p.text[:1])
	if !ok {
		p.fail("a quote is not closed")
		return ""
	}
	p.text = rest
	return value
}

func (p *expressionParser) set() []string {
	if !p.take("{") {
		p.fail("a set is missing")
		return nil
	}
	var out []string
	for p.err == nil && !p.take("}") {
		out = append(out, p.literal())
		p.take(",")
	}
	return out
}

// quote shortens what a message cites.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return `"` + s + `"`
}
