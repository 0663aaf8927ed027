package falco

import (
	"fmt"
	"strings"
	"testing"
)

// problems loads one file and writes its problems as lines: level code line:column item: message [hint].
func problems(t *testing.T, content string, options Options) string {
	t.Helper()
	return problemLines(Load([]File{{"rules.yaml", []byte(content)}}, options))
}

func problemLines(r *Result) string {
	var b strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%s %s %d:%d", p.Level, p.Code, p.Place.Line, p.Place.Column)
		if p.Item != "" {
			fmt.Fprintf(&b, " %s", p.Item)
		}
		fmt.Fprintf(&b, ": %s", p.Message)
		if p.Hint != "" {
			fmt.Fprintf(&b, " [%s]", p.Hint)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const ruleTail = "\n  output: x\n  desc: d\n  priority: INFO\n"

// TestLoad has one case per decision of the loader.
func TestLoad(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"undefined macros, each with its place", `- macro: container
  condition: container.id != host
- macro: spawned_process
  condition: evt.type = execve
- rule: a
  desc: d
  condition: >
    spawned_proces and container
    and not (never or proc.name = sh)
  output: x %proc.name
  priority: INFO
`, `error LOAD_ERR_VALIDATE 8:5 rule 'a': Undefined macro 'spawned_proces' used in filter. [did you mean spawned_process?]
error LOAD_ERR_VALIDATE 9:14 rule 'a': Undefined macro 'never' used in filter.
`},
		{
			"macros of Falco's own rules", "- rule: a\n  condition: >-\n    spawned_process\n    and container" + ruleTail,
			"error LOAD_ERR_VALIDATE 3:5 rule 'a': Undefined macro 'spawned_process' used in filter. [Falco's own falco_rules.yaml defines it: it has to be read before this file]\n" +
				"error LOAD_ERR_VALIDATE 4:9 rule 'a': Undefined macro 'container' used in filter. [Falco's own falco_rules.yaml defines it: it has to be read before this file]\n",
		},
		{
			"undefined field with a hint", "- rule: a\n  condition: evt.type = open and proc.nmae = sh" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:34 rule 'a': filter_check called with nonexistent field proc.nmae [did you mean proc.name?]\n",
		},
		{
			"field of another source", "- rule: a\n  condition: evt.type = open and ka.verb = get" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:34 rule 'a': filter_check called with nonexistent field ka.verb [events of source k8s_audit have this field, those of syscall do not]\n",
		},
		{
			"field in a macro", "- macro: m\n  condition: proc.foo exists\n- rule: a\n  condition: evt.type = open and m" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:14 macro 'm': filter_check called with nonexistent field proc.foo\n",
		},
		{
			"field in a macro that nobody uses is no error, as in Falco", "- macro: m\n  condition: proc.foo exists\n",
			"warning LOAD_UNUSED_MACRO 1:3 macro 'm': Macro not referred to by any other rule/macro\n",
		},
		{
			"argument missing", "- rule: a\n  condition: ka.uri.param = x\n  source: k8s_audit" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:14 rule 'a': filter_check called with nonexistent field ka.uri.param [ka.uri.param needs an argument: ka.uri.param[…]]\n",
		},
		{
			"argument that is no index", "- rule: a\n  condition: evt.type = open and proc.aname[x] = y" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:34 rule 'a': filter_check called with nonexistent field proc.aname[x] [the argument of proc.aname is a number]\n",
		},
		{
			"unknown event", "- rule: a\n  condition: evt.type in (open, opena)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:33 rule 'a': unknown event type opena [did you mean open?]\n",
		},
		{
			"operator of another type", "- rule: a\n  condition: evt.type = open and fd.num contains 3" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:34 rule 'a': filter error: 'contains' operator not supported for numeric filters\n",
		},
		{
			"value of another type", "- rule: a\n  condition: evt.type = open and proc.pid = one" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:45 rule 'a': one is not a valid number\n",
		},
		{
			"value in a list", "- list: l\n  items:\n    - \"10.0.0.0/8\"\n    - \"10.0.0.0/33\"\n- rule: a\n  condition: evt.type = connect and fd.snet in (l)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 4:8 rule 'a': invalid netmask 33\n",
		},
		{
			"output", "- rule: a\n  condition: evt.type = open\n  desc: d\n  priority: INFO\n  output: \"a \\\"%proc.name\\\" %proc.nobody %toupper(proc.name) %100\"\n",
			`error LOAD_ERR_COMPILE_OUTPUT 5:30 rule 'a': invalid formatting token proc.nobody
error LOAD_ERR_COMPILE_OUTPUT 5:62 rule 'a': invalid formatting syntax: formatting cannot end with a number
`,
		},
		{
			"syntax", "- rule: a\n  condition: evt.type = open an proc.name = x" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:30 rule 'a': unexpected token after 'open', expecting 'or', 'and' [at 'an']\n",
		},
		{
			"appended condition", "- rule: a\n  condition: evt.type = open" + ruleTail + "- rule: a\n  append: true\n  condition: and (proc.name = x\n",
			"warning LOAD_DEPRECATED_ITEM 6:3 rule 'a': 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.\n" +
				"error LOAD_ERR_COMPILE_CONDITION 8:32 rule 'a': expected a ')' token [the condition ends here]\n",
		},
		{
			"macro that is defined later is not there yet", "- macro: a\n  condition: b\n- macro: b\n  condition: evt.type = open\n- rule: r\n  condition: a" + ruleTail,
			"error LOAD_ERR_VALIDATE 2:14 macro 'a': Undefined macro 'b' used in filter. [it is defined only later, at rules.yaml:3:3]\n",
		},
		{
			"loop", "- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n- rule: r\n  condition: b" + ruleTail,
			"error LOAD_ERR_VALIDATE 6:14 macro 'a': reference loop in macro 'b'\n",
		},
		{
			"loop of one", "- macro: a\n  condition: evt.type = open\n- macro: a\n  condition: or a\n  override: {condition: append}\n- rule: r\n  condition: a" + ruleTail,
			"error LOAD_ERR_VALIDATE 4:17 macro 'a': reference loop in macro 'a'\n",
		},
		{
			"a list that refers to itself over another",
			"- list: a\n  items: [open]\n- list: b\n  items: [a]\n- list: a\n  items: [b]\n- rule: r\n  condition: evt.type in (a)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 4:11 rule 'r': unknown event type a\n",
		},
		{
			"items of the wrong sort",
			"- 3\n- list: l\n  items: [[a]]\n- macro: m\n  condition: {}\n- rule: r\n  condition: evt.type = open\n  output: x\n  desc: d\n  priority: high\n- rule: q\n  enabled: maybe\n",
			`error LOAD_ERR_YAML_VALIDATE 1:3: Unexpected element type. Each element should be a yaml associative array.
error LOAD_ERR_YAML_VALIDATE 3:11 list 'l': sequence value is not scalar
error LOAD_ERR_YAML_VALIDATE 5:14 macro 'm': Value is not a scalar value
error LOAD_ERR_YAML_VALIDATE 10:13 rule 'r': Invalid priority
error LOAD_ERR_YAML_VALIDATE 12:12 rule 'q': Can't decode YAML scalar value
`,
		},
		{"macro that is defined again is where it was", "- macro: a\n  condition: x\n- macro: b\n  condition: a\n- macro: a\n  condition: evt.type = open\n- rule: r\n  condition: b" + ruleTail, ""},
		{
			"macro that uses itself", "- macro: a\n  condition: not a\n- rule: r\n  condition: a" + ruleTail,
			"error LOAD_ERR_VALIDATE 2:18 macro 'a': Undefined macro 'a' used in filter. [a macro cannot use itself]\n",
		},
		{
			"behind a list",
			"- list: l\n  items: [a, b, c d]\n- rule: r\n  condition: evt.type = open and proc.name in (x,l , y) and proc.pid = z and fd.num = (l)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 4:87 rule 'r': expected a string value or a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt' [at '(']\n",
		},
		{
			"value behind a list",
			"- list: l\n  items: [a, b, c d]\n- rule: r\n  condition: evt.type = open and proc.name in (x,l , y) and proc.pid = z" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 4:72 rule 'r': z is not a valid number\n",
		},
		{
			"some event behind not and and", "- rule: r\n  condition: not (evt.type != open and proc.name = x)" + ruleTail,
			"warning LOAD_NO_EVTTYPE 1:3 rule 'r': Rule matches too many evt.type values. This has a significant performance penalty. [add a condition on evt.type]\n",
		},
		{
			"only unknown fields are skipped", "- rule: r\n  condition: evt.type = open\n  output: 100%\n  desc: d\n  priority: INFO\n  skip-if-unknown-filter: true\n",
			"error LOAD_ERR_COMPILE_OUTPUT 3:14 rule 'r': invalid formatting syntax: formatting cannot end with a %\n",
		},
		{
			"transformer of a number", "- rule: r\n  condition: evt.type = open and tolower(proc.pid) = 1" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:34 rule 'r': filter error: field type is not supported by 'tolower' transformer\n",
		},
		{
			"list of values", "- rule: r\n  source: k8s_audit\n  condition: ka.user.groups = x and ka.user.groups intersects (x) and len(ka.user.groups) > 1" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 3:14 rule 'r': filter error: '=' operator not supported list filters\n",
		},
		{
			"regular expression", "- rule: r\n  condition: evt.type = open and fd.name regex \"a(b\"" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:48 rule 'r': invalid regular expression 'a(b': error parsing regexp: missing closing ): `a(b`\n",
		},
		{
			"fields of different types", "- rule: r\n  condition: evt.type = open and proc.name = val(proc.pid) and proc.pid = val(proc.tty) and tolower(proc.name) = val(proc.pname)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 2:46 rule 'r': filter error: field 'proc.name' has type 'CHARBUF' while the right-hand side field 'proc.pid' has type 'INT64'\n",
		},
		{
			"a list and one value", "- rule: r\n  source: k8s_audit\n  condition: ka.user.groups intersects val(ka.user.name)" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 3:40 rule 'r': filter error: field 'ka.user.groups' has type 'CHARBUF (list)' while the right-hand side field 'ka.user.name' has type 'CHARBUF'\n",
		},
		{
			"overrides",
			"- rule: r\n  condition: evt.type = open" + ruleTail +
				"- rule: s\n  condition: evt.type = open" + ruleTail +
				"- rule: s\n  desc: x\n  override: {desc: prepend}\n- rule: s\n  source: x\n  override: {source: replace}\n" +
				"- rule: s\n  tags: [x]\n  desc: y\n  override: {tags: append}\n- rule: q\n  desc: y\n  override: {desc: append}\n" +
				"- rule: s\n  append: true\n  desc: y\n  override: {desc: append}\n- rule: s\n  append: true\n- rule: r\n  override: {desc: append}\n",
			`error LOAD_ERR_YAML_VALIDATE 13:20 rule 's': Invalid override operation for key 'desc': 'prepend'. Allowed values are: append replace ` + `
error LOAD_ERR_YAML_VALIDATE 16:14 rule 's': Key 'source' cannot be replaced
error LOAD_ERR_YAML_VALIDATE 19:9 rule 's': Unexpected key 'desc': no corresponding entry under 'override' is defined.
error LOAD_ERR_VALIDATE 21:3 rule 'q': Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists
warning LOAD_DEPRECATED_ITEM 24:3 rule 's': 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.
error LOAD_ERR_YAML_VALIDATE 24:3 rule 's': Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.
warning LOAD_DEPRECATED_ITEM 28:3 rule 's': 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.
error LOAD_ERR_VALIDATE 28:3 rule 's': Appended rule must have exceptions or condition property
error LOAD_ERR_YAML_VALIDATE 30:3 rule 'r': An append override for 'desc' was specified but 'desc' is not defined
`,
		},
		{
			"schema", "- rule: r\n  condition: evt.type = open\n  output: x\n  desc: d\n  priority: Warning\n  enabled: yes\n  capture: true\n  capture_events: 3\n",
			`note SCHEMA_VALIDATION 5:13: the value of 'priority' does not match Falco's schema of rules files: it is none of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, INFORMATIONAL, DEBUG
note SCHEMA_VALIDATION 6:12: the value of 'enabled' does not match Falco's schema of rules files: it is neither true nor false
`,
		},
		{
			"what could not be read is not missing",
			"- macro: m\n  condition:\n- macro: m\n  condition: or x\n  override: {condition: append}\n- rule: r\n  condition: m and n" + ruleTail,
			`error LOAD_ERR_YAML_VALIDATE 2:3 macro 'm': Mapping for key 'condition' is empty
error LOAD_ERR_VALIDATE 7:20 rule 'r': Undefined macro 'n' used in filter.
`,
		},
		{
			"no event type", "- rule: a\n  condition: proc.name = x" + ruleTail,
			"warning LOAD_NO_EVTTYPE 1:3 rule 'a': Rule matches too many evt.type values. This has a significant performance penalty. [add a condition on evt.type]\n",
		},
		{
			"no event type behind not", "- rule: a\n  condition: evt.type != open and not evt.type in (close, dup)" + ruleTail,
			"warning LOAD_NO_EVTTYPE 1:3 rule 'a': Rule matches too many evt.type values. This has a significant performance penalty. [add a condition on evt.type]\n",
		},
		{"event type behind two nots", "- rule: a\n  condition: not (evt.type != open or proc.name = x)" + ruleTail, ""},
		{"never", "- rule: a\n  condition: evt.num = 0" + ruleTail, ""},
		{
			"unused", "- list: l\n  items: [a]\n- list: k\n  items: [l]\n- macro: m\n  condition: evt.type = open and proc.name in (k)\n",
			"warning LOAD_UNUSED_MACRO 5:3 macro 'm': Macro not referred to by any other rule/macro\n",
		},
		{
			"unknown source", "- rule: a\n  condition: x\n  source: k8s_audti" + ruleTail,
			"warning LOAD_UNKNOWN_SOURCE 1:3 rule 'a': Unknown source k8s_audti, skipping [did you mean k8s_audit?]\n",
		},
		{
			"skipped for an unknown field", "- rule: a\n  condition: evt.type = open and proc.nobody = x\n  skip-if-unknown-filter: true" + ruleTail,
			"warning LOAD_UNKNOWN_FILTER 2:34 rule 'a': filter_check called with nonexistent field proc.nobody\n",
		},
		{
			"unknown item and key", "- rules: a\n- macro: m\n  condtion: x\n  condition: evt.type = open\n- rule: a\n  condition: m" + ruleTail,
			"warning LOAD_UNKNOWN_ITEM 1:3: Unknown top level item [did you mean rule?]\n" +
				"warning LOAD_UNKNOWN_KEY 3:3 macro 'm': Unknown key 'condtion' in macro 'm'. The key will be ignored. [did you mean condition?]\n",
		},
		{
			"NA", "- rule: a\n  source: k8s_audit\n  condition: ka.verb in (get, <NA>)" + ruleTail,
			"warning LOAD_UNSAFE_NA_CHECK 3:31 rule 'a': comparing a field value with <NA> is unsafe and can lead to unpredictable behavior of the rule condition [to check that the field has a value, use the operator 'exists']\n",
		},
		{
			"misused", "- rule: a\n  condition: evt.type = open and proc.name = proc.pname and proc.name regex ^foo.*" + ruleTail,
			"warning LOAD_COMPILE_CONDITION 2:46 rule 'a': 'proc.pname' may be a valid field misused as a const string value\n" +
				"warning LOAD_COMPILE_CONDITION 2:77 rule 'a': regex check with '^foo.*' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'\n",
		},
		{"broken YAML", "- rule: [\n", "error LOAD_ERR_YAML_PARSE 2:1: did not find expected node content\n"},
		{"first of equal keys", "- list: l\n  items: [a]\n  items: 3\n", "warning LOAD_UNUSED_LIST 1:3 list 'l': List not referred to by any other rule/macro\n" +
			"note SCHEMA_VALIDATION 3:10: the value of 'items' does not match Falco's schema of rules files: it is no sequence\n"},
		{
			"engine version", "- required_engine_version: 0x10\n- required_engine_version: 1.0.0\n",
			"error LOAD_ERR_VALIDATE 2:3: Rules require engine version 1.0.0, which no engine has\n",
		},
		{
			"plugin versions", "- required_plugin_versions:\n  - name: json\n    version: 0.1.0\n    alternatives:\n    - name: json\n      version: 0.2.0\n",
			"error LOAD_ERR_VALIDATE 2:5: Defined multiple alternative version requirements for plugin 'json'\n",
		},
		{
			"field of an exception", "- rule: a\n  condition: evt.type = open\n  exceptions:\n  - name: x\n    fields: [proc.name, fd.nam]\n    values:\n    - [a, b]" + ruleTail,
			"error LOAD_ERR_VALIDATE 5:25 rule 'a': 'fd.nam' is not a supported filter field [did you mean fd.name?]\n",
		},
		{
			"value of an exception", "- rule: a\n  condition: evt.type = open\n  exceptions:\n  - name: x\n    fields: [proc.name, proc.pid]\n    values:\n    - [a, 1]\n    - [b, two]" + ruleTail,
			"error LOAD_ERR_COMPILE_CONDITION 8:11 rule 'a': two is not a valid number\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := problems(t, c.content, Options{}); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

func TestEngineVersion(t *testing.T) {
	for _, c := range []struct {
		engine, required string
		ok               bool
	}{
		{"0.57.0", "57", true},
		{"0.57.0", "58", false},
		{"0.57.0", "0.57.1", false},
		{"1.0.0", "0.57.0", false},
		{"1.2.0", "1.1.9", true},
		{"", "0.99.0", true},
		{"", "1", true},
		{"", "1000", false},
		{"", "1.0.0", false},
		{"", "0.57", false},
		{"", "x", false},
	} {
		r := Load([]File{{"r", []byte("- required_engine_version: " + c.required + "\n")}}, Options{EngineVersion: c.engine})
		if r.OK() != c.ok {
			t.Errorf("engine %q, required %s: %s", c.engine, c.required, problemLines(r))
		}
	}
}

func TestListsPutIn(t *testing.T) {
	for _, c := range []struct{ lists, condition, want string }{
		{"l: [a, b c]", "proc.name in (l)", `proc.name in (a, "b c")`},
		{"l: [a]", "proc.name in (x, l,y , l )", "proc.name in (x, a, y, a)"},
		{"l: [a]", "proc.name in (xl, l.x, 'l', lx)", "proc.name in (xl, l.x, l, lx)"},
		{"l: []", "proc.name in (x, l, y)", "proc.name in (x, y)"},
		{"l: []", "proc.name in (l, y)", "proc.name in (y)"},
		{"l: []", "proc.name in (l)", "proc.name in ()"},
		{"l: [l, x]", "proc.name in (l)", "proc.name in (l, x)"},
		{"k: [a]\nl: [k, b]", "proc.name in (l)", "proc.name in (a, b)"},
		{"l: [k, b]\nk: [a]", "proc.name in (l)", "proc.name in (a, b)"},
		{"a: [x]\nb: ['c,a']", "proc.name in (b)", "proc.name in (c, a)"},
		{"a: ['c,b']\nb: [x]", "proc.name in (a)", "proc.name in (c, x)"},
		{"\"a b\": [x, y]", "proc.name in (a b)", "proc.name in (x, y)"},
		{"l: ['\"it''s\"', \"'x y'\"]", "proc.name in (l)", `proc.name in ("it's", "x y")`},
		{"port: [80]", "fd.sport=port and fd.sport = port", "(fd.sport = 80 and fd.sport = 80)"},
	} {
		var content strings.Builder
		for list := range strings.Lines(c.lists) {
			name, items, _ := strings.Cut(strings.TrimSpace(list), ": ")
			fmt.Fprintf(&content, "- list: %s\n  items: %s\n", name, items)
		}
		fmt.Fprintf(&content, "- macro: m\n  condition: >-\n    %s\n", c.condition)
		r := Load([]File{{"r", []byte(content.String())}}, Options{})
		if len(r.Macros) != 1 || r.Macros[0].Expr == nil || r.Macros[0].Expr.String() != c.want {
			t.Errorf("%s with %s: %+v\n%s", c.condition, c.lists, r.Macros[0].Expr, problemLines(r))
		}
	}
}

func TestFilesInOrder(t *testing.T) {
	macro := File{"macros.yaml", []byte("- macro: m\n  condition: evt.type = open\n")}
	rule := File{"rules.yaml", []byte("- rule: r\n  condition: m" + ruleTail)}
	if got := problemLines(Load([]File{macro, rule}, Options{})); got != "" {
		t.Errorf("macro first: %s", got)
	}
	want := "error LOAD_ERR_VALIDATE 2:14 rule 'r': Undefined macro 'm' used in filter.\n"
	if got := problemLines(Load([]File{rule, macro}, Options{})); got != want {
		t.Errorf("rule first:\n%swant:\n%s", got, want)
	}
}

func TestOverrides(t *testing.T) {
	r := Load([]File{{"a.yaml", []byte(`- list: l
  items: [a, b c]
- macro: m
  condition: proc.name in (l)
- rule: r
  condition: evt.type = open and m
  output: one
  desc: first
  priority: notice
  tags: [z, a]
  exceptions:
  - name: x
    fields: [fd.name, proc.pname]
    comps: [startswith, in]
    values:
    - [/tmp, [x, y z]]
- rule: r
  condition: or evt.type = close
  output: two
  tags: [m, a, m]
  exceptions:
  - name: x
    values:
    - [/var, l]
  override: {condition: append, output: append, tags: append, exceptions: append}
- rule: r
  priority: Critical
  enabled: false
  capture: true
  override: {priority: replace, enabled: replace, capture: replace}
- list: l
  items: [d]
  override: {items: append}
`)}}, Options{})
	if !r.OK() {
		t.Fatal(problemLines(r))
	}
	rule := r.Rules[0]
	if got, want := written(rule.Expr, true), `((evt.type = open and proc.name in (a, "b c", d)) or evt.type = close)`; !strings.Contains(got, want[1:len(want)-1]) {
		t.Errorf("compiled %s", got)
	}
	want := `(((evt.type = open and m) or evt.type = close) and not ((fd.name startswith /tmp and proc.pname in (x, "y z")) or (fd.name startswith /var and proc.pname in (a, "b c", d))))`
	if got := rule.Expr.String(); got != want {
		t.Errorf("condition %s\nwant      %s", got, want)
	}
	if rule.Enabled || !rule.Capture || rule.Priority != Critical || rule.Output.String() != "one two" || strings.Join(rule.Tags, " ") != "a m z" {
		t.Errorf("rule %+v", rule)
	}
}
