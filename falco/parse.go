package falco

import (
	"fmt"
	"strings"
)

// maxDepth is how deep conditions may be nested; libs is told the same number (rule_loader_compiler.cpp, set_max_depth).
const maxDepth = 1000

// The operators, longer ones first where one begins with another (libs, filter/parser.cpp). A blank has to follow those
// that end in one.
var (
	numberOps = []string{"<=", "<", ">=", ">"}
	stringOps = []string{
		"==", "=", "!=", "glob ", "iglob ", "contains ", "icontains ", "bcontains ", "startswith ", "bstartswith ", "endswith ", "regex ",
	}
	listOps      = []string{"intersects", "in", "pmatch"}
	transformers = []string{"tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"}
	modifiers    = []string{"oneof", "anyof", "allof"}
)

// SyntaxError says what is wrong with a condition, and at which byte.
type SyntaxError struct {
	Message string
	Offset  int
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Message) }

// ParseCondition parses a condition in which lists have been put in. The error is a [*SyntaxError].
func ParseCondition(condition string) (Expr, error) {
	p := &parser{in: condition}
	if condition == "" {
		return nil, p.fail("filter input string is empty")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at != len(p.in) {
		return nil, p.fail("unexpected token after '" + p.last + "', expecting 'or', 'and'")
	}
	return e, nil
}

// parser is a recursive descent over the grammar of libs. It has no look-ahead but prefixes.
type parser struct {
	in    string
	at    int
	last  string // the last token
	depth int
}

func (p *parser) fail(message string) *SyntaxError {
	return &SyntaxError{Message: message, Offset: p.at}
}

func (p *parser) span(start int) Span { return Span{start, p.at} }

// enter counts one level of nesting.
func (p *parser) enter() error {
	if p.depth++; p.depth >= maxDepth {
		return p.fail(fmt.Sprintf("exceeded max depth limit of %d", maxDepth))
	}
	return nil
}

func (p *parser) or() (Expr, error) {
	p.blanks()
	start := p.at
	terms, err := p.terms("or", p.and)
	if err != nil {
		return nil, err
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return &Or{p.end(start), terms}, nil
}

func (p *parser) and() (Expr, error) {
	p.blanks()
	start := p.at
	terms, err := p.terms("and", p.not)
	if err != nil {
		return nil, err
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return &And{p.end(start), terms}, nil
}

// end is the span from start to the last token.
func (p *parser) end(start int) Span {
	end := len(strings.TrimRight(p.in[:p.at], " \t\b\r\n"))
	return Span{start, max(start, end)}
}

// terms parses terms with a word between them.
func (p *parser) terms(word string, term func() (Expr, error)) ([]Expr, error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []Expr{first}
	for p.blanks(); p.word(word); p.blanks() {
		var next Expr
		switch {
		case p.blanks():
			next, err = term()
		case p.word("("):
			next, err = p.embedded()
		default:
			err = p.fail("expected blank or '(' after '" + word + "'")
		}
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
	}
	return terms, nil
}

func (p *parser) not() (Expr, error) {
	p.blanks()
	start, negated := p.at, false
	for p.notBlank() {
		negated = !negated
	}
	var e Expr
	var err error
	if p.word("not(") {
		negated = !negated
		e, err = p.embedded()
	} else {
		e, err = p.check()
	}
	if err != nil {
		return nil, err
	}
	if negated {
		return &Not{p.span(start), e}, nil
	}
	return e, nil
}

// embedded parses the rest of an expression in parentheses.
func (p *parser) embedded() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if !p.word(")") {
		return nil, p.fail("expected a ')' token")
	}
	return e, nil
}

func (p *parser) check() (Expr, error) {
	p.blanks()
	start := p.at
	if p.word("(") {
		return p.embedded()
	}
	if p.fieldName() {
		left, err := p.field(start)
		if err != nil {
			return nil, err
		}
		return p.comparison(left, start)
	}
	if p.transformer() {
		left, err := p.transform(start)
		if err != nil {
			return nil, err
		}
		return p.comparison(left, start)
	}
	if p.identifier() {
		return &Ref{Span: p.span(start), Name: p.last}, nil
	}
	return nil, p.fail("expected a '(' token, a field check, or an identifier")
}

// field parses the argument behind the name of a field that was just read.
func (p *parser) field(start int) (*Field, error) {
	f := &Field{Name: p.last}
	if p.word("[") {
		if ok, err := p.quoted(); err != nil {
			return nil, err
		} else if !ok && !p.bareArgument() {
			return nil, p.fail("expected a valid field argument: a quoted string or a bare string")
		}
		f.Arg, f.HasArg = p.last, p.last != ""
		if !p.word("]") {
			return nil, p.fail("expected a ']' token")
		}
	}
	f.Span = p.span(start)
	return f, nil
}

// transform parses the arguments of a transformer whose name and parenthesis were just read.
func (p *parser) transform(start int) (*Transform, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	t := &Transform{Name: strings.TrimSuffix(p.last, "(")}
	for {
		a, err := p.argument()
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, a)
		p.blanks()
		if !p.word(",") {
			break
		}
	}
	if !p.word(")") {
		return nil, p.fail("expected a ')' token closing the transformer")
	}
	t.Span = p.span(start)
	return t, nil
}

// argument parses one argument of a transformer.
func (p *parser) argument() (Value, error) {
	p.blanks()
	start := p.at
	if p.word("(") {
		return p.arguments(start)
	}
	v, err := p.simpleArgument(start)
	if v == nil && err == nil {
		err = p.fail("expected field transformer argument: field, transformer, quoted string, number, or transformer list")
	}
	return v, err
}

// simpleArgument parses an argument that is no list; it is nil if there is none.
func (p *parser) simpleArgument(start int) (Value, error) {
	if p.hexNumber() || p.number() {
		return &Const{Span: p.span(start), Text: p.last}, nil
	}
	if ok, err := p.quoted(); err != nil {
		return nil, err
	} else if ok {
		return &Const{Span: p.span(start), Text: p.last, Quoted: true}, nil
	}
	if p.transformer() {
		return orNil(p.transform(start))
	}
	if p.fieldName() {
		return orNil(p.field(start))
	}
	return nil, nil
}

// orNil keeps a nil pointer from becoming a value that is not nil.
func orNil[T Value](v T, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// arguments parses the rest of a list of arguments.
func (p *parser) arguments(start int) (Value, error) {
	l := &List{}
	p.blanks()
	for !p.word(")") {
		if len(l.Values) > 0 && !p.word(",") {
			return nil, p.fail("expected ')'")
		}
		p.blanks()
		v, err := p.simpleArgument(p.at)
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, p.fail("expected transformer list argument: field, transformer, quoted string, or number")
		}
		l.Values = append(l.Values, v)
		p.blanks()
	}
	l.Span = p.span(start)
	return l, nil
}
