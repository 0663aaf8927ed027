package fix

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// maxWork bounds what Locate reads of a file, in bytes: each fix reads its document again. Beyond it fixes are left without places.
const maxWork = 256 << 20

// Locate fills in, for each finding with a fix, the bytes of the file that its fix alone would replace. Fixes that cannot be proven get none.
func Locate(path string, src []byte, findings []control.Finding) {
	if !slices.ContainsFunc(findings, func(f control.Finding) bool { return f.Fix != nil }) {
		return
	}
	documents := map[int]tree.Document{}
	for doc := range tree.Split(src) {
		documents[doc.Start] = doc
	}
	var lines []int
	work := 0
	for i := range findings {
		f := &findings[i]
		// Several findings may share a fix.
		if f.Fix == nil || len(f.Fix.Replacements) > 0 || f.Place.Rendered || f.Place.File != path {
			continue
		}
		texts := f.Fix.Texts
		if len(texts) == 0 {
			doc, ok := documents[f.Fix.Document]
			if work += (doc.End - doc.Start) * (3 + len(f.Fix.Edits)); !ok || work > maxWork {
				continue
			}
			texts = replaced(src, doc, f)
		}
		if lines == nil {
			lines = lineStarts(src)
		}
		for _, t := range texts {
			if t.Start < 0 || t.End < t.Start || t.End > len(src) {
				continue
			}
			p := control.Place{File: path, Offset: t.Start, Length: t.End - t.Start}
			p.Line, p.Column = position(src, lines, t.Start)
			p.EndLine, p.EndColumn = position(src, lines, t.End)
			f.Fix.Replacements = append(f.Fix.Replacements, control.Replacement{Place: p, Text: t.Text})
		}
	}
}

// replaced are the bytes that the fix of one finding replaces.
func replaced(src []byte, doc tree.Document, finding *control.Finding) []control.TextEdit {
	d := &document{start: doc.Start, end: doc.End, text: src[doc.Start:doc.End]}
	p := &plan{file: &File{}, documents: map[int]*document{doc.Start: d}}
	if p.apply(finding) != "" {
		return nil
	}
	d.tidy()
	if _, err := d.session.Result(); err != nil {
		return nil
	}
	var out []control.TextEdit
	for _, c := range d.session.Changes() {
		out = append(out, control.TextEdit{Start: doc.Start + c.Start, End: doc.Start + c.End, Text: c.Text})
	}
	return out
}

// lineStarts are the offsets at which lines begin.
func lineStarts(src []byte) []int {
	out := []int{0}
	for i, c := range src {
		if c == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}

// position is the line and the column, in code points, of an offset. A byte order mark takes no column.
func position(src []byte, lines []int, offset int) (line, column int) {
	line, exact := slices.BinarySearch(lines, offset)
	if exact {
		line++
	}
	start := lines[line-1]
	if start == 0 && offset >= len(mark) && bytes.HasPrefix(src, []byte(mark)) {
		start = len(mark)
	}
	return line, 1 + utf8.RuneCount(src[start:offset])
}

const mark = "\xEF\xBB\xBF"
