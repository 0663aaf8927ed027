package cluster

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/tree"
)

func written(t *testing.T, text string) string {
	t.Helper()
	doc, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
	if err != nil {
		t.Skip(err)
	}
	var w writer
	w.mapping(doc.Root(), 0, false)
	return string(w.out)
}

// TestYAML holds how people see an object.
func TestYAML(t *testing.T) {
	got := written(t, `{"apiVersion":"v1","metadata":{"labels":{"a/b":"yes","num":"1"},"annotations":{}},"data":{"f":"one\ntwo\n","g":"x\n\ny","h":" lead\nx","i":"tab\there"},
		"list":[{"name":"a","args":["-c","echo: hi",""],"num":1.5,"none":null},[1,[]],"*"],"empty":[],"t":true}`)
	want := `apiVersion: v1
metadata:
  labels:
    a/b: "yes"
    num: "1"
  annotations: {}
data:
  f: |
    one
    two
  g: |-
    x

    y
  h: " lead\nx"
  i: "tab\there"
list:
- name: a
  args:
  - -c
  - "echo: hi"
  - ""
  num: 1.5
  none: null
-
  - 1
  - []
- "*"
empty: []
t: true
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzYAML writes whatever JSON there is as YAML: read again it is the same.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		`{"a":"b"}`, `{"a":["x",{"b":null}],"c":{"d":[]}}`, `{"k: v":"on","~":"~","":"","2024-01-01":"2024-01-01","0x1":"0o7","1e3":"1e3"}`,
		`{"a":"one\ntwo\n\n","b":"\n","c":"x\n y\n","d":"x\r\ny","e":"é\nü","f":" - a","g":"a #b","h":"a: b","i":"# c","j":"'","k":"\"","l":"\u0000\n","m":"\u0085\nx"}`,
		`{"a":[[["x"]],[],{}],"b":[{"c":[{"d":{}}]}]}`, `{"a":"---\nb\n","c":"...\n","d":"%x\ny","e":"|\nx","f":"a\n\tb\n","g":"a \nb"}`,
		`{"a":1e400,"b":-0,"c":9223372036854775808}`, `{"x":{"y":{"z":"a\nb\n  c\n"}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]any
		if json.Unmarshal([]byte(text), &want) != nil || want == nil || strings.Contains(text, "\ufffd") || duplicates(text) {
			t.Skip("no object, or none that has one meaning")
		}
		got := written(t, text)
		var again map[string]any
		if err := yaml.Unmarshal([]byte(got), &again); err != nil {
			t.Fatalf("%q: %v\n%s", text, err, got)
		}
		if !reflect.DeepEqual(again, want) {
			t.Fatalf("%q became\n%s\n%v\n%v", text, got, again, want)
		}
		doc, err := tree.NewParser().Parse([]byte(got), tree.Document{End: len(got)})
		if err != nil {
			t.Fatalf("%q: our own reader: %v\n%s", text, err, got)
		}
		ours, err := doc.Root().AppendJSON(nil)
		if err != nil {
			t.Skip(err)
		}
		var mine map[string]any
		if err := json.Unmarshal(ours, &mine); err != nil || !reflect.DeepEqual(mine, want) {
			t.Fatalf("%q: our own reader says %s", text, ours)
		}
	})
}

// duplicates reports whether a JSON text may have a key twice: which of them counts is no matter of YAML.
func duplicates(text string) bool {
	dec := json.NewDecoder(strings.NewReader(text))
	var open []map[string]bool
	key := false
	for {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
			key = true
			continue
		case json.Delim('['):
			open = append(open, nil)
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			key = len(open) > 0 && open[len(open)-1] != nil
			continue
		}
		if len(open) == 0 || open[len(open)-1] == nil {
			continue
		}
		if name, ok := token.(string); key && ok {
			if open[len(open)-1][name] {
				return true
			}
			open[len(open)-1][name] = true
		}
		key = !key
	}
}
