package object

import (
	"slices"
	"testing"
)

func TestMerge(t *testing.T) {
	others := []Flaw{{Object: 0, Path: "b"}, {Object: 2, Path: "c"}}
	got := Merge([]Flaw{{Object: 4, Path: "a"}}, others, 5, func(f *Flaw) *int { return &f.Object })
	if want := []Flaw{{Object: 4, Path: "a"}, {Object: 5, Path: "b"}, {Object: 7, Path: "c"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if others[0].Object != 0 || others[1].Object != 2 {
		t.Errorf("the other list has changed: %v", others)
	}
}
