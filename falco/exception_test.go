package falco

import (
	"strings"
	"testing"
)

// TestExceptions has one case per way to write an exception, and the condition that Falco makes of it.
func TestExceptions(t *testing.T) {
	for _, c := range []struct{ name, exception, want string }{
		{"one field", "fields: proc.name\n    values: [a, b c]", `(evt.type = open and not proc.name in (a, "b c"))`},
		{"one field and an operator", "fields: fd.name\n    comps: pmatch\n    values: [/tmp, /var]", "(evt.type = open and not fd.name pmatch (/tmp, /var))"},
		{"one field and a modifier", "fields: proc.name\n    comps: startswith anyof\n    values: [kube-, etcd-]", "(evt.type = open and not proc.name startswith anyof (kube-, etcd-))"},
		{"no values", "fields: proc.name", "evt.type = open"},
		{"no values in a list", "fields: [proc.name, fd.name]\n    values: []", "evt.type = open"},
		{
			"fields without operators", "fields: [proc.name, fd.name]\n    values:\n    - [a, /b c]\n    - [d, e]",
			`(evt.type = open and not ((proc.name = a and fd.name = "/b c") or (proc.name = d and fd.name = e)))`,
		},
		{
			"fields with operators", "fields: [proc.name, fd.name]\n    comps: [in, startswith]\n    values:\n    - [[a, b], /c]\n    - [d, /e]",
			"(evt.type = open and not ((proc.name in (a, b) and fd.name startswith /c) or (proc.name in (d) and fd.name startswith /e)))",
		},
		{"list by its name in parentheses", "fields: [proc.name]\n    comps: [in]\n    values: [[(l)]]", "(evt.type = open and not proc.name in (x, y))"},
		{"list by its name", "fields: [proc.name]\n    comps: [in]\n    values: [[l]]", "(evt.type = open and not proc.name in (x, y))"},
		{"quoted value", "fields: [proc.name]\n    values: [['\"a b\"']]", `(evt.type = open and not proc.name = "a b")`},
		{"field as value", "fields: [proc.name]\n    values: [[val(proc.pname)]]", "(evt.type = open and not proc.name = val(proc.pname))"},
		{"transformer as value", "fields: [proc.name]\n    values: [[toupper(proc.pname)]]", "(evt.type = open and not proc.name = toupper(proc.pname))"},
		{"transformer as field", "fields: [tolower(proc.name)]\n    values: [[test]]", "(evt.type = open and not tolower(proc.name) = test)"},
		{"transformer as the only field", "fields: tolower( proc.name )\n    values: [test]", "(evt.type = open and not tolower(proc.name) in (test))"},
		{"argument", "fields: [\"proc.aname[2]\"]\n    values: [[a]]", "(evt.type = open and not proc.aname[2] = a)"},
	} {
		content := "- list: l\n  items: [x, y]\n- macro: m\n  condition: proc.name in (l)\n- rule: r\n  condition: evt.type = open\n  exceptions:\n  - name: x\n    " + c.exception + ruleTail
		r := Load([]File{{"r", []byte(content)}}, Options{})
		if !r.OK() || r.Rules[0].Expr.String() != c.want {
			t.Errorf("%s: %v\n%s", c.name, r.Rules[0].Expr, problemLines(r))
		}
	}
}

func TestExceptionErrors(t *testing.T) {
	for _, c := range []struct{ exception, want string }{
		{"{}", "Item has no mapping for key 'name'"},
		{"x", "Rule exception must be a mapping"},
		{"{name: x}", "Item has no mapping for key 'fields'"},
		{"{name: x, fields: []}", "Rule exception item must have fields property with a list of fields"},
		{"{name: x, fields: proc.name, comps: [in]}", "Fields and comps must both be strings"},
		{"{name: x, fields: proc.name, comps: =}", "When fields is a single value, comps must be one of (in, pmatch, intersects)"},
		{"{name: x, fields: proc.name, values: a}", "Rule exception values must be a sequence"},
		{"{name: x, fields: proc.name, values: [[a]]}", "Expected values array to contain a list of strings"},
		{"{name: x, fields: [proc.name], comps: [in, =]}", "Fields and comps lists must have equal length"},
		{"{name: x, fields: [proc.name], comps: [like]}", "'like' is not a supported comparison operator"},
		{"{name: x, fields: [proc.name], comps: [in anyof]}", "'in anyof' is not a supported comparison operator"},
		{"{name: x, fields: [proc.nam]}", "'proc.nam' is not a supported filter field"},
		{"{name: x, fields: proc.nam}", "'proc.nam' is not a supported filter field"},
		{"{name: x, fields: [proc.name, fd.name], values: [[a]]}", "Fields and values lists must have equal length"},
		{"{name: x, fields: [proc.name], values: ['']}", "Value must be non-empty"},
	} {
		content := "- rule: r\n  condition: evt.type = open\n  exceptions: [" + c.exception + "]" + ruleTail
		r := Load([]File{{"r", []byte(content)}}, Options{})
		first := r.First()
		if first == nil || !strings.HasPrefix(first.Message, c.want) || first.Place.Line != 3 {
			t.Errorf("%s: %s", c.exception, problemLines(r))
		}
	}
}

func TestAppendedExceptions(t *testing.T) {
	const rule = "- rule: r\n  condition: evt.type = open\n  exceptions: [{name: x, fields: [proc.name], values: [[a]]}]" + ruleTail
	for _, c := range []struct{ exception, want string }{
		{"{name: x, values: [[b]]}", "(evt.type = open and not (proc.name = a or proc.name = b))"},
		{"{name: y, fields: fd.name, values: [b]}", "(evt.type = open and not proc.name = a and not fd.name in (b))"},
		{"{name: x}", "LOAD_APPEND_NO_VALUES"},
		{"{name: x, fields: [fd.name], values: [[b]]}", "Can not append exception fields to existing exception, only values"},
		{"{name: x, comps: [=], values: [[b]]}", "Can not append exception comps to existing exception, only values"},
		{"{name: y, values: [[b]]}", "Rule exception must have fields property with a list of fields"},
		{"{name: y, fields: [fd.name]}", "Rule exception must have values property with a list of values"},
	} {
		for _, way := range []string{"append: true", "override: {exceptions: append}"} {
			r := Load([]File{{"r", []byte(rule + "- rule: r\n  " + way + "\n  exceptions: [" + c.exception + "]\n")}}, Options{})
			got := problemLines(r)
			if e := r.Rules[0].Expr; e != nil {
				got += e.String()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s %s: %s", way, c.exception, got)
			}
		}
	}
	r := Load([]File{{"r", []byte(rule + "- rule: r\n  exceptions: [{name: x, fields: fd.name, values: [b]}]\n  override: {exceptions: replace}\n")}}, Options{})
	if got := r.Rules[0].Expr.String(); got != "(evt.type = open and not fd.name in (b))" {
		t.Errorf("replaced: %s\n%s", got, problemLines(r))
	}
}
