package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
)

// rendered moves a place in rendered text to the line of the template that it came from. In that line it points at the same
// text if it is there, as it is for all that is not made by the template's actions, else at the line's content.
func rendered(p control.Place, line string, origin func(int) (string, int, string, bool)) (control.Place, string) {
	file, originLine, text, ok := origin(p.Line)
	if !ok {
		p.Rendered, p.Offset, p.Length = true, 0, 0
		return p, line
	}
	part := ""
	if p.EndLine == p.Line {
		part = columns(line, p.Column, p.EndColumn)
	}
	start := strings.Index(text, part)
	if part == "" || start < 0 {
		part = strings.TrimSpace(text)
		start = strings.Index(text, part)
	}
	column := 1 + utf8.RuneCountInString(text[:start])
	return control.Place{
		File: file, Line: originLine, Column: column, EndLine: originLine, EndColumn: column + utf8.RuneCountInString(part), Rendered: true,
	}, text
}

// columns returns the characters of a line from column from up to column to, counted from 1.
func columns(line string, from, to int) string {
	start, end, column := len(line), len(line), 1
	for i := range line {
		if column == from {
			start = i
		}
		if column == to {
			end = i
			break
		}
		column++
	}
	if start > end {
		return ""
	}
	return line[start:end]
}
