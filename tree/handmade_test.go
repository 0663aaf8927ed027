package tree

import (
	"fmt"
	"testing"
)

// handmade are documents whose value must be that of the libraries, or that must be refused as by them. What the fuzzer
// finds comes here too.
var handmade = []string{
	"", "\n", "# only a comment\n", "a", "a\n", "a: 1\n", "a: 1", "a:", "a:\n", "- a\n- b", "-", "-\n-\n", "- - a\n  - b\n- c\n",
	"a:\n- b\n- c\nd: e\n", "a:\n  - b\n  -\n  - c\n", "a:\n- b: c\n  d: e\n-\n  f: g\n", "- a: b\n  c:\n  - d\n  - e\n- f\n",
	"a:\n  b:\n    c: d\n  e: f\ng: h\n", "a:\n  b: c\n d: e\n", "a: b\n  c: d\n", "a:\n    b: c\n  d: e\n", "  a: b\n  c: d\n", "  a: b\nc: d\n",
	"a: b: c\n", "a: - b\n", "a: [b\n", "a: {b: c, d: [e, f], g: {h: i}}\n", "a: [b, c,]\n", "a: [,b]\n", "a: {b: c,}\n", "a: {b, c}\n", "a: [b: c]\n",
	"a: {b:, c: d}\n", "a: {b: , c: d}\n", "a: [b:c, d:e]\n", "a: {\"b\":c}\n", "a: {\"b\": c, 'd' : e}\n", "a: [1, 2.5, -3, true, no, ~, '', \"\"]\n",
	"a: [b,\n  c, # comment\n  d]\ne: f\n", "a: {\nb: c,\nd: e\n}\n", "a: [\nb]\n", "[a\n b]\n", "[a, b] c\n", "[a]: b\n", "{a: b}: c\n", "[[]]\n", "[{}, {}]\n", "[ ]\n", "{ }\n",
	"a: b c\n  d e\n\n  f\ng: h\n", "a:\n  b\n  c\n", "a: b\n c # d\n e\n", "a: b#c\n", "a: b #c\n", "a: #c\n  b\n", "a: b\tc\t# d\n", "a:\tb\n", "\ta: b\n", "a: b\n\t\nc: d\n",
	"a: 'b'\n", "a: 'it''s'\n", "a: 'b\n  c\n\n  d '\n", "a: \"b\\tc\\u00e9\\x41\\U0001F600\\\"\"\n", "a: \"b \\\n   c\n  d\\n\n\n  e\"\n", "a: \"\\/\"\n", "a: \"\\q\"\n", "a: \"b\" c\n", "a: \"b\"#c\n", "a: \"b\" # c\n",
	"\"a\": b\n'c': d\n\"e\" : f\n", "a : b\n", "\"a\":b\n", "'a\n b': c\n", "a: 'b\n---\nc'\n", "a: \"b\n", "a: 'b\n",
	"a: |\n  b\n  c\n", "a: |-\n  b\n   c\n\n\nd: e\n", "a: |+\n  b\n\n\nd: e\n", "a: >\n  b\n  c\n\n  d\n    e\n  f\n", "a: >-\n\n  b\n\n\n  c\n", "a: |2\n   b\n  c\n", "a: |-2\n   b\n", "a: |2-\n   b\n",
	"a: |\nb: c\n", "a: |\n\n\nb: c\n", "a: |+\n\n\nb: c\n", "a: |", "a: |\n", "a: |\n  b", "a: | # c\n  b\n", "a: |#c\n  b\n", "a: |\n   \n  b\n", "a: |\n  \n  b\n", "a: |\n\tb\n", "a: |\n  b\n \tc\n", "a: |\n  b\n  \tc\n", "a: |0\n  b\n", "a: |b\n",
	"- |\n b\n- >\n c\n d\n", "|\n a\n", "|1\n a\n", "a:\n- |\n  b\n- c\n", "a:\n  |\n  b\n", "a: |\n    \n", "a: |\n  b\n      ", "a: >\n  b\n      ", "a: |1\n b\n  ", "a: |\r\n  b\r\n  c\r\nd: e\r\n",
	"a: |\n  b\n # c\nd: e\n", "a: |\n  b\n  # c\n", "a:\r\n- b\r\n- 'c\r\n  d'\r\n", "a: b\r\n  c\r\n", "a: \"b\\\r\n  c\"\r\n", "\ufeffa: b\n", "a: \ufeffb\n", "# c\r\na: b\r\n",
	"yes: 1\n", "yes: 1\ntrue: 2\n", "yes: 1\n\"true\": 2\n", "1: a\n0x1: b\n", "1: a\n'1': b\n", "1.5: a\n", "1.5: a\n1.50: b\n", "~: a\n", ": a\n", "null: a\n", ".inf: a\n", ".nan: a\n.nan: b\n", "18446744073709551615: a\n", "2001-01-01: a\n",
	"a: .inf\n", "a: -.INF\n", "a: .NaN\n", "a: +.inf\n", "a: 0x1F\nb: 0o17\nc: 017\nd: 08\ne: 1_000\nf: 0b11\ng: -0b11\nh: 0b+1\ni: +1\nj: 1e3\nk: .5\nl: 5.\nm: 1:30\nn: 1e400\no: 1__0\np: 0x_f\nq: 0b_1\nr: _1\ns: -\n",
	"a: 9223372036854775807\nb: 9223372036854775808\nc: 18446744073709551616\nd: -9223372036854775809\ne: 0.1\nf: 1e21\ng: 1e-7\nh: -0\ni: -0.0\nj: 123456789012345678901234567890\n",
	"a: y\nb: N\nc: On\nd: oFF\ne: NULL\nf: nULL\ng: ~\nh: 2001-01-01\ni: 2001-01-01T00:00:00Z\nj: 10Mi\nk: 1.2.3\nl: 0xZZ\n",
	"a: 1\nb: 2\na: 3\n", "a: 1\n\"a\": 2\n'a': 3\n\"\\x61\": 4\n", "a: {b: 1, b: 2}\n",
	"a: &x 1\nb: *x\n", "a: &x {b: c}\nd:\n  <<: *x\n  e: f\n", "a: &x {b: 1}\nc: {b: 2, <<: *x}\n", "a: &x\n  b: 1\nc:\n  <<: *x\n  b: 2\n", "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne:\n  <<: [*x, *y]\n", "a: &x [*x]\n", "a: *x\n", "<<: {a: b}\n", "a: <<\n", "'<<': a\n",
	"a: !!str 1\n", "a: !!int \"1\"\n", "a: !!int b\n", "a: !!float 1\n", "a: !!binary aGk=\n", "a: !!binary '*'\n", "a: !b c\n", "a: ! 1\n", "!!map {a: b}\n", "a: !!null ''\n", "a: !!str\nb: c\n", "a: !!bool yes\n", "!!str a: b\n", "&a a: *a\n", "*a : b\n", "&a b: c\n*a : d\n",
	"? a\n: b\n", "? a\n", "? [a]\n: b\n", "? |\n  a\n: b\n", "a: ?b\n", "a: :b\n", "a: %b\n", "a: @b\n", "a: `b\n", "a: -b\n", "a: --\n", "a: ?\n", "a: :\n", "a: ,\n", "a: ]\n", "a: }\n", "a: &\n", "a: *\n", "a: !\n",
	"---\na: b\n", "--- a\n", "--- {a: b}\n", "--- |\n a\n", "--- a: b\n", "--- # c\na: b\n---\nc: d\n...\ne: f\n", "%YAML 1.1\n---\na: b\n", "%YAML 1.2\n---\na: b\n", "%TAG ! tag:x,2000:\n---\na: !b c\n", "%FOO\n---\na\n", "a: b\n...\n%YAML 1.1\n---\nc: d\n", "---\n---\na: b\n", "...\n", "---",
	"{\"a\": 1}\n{\"b\": [1, 2, {\"c\": null}]}", "{\"a\": \"\\/\\u00e9\\ud83d\\ude00\\ud800\"}", "{\"a\": 1e400}", "{\"a\": -0, \"b\": 1.0, \"c\": 1E5, \"d\": 12345678901234567890}", "{\"a\": 1, \"a\": 2}", "{\"a\": 01}", "{a: 1}\n---\n{b: 2}\n", "{\"a\": 1} # c\n---\nb: 2\n", "[1, 2]\n[3]", "{\"a\": \"\u2028\x7f\u0085\"}", "{\"a\":\t1}", "{\"a\": 1,}", "{\"a\": tru}", "{\"a\": [}", "[1,]",
	"a: b\u0085c: d\n", "# a\u2028b: c\n", "a: \"b\u2029c\"\n", "a: |\n  b\u2028  c\n", "a: é\nü: \"ß\\n\"\n日本: [語, 😀]\n",
	"a: b\n- c\n", "- a\nb: c\n", "- a\n b\n", "a\nb: c\n", "a:\n b\nc\n", "- a: b\n   c: d\n", "-a\n", "- -\n", "- - -\n", "- \n  a\n", "-   a: b\n    c: d\n", "a: 'b' 'c'\n", "a:\n  'b'\n  : c\n", "a: [b]c\n", "a: [b] # c\n", "a: [b]#c\n", "a: [b #c\n]\n", "a: [-, b]\n", "a: [- b]\n", "a: [-b, --c, -1]\n", "a: [b?c]\n", "a: [b\tc]\n", "a: {b: c\n---\n}\n",
	"a: [\n---\n]\n", "a: [\n--- b\n]\n", "a: 'b\n--- c'\n", "a: b\n--- c\n", "- a\n---\n- b", "\"a\\\n b\": c\n", "a: \"\\\n\"\n", "a: \"\\x80\\xff\"\n", "a: \"\\0\"\n", "a: \"\\uD800\"\n", "a: '\n\n'\n", "a: \" b \"\n", "a: \"\n b\n\"\n", "a: ' \n '\n", "a:\n\n\n  b\n", "a:\n# c\n  b: c\n# d\n  e: f\n", "a:\n  b\n# c\n  d\n",
	// found by the fuzzer
	"0::", "|\n0", "a: :b\n", "a: :b:c\nd: :: e\n", "- :a\n- : b\n", ":a: b\n",
	// found by random pieces
	"'b': -\t",
	// for the converter
	"a: &x |\n    \nb: *x\n", "a: &x |\n\n\nb: *x\n", "a: &x |+\n\n\nb: *x\n", "a: &x >2-\n   b\n  c\n\n   d\n", "- &x\n  - a\n- *x\n", "? - a\n: b\n", "a: &x 'b''c'\n", "a: [&x b, *x ]\n", "a: [&x b: c]\n", "[? a : b]\n",
	"{? a, b: c}\n", "{a, b: c}\n", "{a: , b: }\n", "a: !!map\n  b: c\n", "a: !!seq\n- b\n", "a: &x\n- b\nc: *x\n", "é: &x b\nü: [*x, 'ß']\n", "a: &x\nb: *x\n", "a: !!str &x\nb: c\n", "a: &x !!str 'b'\n", "a: !!int &x\n  '3'\nb: *x\n", "&x a: &y b\n*y : *x\n", "&x yes: 1\nb: *x\n", "a: &x yes\n*x : b\n",
	"- &x {a: 1}\n- {<<: *x, a: 2}\n- {a: 3, <<: *x}\n- {<<: [*x], b: 1}\n- {<<: {a: 4}}\n- {<<: b}\n", "a: &x {}\nb: {<<: *x}\n", "a: &x b &y c\n", "a: &x &y b\n", "a: !<tag:yaml.org,2002:str> 1\n", "a: !!str [b]\n", "a: \"b\u2028  c\"\nd: &x e\n", "a: b\u0085  c\n", "a: 'b\u0085\u0085c'\n",
	"a: ? b\n", "a:\n  ? b\n  : - c\n    - d\n", "a: !!set {b, c}\n", "a: !!omap [b: c]\n", "a:\n- b\n# c\n- d\n\n\ne: f\n", "a: b\n? c\nd: e\n", "a: &x\n  b: c\n  <<: *x\n", "- &x a\n- &x b\n- *x\n", "a: &x [1]\nb: !!float 1\nc: !!float 1e3\nd: !!float 9007199254740993\n",
}

func TestHandmade(t *testing.T) {
	for i, src := range handmade {
		t.Run(fmt.Sprint(i), func(t *testing.T) { check(t, []byte(src)) })
	}
}
