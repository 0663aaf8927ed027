package mistake

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

func TestList(t *testing.T) {
	src := []byte("a: é\nb: {c: 1}\n")
	l := NewList("a.yaml", src)
	if err := l.Join(); err != nil || l.Len() != 0 {
		t.Fatal("a mistake too many: ", err)
	}
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		inner := parsed.Root().Get("b").Get("c")
		l.Add(inner, "is %s", inner.Text())
		if l.Line(inner) != 2 {
			t.Error("line ", l.Line(inner))
		}
	}
	l.AddAt(5, "second")
	l.AddBroken(tree.Document{}, errors.New("first"))
	l.AddBroken(tree.Document{}, &tree.Error{Offset: len(src) - 1, Message: "last"})
	want := "a.yaml:1:1: first\na.yaml:1:5: second\na.yaml:2:8: is 1\na.yaml:2:10: last"
	err := l.Join()
	if err == nil || err.Error() != want {
		t.Errorf("%v, want\n%s", err, want)
	}
	if e, ok := errors.AsType[*Error](err); !ok || e.Line != 1 {
		t.Errorf("%+v", e)
	}
}

func TestMost(t *testing.T) {
	l := NewList("a", []byte("a"))
	for range 3 * Most {
		l.AddAt(0, "x")
	}
	if lines := strings.Split(l.Join().Error(), "\n"); len(lines) != Most+1 || !strings.Contains(lines[Most], "too many mistakes") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestShorten(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		strings.Repeat("a", 80):        strings.Repeat("a", 80),
		strings.Repeat("a", 81):        strings.Repeat("a", 80) + "…",
		strings.Repeat("a", 79) + "éa": strings.Repeat("a", 79) + "…",
	} {
		if got := Shorten(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
