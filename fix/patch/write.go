package patch

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kubeharden/kubeharden/tree"
)

// write writes a patch as a file, with the keys of objects in the order that people write them in, the rest sorted.
func write(v any) []byte {
	var b bytes.Buffer
	b.WriteString(Header)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(node(v)); err != nil {
		return nil // a value of JSON can always be written
	}
	return b.Bytes()
}

// first are the keys that stand before others.
var first = []string{"apiVersion", "kind", "metadata", "op", "path", "name", "$patch"}

func node(v any) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		rank := func(key string) int {
			if i := slices.Index(first, key); i >= 0 {
				return i
			}
			return len(first)
		}
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			if x, y := rank(a), rank(b); x != y {
				return x - y
			}
			return strings.Compare(a, b)
		})
		for _, key := range keys {
			n.Content = append(n.Content, node(key), node(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case string:
		n := &yaml.Node{}
		n.SetString(v)
		if n.Style == 0 && !isPlain(v) {
			n.Style = yaml.DoubleQuotedStyle
		}
		return n
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(v.String(), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.String()}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// isPlain reports whether a text without quotes is a text for Kubernetes too, which reads YAML 1.1: on and y are none.
func isPlain(v string) bool {
	src := []byte("k: " + v + "\n")
	t, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		return false
	}
	n := t.Root().Get("k")
	return n.Type() == tree.String && n.Text() == v
}
