package tree

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// load returns the files to measure on, in a fixed order: the corpus, or what is in testdata many times over.
func load(b *testing.B) (sources [][]byte, total int64) {
	b.Helper()
	dir, times := corpusDir, 1
	if _, err := os.Stat(dir); err != nil {
		b.Logf("the corpus is not here, measuring on the fixtures: %v", err)
		dir, times = "testdata", 500
	}
	all := files(b, dir, 1<<40)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for range times {
		for _, name := range names {
			sources = append(sources, all[name])
			total += int64(len(all[name]))
		}
	}
	return sources, total
}

// measure runs f on each document of the sources.
func measure(b *testing.B, f func(src []byte, doc Document)) {
	b.Helper()
	sources, total := load(b)
	var docs [][]Document
	count := 0
	for _, src := range sources {
		docs = append(docs, slices.Collect(Split(src)))
		count += len(docs[len(docs)-1])
	}
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for i, src := range sources {
			for _, doc := range docs[i] {
				f(src, doc)
			}
		}
	}
	b.ReportMetric(float64(count), "docs/op")
}

func BenchmarkTree(b *testing.B) {
	p := NewParser()
	measure(b, func(src []byte, doc Document) {
		p.Parse(src, doc) // a few documents of the corpus are broken
	})
}

func BenchmarkSplit(b *testing.B) {
	sources, total := load(b)
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for _, src := range sources {
			for range Split(src) {
			}
		}
	}
}

func BenchmarkPeek(b *testing.B) {
	keys, values := []string{"apiVersion", "kind"}, make([][]byte, 2)
	certain, all := 0, 0
	measure(b, func(src []byte, doc Document) {
		all++
		if Peek(src, doc, keys, values) {
			certain++
		}
	})
	b.ReportMetric(100*float64(certain)/float64(all), "%certain")
}

func BenchmarkLines(b *testing.B) {
	sources, total := load(b)
	b.SetBytes(total)
	for b.Loop() {
		for _, src := range sources {
			NewLines(src)
		}
	}
}

func BenchmarkYAMLv3Node(b *testing.B) {
	measure(b, func(src []byte, doc Document) {
		var n yaml3.Node
		yaml3.Unmarshal(src[doc.Start:doc.End], &n)
	})
}

func BenchmarkSigsYAML(b *testing.B) {
	measure(b, func(src []byte, doc Document) {
		var v any
		yaml.Unmarshal(src[doc.Start:doc.End], &v)
	})
}

// jsonSources is the corpus turned into JSON, one value per document.
func jsonSources(b *testing.B) (sources [][]byte, total int64) {
	b.Helper()
	all, _ := load(b)
	p := NewParser()
	for _, src := range all {
		for doc := range Split(src) {
			tree, err := p.Parse(src, doc)
			if err != nil {
				continue
			}
			var out bytes.Buffer
			compact, err := tree.Root().AppendJSON(nil)
			if err != nil || json.Indent(&out, compact, "", "  ") != nil {
				b.Fatal(err)
			}
			sources = append(sources, out.Bytes())
			total += int64(out.Len())
		}
	}
	return sources, total
}

func BenchmarkTreeJSON(b *testing.B) {
	sources, total := jsonSources(b)
	p := NewParser()
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for _, src := range sources {
			if _, err := p.Parse(src, Document{0, len(src)}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	sources, total := jsonSources(b)
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for _, src := range sources {
			var v any
			if err := json.Unmarshal(src, &v); err != nil {
				b.Fatal(err)
			}
		}
	}
}
