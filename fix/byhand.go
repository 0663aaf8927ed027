package fix

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// ByHand says what a person has to change where a program cannot, such as behind an anchor that other places use too: "set
// spec.hostPID to false". It is "" without a fix.
func ByHand(f *control.Finding) string {
	if f.Fix == nil {
		return ""
	}
	var parts []string
	for i := range f.Fix.Edits {
		e := &f.Fix.Edits[i]
		switch e.Op {
		case control.Set:
			parts = append(parts, fmt.Sprintf("set %s to %s", e.Path, literal(e.Value)))
		case control.Append:
			parts = append(parts, fmt.Sprintf("add %s to %s", literal(e.Value), e.Path))
		case control.Remove:
			parts = append(parts, "remove "+e.Path)
		}
	}
	for _, t := range f.Fix.Texts {
		parts = append(parts, fmt.Sprintf("write %s in place of bytes %d to %d", t.Text, t.Start, t.End))
	}
	return strings.Join(parts, ", ")
}

// literal writes a value as YAML and JSON both read it.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
