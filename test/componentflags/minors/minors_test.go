package minors

import (
	"slices"
	"testing"
)

func TestMinors(t *testing.T) {
	for text, want := range map[string][]int{"29": {29}, "29-31": {29, 30, 31}, "29-30,33,35-37": {29, 30, 33, 35, 36, 37}} {
		if got := Parse(text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if got := Format(want); got != text {
			t.Errorf("%v: %s, want %s", want, got, text)
		}
	}
}
