package tree

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHostile feeds what is made to take long or much memory.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const mib = 1 << 20
	if !strings.Contains(depthLimit, fmt.Sprint(MaxDepth)) || !strings.Contains(nodesLimit, fmt.Sprint(MaxNodes)) {
		t.Error("a message tells another limit than the one that counts")
	}
	bomb := &strings.Builder{}
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	tests := map[string]struct{ src, message string }{
		"alias bomb":              {bomb.String(), "excessive aliasing"},
		"long text, many aliases": {"a: &a " + strings.Repeat("x", mib) + "\nb: [" + strings.Repeat("*a, ", 200_000) + "]\n", "too much text"},
		"many aliases":            {"a: &a [1, 2]\nb: [" + strings.Repeat("*a, ", 250_000) + "]\n", ""},
		"deep flow":               {strings.Repeat("[", 100_000), depthLimit},
		"deep flow, closed":       {strings.Repeat("[", 5000) + strings.Repeat("]", 5000), depthLimit},
		"deep maps":               {strings.Repeat("{a: ", 100_000), depthLimit},
		"deep JSON":               {strings.Repeat(`{"a":`, 100_000), depthLimit},
		"deep dashes":             {strings.Repeat("- ", 100_000), depthLimit},
		"deep block":              {deepBlock(2000), depthLimit},
		"deep, anchored":          {"a: &a\n b: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), depthLimit},
		"self":                    {"a: &a [*a]\n", "contains itself"},
		"escapes":                 {`a: "` + strings.Repeat(`\n`, 4*mib) + `"`, ""},
		"quotes":                  {`a: '` + strings.Repeat(`''`, 4*mib) + `'`, ""},
		"open quotes":             {strings.Repeat("a: '\n", mib/8), ""},
		"open brackets":           {strings.Repeat("a: [\n", mib/8), ""},
		"blank lines":             {"a: b" + strings.Repeat("\n", 8*mib) + "c: d\n", ""},
		"blank lines, folded":     {"a: >\n" + strings.Repeat("\n", 8*mib) + "  c\n", ""},
		"comments":                {strings.Repeat("#\n", 4*mib), ""},
		"markers":                 {strings.Repeat("---\n", mib), ""},
		"directives":              {strings.Repeat("%a\n---\n", mib/64), ""},
		"many keys":               {manyKeys(300_000, ""), ""},
		"equal keys":              {strings.Repeat("a: b\n", 300_000), ""},
		"alike keys":              {manyKeys(100_000, "xxxxxxxx"), ""},
		"many nodes":              {"[" + strings.Repeat("1,", 9_000_000) + "1]", nodesLimit},
		"many items":              {strings.Repeat("-\n", 9_000_000), nodesLimit},
		"many nodes, anchored":    {"a: &a [" + strings.Repeat("1,", mib/2) + "1]", ""},
		"anchors":                 {strings.Repeat("- &a b\n", 100_000), ""},
		"too large":               {"a: " + strings.Repeat("x", MaxSize), "larger than"},
		"large, unusual":          {"a: &a " + strings.Repeat("x", MaxFallbackSize), "larger than"},
		"broken documents":        {strings.Repeat("a: *b\n---\n", 20_000), "unknown anchor"},
		"numbers":                 {"a: -" + strings.Repeat("1", 4*mib), ""},
		"a word":                  {"a: " + strings.Repeat("x ", 4*mib), ""},
		"DEL":                     {strings.Repeat("\x7f", 4*mib), "control character"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			src := []byte(test.src)
			p := NewParser()
			var last error
			count := 0
			for doc := range Split(src) {
				tree, err := p.Parse(src, doc)
				if last = err; err == nil {
					tree.Root().Type()
				}
				count++
			}
			runtime.ReadMemStats(&after)
			took, memory := time.Since(begin), (after.TotalAlloc-before.TotalAlloc)/mib
			t.Logf("%d documents, %v, %d MiB, %v", count, took, memory, last)
			if took > 20*time.Second || memory > 2000 {
				t.Errorf("took %v and %d MiB", took, memory)
			}
			if test.message != "" && (last == nil || !strings.Contains(last.Error(), test.message)) {
				t.Errorf("got %v, want %q", last, test.message)
			}
		})
	}
}

func deepBlock(depth int) string {
	b := &strings.Builder{}
	for i := range depth {
		fmt.Fprintf(b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func manyKeys(n int, prefix string) string {
	b := &strings.Builder{}
	for i := range n {
		fmt.Fprintf(b, "%s%08d%s: %d\n", prefix+"k", i, prefix, i)
	}
	return b.String()
}
