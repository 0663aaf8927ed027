package falco

import (
	"strings"
	"testing"
)

func TestParseCondition(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a", "a"},
		{"proc.name=a", "proc.name = a"},
		{"proc.name == a", "proc.name == a"},
		{"proc.name exists", "proc.name exists"},
		{"not a", "not a"},
		{"not not a", "a"},
		{"not(a or b)", "not (a or b)"},
		{"a or b and c", "(a or (b and c))"},
		{"a and(b or c)", "(a and (b or c))"},
		{"(a and b) and c", "((a and b) and c)"},
		{"fd.sport < 0x1F", "fd.sport < 0x1F"},
		{"evt.rawres >= -1.5e+3", "evt.rawres >= -1.5e+3"},
		{"proc.name in (a, 'b c', \"d\")", `proc.name in (a, "b c", d)`},
		{"proc.name in ()", "proc.name in ()"},
		{"proc.name in name", "proc.name in name"},
		{"proc.name intersects (a)", "proc.name intersects (a)"},
		{"fd.name pmatch (/etc, /usr)", "fd.name pmatch (/etc, /usr)"},
		{"proc.aname[2] contains\n\tx", "proc.aname[2] contains x"},
		{`ka.uri.param["a b"] startswith x`, `ka.uri.param["a b"] startswith x`},
		{`proc.args = "a \"b\" \\n"`, `proc.args = "a \"b\" \\n"`},
		{`proc.args = 'it\'s'`, `proc.args = "it's"`},
		{`proc.args regex "^a b$"`, `proc.args regex "^a b$"`},
		{"tolower(proc.name) icontains x", "tolower(proc.name) icontains x"},
		{"toupper(b64(evt.buffer)) glob *X*", "toupper(b64(evt.buffer)) glob *X*"},
		{"proc.name = val(proc.pname)", "proc.name = val(proc.pname)"},
		{"proc.name = basename( proc.exepath )", "proc.name = basename(proc.exepath)"},
		{"len(ka.sourceips) > 2", "len(ka.sourceips) > 2"},
		{`join("-", (proc.name, "x", tolower(proc.exe))) = y`, `join("-", (proc.name, "x", tolower(proc.exe))) = y`},
		{"proc.name startswith anyof (a, b)", "proc.name startswith anyof (a, b)"},
		{"proc.name = oneof(a)", "proc.name = oneof (a)"},
		{"proc.name = oneof", "proc.name = oneof"},
		{"proc.name = oneof and a", "(proc.name = oneof and a)"},
		{"proc.name iglob A*", "proc.name iglob A*"},
	} {
		e, err := ParseCondition(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := e.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
		// What was written is read as the same.
		again, err := ParseCondition(e.String())
		if err != nil || again.String() != e.String() {
			t.Errorf("%s: written as %s, which is read as %v, %v", c.in, e, again, err)
		}
	}
}

func TestParseConditionErrors(t *testing.T) {
	for _, c := range []struct {
		in     string
		offset int
		part   string
	}{
		{"", 0, "filter input string is empty"},
		{" ", 1, "expected a '(' token, a field check, or an identifier"},
		{"a b", 2, "unexpected token after 'a', expecting 'or', 'and'"},
		{"a orb", 4, "expected blank or '(' after 'or'"},
		{"a and)", 5, "expected blank or '(' after 'and'"},
		{"(a", 2, "expected a ')' token"},
		{"proc.name", 9, "expected a valid check operator: one of 'exists', '<='"},
		{"proc.name likes x", 10, "expected a valid check operator"},
		{"proc.name contains", 18, "expected a valid check operator"}, // libs wants a blank behind the word, and has read it
		{"proc.name contains ", 19, "expected a string value"},
		{"proc.pid > x", 11, "expected a number value"},
		{"proc.name in (a,)", 16, "expected a string value"},
		{"proc.name in (a b)", 16, "expected a ')' token"},
		{"proc.name in 'a'", 13, "expected a list, an identifier"},
		{"proc.aname[2", 12, "expected a ']' token"},
		{"proc.aname[]", 11, "expected a valid field argument"},
		{`proc.name = "a`, 12, "expected a string value"},
		{`proc.name = "\x41"`, 18, `unsupported string escape sequence: \x`},
		{`proc.name = "\'"`, 16, `invalid \' escape in "-quoted string`},
		{"tolower(x) = a", 8, "expected field transformer argument"},
		{"tolower(proc.name = a", 18, "expected a ')' token closing the transformer"},
		{"proc.name = val(x)", 16, "expected a field within 'val' transformer"},
		{strings.Repeat("(", 2000) + "a", 1000, "exceeded max depth limit of 1000"},
	} {
		e, err := ParseCondition(c.in)
		syntax, ok := err.(*SyntaxError) //nolint:errorlint // documented to be one
		if !ok || syntax.Offset != c.offset || !strings.Contains(syntax.Message, c.part) {
			t.Errorf("%.40q: %v, %v; want %q at %d", c.in, e, err, c.part, c.offset)
		}
	}
}

// TestSpans checks that the nodes know what they were written as.
func TestSpans(t *testing.T) {
	in := ` a and  not ( proc.aname[2] in (x, "y z") or tolower(fd.name)startswith oneof (q) ) `
	e, err := ParseCondition(in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	text := func(s Span) string { return in[s.Start:s.End] }
	var walk func(e Expr)
	value := func(v Value) {
		got = append(got, text(v.Range()))
		if l, ok := v.(*List); ok {
			for _, k := range l.Values {
				got = append(got, text(k.Range()))
			}
		}
	}
	walk = func(e Expr) {
		got = append(got, text(e.Range()))
		switch e := e.(type) {
		case *And:
			for _, x := range e.Terms {
				walk(x)
			}
		case *Or:
			for _, x := range e.Terms {
				walk(x)
			}
		case *Not:
			walk(e.Term)
		case *Check:
			value(e.Left)
			value(e.Right)
		}
	}
	walk(e)
	want := []string{
		strings.TrimSpace(in), "a", strings.TrimSpace(in[8:]),
		`proc.aname[2] in (x, "y z") or tolower(fd.name)startswith oneof (q)`,
		`proc.aname[2] in (x, "y z")`, "proc.aname[2]", `(x, "y z")`, "x", `"y z"`,
		"tolower(fd.name)startswith oneof (q)", "tolower(fd.name)", "(q)", "q",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPlacesInScalars checks that every letter of a condition is found in the file, however the scalar is written.
func TestPlacesInScalars(t *testing.T) {
	for _, condition := range []string{
		"evt.type = open",
		"'it''s evt.type'",
		`"a \"b\" \u00e9 evt.type \x41 \t x"`,
		">\n    evt.type\n    = open\n\n    and x\n",
		"|2-\n      indented\n    more\n",
		"evt.type =\n    open and\n    é",
		"\"folded \\\n    line and\n    x\"",
	} {
		content := "- macro: m\n  condition: " + condition + "\n- rule: r\n  condition: x" + ruleTail
		r := Load([]File{{"f", []byte(content)}}, Options{})
		if len(r.Macros) != 1 {
			t.Errorf("%q: %s", condition, problemLines(r))
			continue
		}
		text := r.Macros[0].Condition
		for i := range len(text.s) {
			if blank(text.s[i]) {
				continue
			}
			at := text.Place(i).Offset
			if c := content[at]; c != text.s[i] && c != '\\' && text.s[i] < 0x80 {
				t.Errorf("%q: byte %d %q is found at %d: %q", condition, i, text.s[i], at, content[at:])
			}
		}
	}
}
