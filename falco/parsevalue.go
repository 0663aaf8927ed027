package falco

import "strings"

// comparison parses what follows the left side of a check.
func (p *parser) comparison(left Value, start int) (Expr, error) {
	p.blanks()
	c := &Check{Left: left}
	var err error
	switch {
	case p.word("exists"):
		c.Op = "exists"
	case p.operator(numberOps):
		c.Op = p.last
		c.Right, err = p.numberValue()
	case p.operator(stringOps):
		c.Op = p.last
		if c.Modifier = p.modifier(); c.Modifier != "" {
			c.Right, err = p.listValue()
		} else {
			c.Right, err = p.stringValue()
		}
	case p.operator(listOps):
		c.Op = p.last
		c.Right, err = p.listValue()
	default:
		err = p.fail("expected a valid check operator: one of " + quotedNames(Operators()))
	}
	if err != nil {
		return nil, err
	}
	c.Span = p.span(start)
	return c, nil
}

// Operators returns the operators that a check may have, as libs lists them.
func Operators() []string {
	ops := []string{"exists"}
	for _, group := range [][]string{numberOps, stringOps, listOps} {
		for _, op := range group {
			ops = append(ops, strings.TrimSpace(op))
		}
	}
	return ops
}

func quotedNames(names []string) string { return "'" + strings.Join(names, "', '") + "'" }

func transformerNames() string { return quotedNames(append([]string{"val"}, transformers...)) }

// modifier reads oneof, anyof or allof before a list. Before anything else such a word is a value.
func (p *parser) modifier() string {
	at, last := p.at, p.last
	p.blanks()
	for _, m := range modifiers {
		if !p.word(m) {
			continue
		}
		p.blanks()
		if strings.HasPrefix(p.in[p.at:], "(") {
			return m
		}
		break
	}
	p.at, p.last = at, last
	return ""
}

func (p *parser) numberValue() (Value, error) {
	p.blanks()
	start := p.at
	if v, err := p.fieldValue(); v != nil || err != nil {
		return v, err
	}
	if p.hexNumber() || p.number() {
		return &Const{Span: p.span(start), Text: p.last}, nil
	}
	return nil, p.fail("expected a number value or a field with a valid transformer: " + transformerNames())
}

func (p *parser) stringValue() (Value, error) {
	p.blanks()
	if v, err := p.fieldValue(); v != nil || err != nil {
		return v, err
	}
	c, err := p.constant()
	if c == nil && err == nil {
		err = p.fail("expected a string value or a field with a valid transformer: " + transformerNames())
	}
	return orNil(c, err)
}

// constant parses a string with or without quotes; it is nil if there is none.
func (p *parser) constant() (*Const, error) {
	p.blanks()
	start := p.at
	ok, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if !ok && !p.bareString() {
		return nil, nil
	}
	return &Const{Span: p.span(start), Text: p.last, Quoted: ok}, nil
}

func (p *parser) listValue() (Value, error) {
	p.blanks()
	start := p.at
	if p.word("(") {
		return orNil(p.list(start))
	}
	if v, err := p.fieldValue(); v != nil || err != nil {
		return v, err
	}
	if p.identifier() {
		return &Const{Span: p.span(start), Text: p.last}, nil
	}
	return nil, p.fail("expected a list, an identifier, or a field with a valid transformer: " + transformerNames())
}

// list parses the rest of a list of constants.
func (p *parser) list(start int) (*List, error) {
	l := &List{}
	p.blanks()
	// What cannot be read as the first value is the end of an empty list for libs, and then there has to be a parenthesis.
	at := p.at
	first, err := p.constant()
	if err != nil {
		p.at = at
	}
	if first != nil {
		l.Values = append(l.Values, first)
		for p.blanks(); p.word(","); p.blanks() {
			c, err := p.constant()
			if err != nil {
				return nil, err
			}
			if c == nil {
				return nil, p.fail("expected a string value")
			}
			l.Values = append(l.Values, c)
		}
	}
	if !p.word(")") {
		return nil, p.fail("expected a ')' token")
	}
	l.Span = p.span(start)
	return l, nil
}

// fieldValue parses a field of the event on the right side of a check; it is nil if there is none.
func (p *parser) fieldValue() (Value, error) {
	start := p.at
	if p.transformer() {
		return orNil(p.transform(start))
	}
	if !p.word("val(") {
		return nil, nil
	}
	p.blanks()
	at := p.at
	if !p.fieldName() {
		return nil, p.fail("expected a field within 'val' transformer")
	}
	f, err := p.field(at)
	if err != nil {
		return nil, err
	}
	p.blanks()
	if !p.word(")") {
		return nil, p.fail("expected a ')' token closing the transformer")
	}
	return &Transform{Span: p.span(start), Name: "val", Args: []Value{f}}, nil
}
