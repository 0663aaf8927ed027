package tree

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// pieces are what documents for TestRandom are put together from. Structure goes wrong in few bytes; a fuzzer that
// mutates bytes rarely gets there.
var pieces = []string{
	"a", "b", "key", "a: ", "b:", "c: ", "- ", "-", "\n", "\n", "\n", "\n  ", "\n  ", "\n    ", "\n - ", "\n- ", "\n  - ", "\na: ", "\nb: ", "\n  c: ", "\n  d: ", "\n    e: ",
	" ", "  ", "\t", "#", " # x", "\"", "'", "\"x\"", "'y'", "''", "\\", "\\n", "\\\n", "\r\n", "|", ">", "|-", "|+", ">-", "|2", ">+", "|\n", ">\n   ", "[", "]", "{", "}", ",", ", ", ":", ": ", "?", "? ",
	"yes", "1", "0x1", "1.5", "~", "null", ".", "...", "---", "\n---\n", "<<: ", "&x ", "*x", "!!str ", "!", "%", "@", "é", "<<", "true", "-1", "\"a\": ", "'b': ", "{a: b}", "[a, b]", "{\"a\":1}", "\"\\u00e9\\/\"", "\"a\":", "[1,2]", "\n\n",
}

// TestRandom compares random documents with the libraries. TREE_RANDOM sets how many.
func TestRandom(t *testing.T) {
	n := 20_000
	if s := os.Getenv("TREE_RANDOM"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	seed := uint64(1)
	if n > 20_000 {
		seed = rand.Uint64()
		t.Logf("seed %d", seed)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	b := &strings.Builder{}
	for range n {
		b.Reset()
		if r.IntN(8) == 0 {
			b.WriteString("{\"a\": ")
		}
		for range 1 + r.IntN(8<<r.IntN(3)) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		check(t, []byte(b.String()))
	}
}
