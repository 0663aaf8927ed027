package kustomize

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// source is a YAML file with its lines and nodes.
type source struct {
	shown string
	data  []byte
	once  sync.Once
	nodes []*yaml.Node
	lines []string
}

func newSource(shown string, data []byte) *source { return &source{shown: shown, data: data} }

// docs returns the documents up to the first that can't be read.
func (s *source) docs() []*yaml.Node {
	s.once.Do(func() {
		s.lines = strings.Split(string(s.data), "\n")
		s.nodes = parse(s.data)
	})
	return s.nodes
}

func parse(data []byte) (docs []*yaml.Node) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) || err != nil {
			return docs
		}
		docs = append(docs, &doc)
	}
}

// line returns the text of a line counted from 1.
func (s *source) line(n int) string {
	s.docs()
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimSuffix(s.lines[n-1], "\r")
}

// content follows a document and aliases to the value.
func content(n *yaml.Node) *yaml.Node {
	for range 10 {
		switch {
		case n == nil:
			return nil
		case n.Kind == yaml.DocumentNode && len(n.Content) == 1:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		default:
			return n
		}
	}
	return n
}

// lookup returns the key and value of a mapping's entry, nil without one.
func lookup(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], content(n.Content[i+1])
		}
	}
	return nil, nil
}

// get follows keys to a scalar and returns it as text.
func get(n *yaml.Node, keys ...string) string {
	for _, key := range keys {
		_, n = lookup(n, key)
	}
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// entry is a path, or an inline document, in a kustomization file.
type entry struct {
	field string
	value string
	line  int
	kust  bool // may be a folder with a kustomization
	patch bool
}

// entries returns all paths that a kustomization names.
func entries(top *yaml.Node) (list []entry) {
	scalars := func(field string, n *yaml.Node, kust, patch bool) {
		if n == nil {
			return
		}
		items := n.Content
		if n.Kind == yaml.ScalarNode {
			items = []*yaml.Node{n}
		} else if n.Kind != yaml.SequenceNode {
			return
		}
		for _, item := range items {
			if item = content(item); item != nil && item.Kind == yaml.ScalarNode {
				list = append(list, entry{field: field, value: item.Value, line: item.Line, kust: kust, patch: patch})
			}
		}
	}
	for _, field := range []string{"resources", "bases", "components", "generators", "transformers", "validators"} {
		_, n := lookup(top, field)
		scalars(field, n, true, false)
	}
	for _, field := range []string{"crds", "configurations"} {
		_, n := lookup(top, field)
		scalars(field, n, false, false)
	}
	_, n := lookup(top, "patchesStrategicMerge")
	scalars("patchesStrategicMerge", n, false, true)
	_, n = lookup(top, "openapi")
	_, n = lookup(n, "path")
	scalars("openapi", n, false, false)
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		_, n := lookup(top, field)
		if n == nil {
			continue
		}
		for _, item := range n.Content {
			_, p := lookup(content(item), "path")
			scalars(field, p, false, field != "replacements")
		}
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		_, n := lookup(top, field)
		if n == nil {
			continue
		}
		for _, item := range n.Content {
			for _, key := range []string{"files", "envs", "env"} {
				_, p := lookup(content(item), key)
				from := len(list)
				scalars(field, p, false, false)
				for i := range list[from:] {
					if _, file, ok := strings.Cut(list[from+i].value, "="); ok && key == "files" {
						list[from+i].value = file
					}
				}
			}
		}
	}
	return list
}
