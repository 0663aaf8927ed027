package inventory

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

func TestIsRules(t *testing.T) {
	for text, want := range map[string]bool{
		"- rule: a\n  condition: evt.num = 0\n":                           true,
		"- required_engine_version: 0.31.0\n- macro: a\n  condition: b\n": true,
		"- list: a\n  items: [b]\n-\n":                                    true,
		"- rule: a\n  enabled: false\n":                                   true,
		"- rule: a\n":                                                     false,
		"- macro: [a]\n  condition: b\n":                                  false,
		"- list: a\n  items: [b]\n- c\n":                                  false,
		"- - rule: a\n    condition: b\n":                                 false,
		"- name: play\n  hosts: all\n":                                    false,
		"rule: a\ncondition: b\n":                                         false,
		"- alert: a\n  expr: b\n- rule: c\n  expr: d\n":                   false,
		"[]\n": false,
		"- {list: a, items: []}\n- {required_plugin_versions: [{name: a}]}\n": true,
	} {
		parsed, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
		if err != nil {
			t.Fatal(err)
		}
		if got := IsRules(parsed.Root()); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// TestOnly: what is kept of a file stands where it stood, and the rest is blank.
func TestOnly(t *testing.T) {
	src := []byte("kind: A\n---\n- rule: a\n--- # b\nkind: B\n---\n- rule: c\n")
	var rules []tree.Document
	for doc := range tree.Split(src) {
		if strings.Contains(string(src[doc.Start:doc.End]), "rule") {
			rules = append(rules, doc)
		}
	}
	const want = "       \n---\n- rule: a\n---    \n       \n---\n- rule: c\n"
	if got := string(only(src, rules)); got != want || len(got) != len(src) {
		t.Errorf("%q", got)
	}
}
