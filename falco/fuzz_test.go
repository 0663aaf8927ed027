package falco

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// FuzzLoad checks that nothing makes the loader panic, and that what it says is in the file.
func FuzzLoad(f *testing.F) {
	f.Add("- list: l\n  items: [a, 'b c']\n- macro: m\n  condition: evt.type in (l) and not x\n- rule: r\n  condition: m" + ruleTail)
	f.Add("- rule: r\n  condition: >\n    evt.type = open\n  exceptions:\n  - {name: x, fields: [fd.name, proc.name], values: [[a, [b, c]]]}" + ruleTail)
	f.Add("- rule: r\n  override: {condition: append, tags: replace}\n  condition: and x\n  tags: [a]\n")
	f.Add("- rule: r\n  condition: ka.verb in (create) and tolower(ka.user.name) regex \"e.e\" and ka.uri glob \"/[ab]?*\"\n  source: k8s_audit" + ruleTail)
	f.Add("- required_engine_version: 0.1.0\n- required_plugin_versions: [{name: a, version: 1.2.3}]\n")
	f.Add("- macro: m\n  condition: join(\",\", (proc.name, \"x\")) = val(proc.pname) or proc.aname[2] startswith anyof (\"\\n\")\n")
	parsed, err := tree.NewParser().Parse([]byte(auditEvent), tree.Document{End: len(auditEvent)})
	if err != nil {
		f.Fatal(err)
	}
	event := NewAuditEvent(parsed.Root())
	f.Fuzz(func(t *testing.T, content string) {
		v := NewEvaluator()
		r := Load([]File{{"a", []byte(content)}, {"b", []byte(content)}}, Options{FirstMatch: true})
		for _, p := range r.Problems {
			if p.Message == "" || p.Place.Offset > len(content) || p.Place.Line < 1 {
				t.Errorf("problem %+v", p)
			}
		}
		for _, rule := range r.Rules {
			if rule.Loaded != (rule.Expr != nil) {
				t.Errorf("rule %+v", rule)
			}
			if rule.Loaded {
				_ = rule.Expr.String()
				v.Eval(rule.Expr, event)
			}
		}
		if got := len(r.Coverage()); got != len(techniques) {
			t.Errorf("%d techniques", got)
		}
	})
}

// FuzzParseCondition checks that what a condition is written as is read as the same condition.
func FuzzParseCondition(f *testing.F) {
	f.Add(`a and not (proc.aname[2] in (x, "y z") or tolower(fd.name) startswith oneof (q))`)
	f.Add(`join(",", (proc.name, 1)) != val(fd.name) and fd.num <= -1.5e+3`)
	f.Fuzz(func(t *testing.T, in string) {
		e, err := ParseCondition(in)
		if err != nil {
			return
		}
		if s := e.Range(); s.Start < 0 || s.Start > s.End || s.End > len(in) {
			t.Errorf("%q: span %+v", in, s)
		}
		out := e.String()
		if strings.ContainsAny(in, "\"'\\\v\f") {
			return // like libs, String does not keep the quotes of values that would need them
		}
		again, err := ParseCondition(out)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", in, out, err)
		}
		if again.String() != out {
			t.Errorf("%q is written as %q, which is read as %q", in, out, again)
		}
	})
}

// TestHostile checks that no input takes more than linear space and little time.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds; not with -short")
	}
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint(i+1)), "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	for name, content := range map[string]string{
		"lists in lists":           repeat(60, "- list: l#\n  items: [l#+, l#+]\n") + "- rule: r\n  condition: proc.name in (l0)" + ruleTail,
		"macros in macros":         "- macro: m0\n  condition: evt.type = open\n" + repeat(2000, "- macro: m#+\n  condition: m# or m#\n") + "- rule: r\n  condition: m2000" + ruleTail,
		"macros in reverse":        "- macro: m0\n  condition: evt.type = open\n" + repeat(30000, "- macro: m#+\n  condition: evt.type = open\n") + repeat(30000, "- macro: m#\n  condition: m#+\n") + "- rule: r\n  condition: m0" + ruleTail,
		"many rules, many lists":   repeat(5000, "- list: l#\n  items: [a#]\n- rule: r#\n  condition: evt.type = open and proc.name in (l#)"+ruleTail),
		"one macro, many appends":  "- macro: m\n  condition: evt.type = open\n" + repeat(20000, "- macro: m\n  condition: or proc.name = a#\n  override: {condition: append}\n") + "- rule: r\n  condition: m" + ruleTail,
		"one rule, many exception": "- rule: r\n  condition: evt.type = open" + ruleTail + repeat(10000, "- rule: r\n  exceptions: [{name: x#, fields: proc.name, values: [a]}]\n  override: {exceptions: append}\n"),
		"one list, many places":    "- list: l\n  items: [a, b]\n- rule: r\n  condition: proc.name in (" + strings.Repeat("l, ", 100000) + "l)" + ruleTail,
		"deep":                     "- rule: r\n  condition: " + strings.Repeat("(", 100000) + ruleTail,
		"many nots":                "- rule: r\n  condition: " + strings.Repeat("not ", 100000) + "a" + ruleTail,
		"many errors":              repeat(20000, "- rule: r#\n  condition: proc.foo# = a"+ruleTail),
		"big list in a list":       "- list: b\n  items: [" + strings.Repeat("a,", 5000) + "]\n- list: l\n  items: [" + strings.Repeat("b,", 5000) + "]\n- rule: r\n  condition: proc.name in (l)" + ruleTail,
	} {
		t.Run(name, func(t *testing.T) {
			r := Load([]File{{"a", []byte(content)}}, Options{FirstMatch: true})
			r.Coverage()
			if (name == "macros in macros") != (r.OK() && len(r.Problems) == 0) && strings.HasPrefix(name, "macros") {
				t.Errorf("problems %v", r.Problems[:min(3, len(r.Problems))])
			}
		})
	}
}
