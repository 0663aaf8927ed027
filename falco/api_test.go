package falco_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/falco"
)

func TestEventTypesOf(t *testing.T) {
	for condition, want := range map[string][]string{
		"evt.type = execve and proc.name = sh":           {"execve"},
		"evt.type in (open, openat) and not fd.num >= 0": {"open", "openat"},
	} {
		e, err := falco.ParseCondition(condition)
		if err != nil {
			t.Fatal(err)
		}
		got := falco.EventTypesOf(e)
		for _, name := range want {
			if !got.Has(name) {
				t.Errorf("%s looks at %v, and not at %s", condition, got, name)
			}
		}
		if got.Has("connect") {
			t.Errorf("%s looks at connect", condition)
		}
	}
}

func TestDefined(t *testing.T) {
	for _, c := range []struct {
		source, field string
		want          bool
	}{
		{"syscall", "proc.name", true},
		{"syscall", "proc.nome", false},
		{"k8s_audit", "ka.verb", true},
		{"syscall", "ka.verb", false},
	} {
		if got := falco.Defined(c.source, c.field); got != c.want {
			t.Errorf("field %s of source %s: %v, want %v", c.field, c.source, got, c.want)
		}
	}
}
