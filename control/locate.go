package control

import (
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Field is a parsed field path for rules written in Go.
type Field struct{ path path }

// NewField parses a path: keys separated by dots. A key with dots in it is written ["in.brackets"].
func NewField(path string) Field { return Field{newPath(path)} }

// Find follows the path. A null counts as missing, as it does to the API server.
func (f *Field) Find(at tree.Node) tree.Node { return f.path.find(at) }

// Violation names the value at the path, or the place where it is missing.
func (f *Field) Violation(at tree.Node, problem string) Violation {
	n, missing := f.path.deepest(at)
	return Violation{At: n, Missing: missing, Problem: problem}
}

// Set is the edit that gives the field a value.
func (f *Field) Set(at tree.Node, v any) Edit {
	return Edit{Op: Set, At: at, Path: f.path.keys, Value: v}
}

// CEL returns the expression for the optional value at the path: at.?a.?b.
func (f *Field) CEL(at string) string { return f.path.cel(at) }

func (f *Field) String() string { return f.path.text }

// Quote writes s as a CEL string.
func Quote(s string) string { return celString(s) }

// QuoteAll writes a CEL list of strings.
func QuoteAll(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = celString(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Show writes a value for people in one short line.
func Show(n tree.Node) string { return show(n) }
