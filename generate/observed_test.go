package generate

import (
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestObservedOfNothing(t *testing.T) {
	s := rbac.Subject{Kind: "User", Name: "jane"}
	o := NewObserved(s, ObserveOptions{})
	first, last := o.Span()
	if o.Subject() != s || !first.IsZero() || !last.IsZero() {
		t.Errorf("observed %v from %v to %v", o.Subject(), first, last)
	}
}
