package report

import (
	"encoding/json"

	"github.com/kubeharden/kubeharden/control"
)

// fix appends the change that mends a finding. Programs that know no bytes take the lines and columns.
func (s *sarifWriter) fix(b []byte, f *control.Finding) []byte {
	if f.Fix == nil || len(f.Fix.Replacements) == 0 {
		return b
	}
	b = append(b, `,"fixes":[{"description":{"text":`...)
	b = appendString(b, noLinks(fixText(f)))
	b = append(b, `},"artifactChanges":[{"artifactLocation":{"uri":`...)
	b = append(append(b, s.uri...), `},"replacements":[`...)
	for i := range f.Fix.Replacements {
		r := &f.Fix.Replacements[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, `{"deletedRegion":{"startLine":`, r.Place.Line)
		b = appendNumber(b, `,"startColumn":`, r.Place.Column)
		b = appendNumber(b, `,"endLine":`, r.Place.EndLine)
		b = appendNumber(b, `,"endColumn":`, r.Place.EndColumn)
		b = appendNumber(b, `,"byteOffset":`, r.Place.Offset)
		b = append(appendNumber(b, `,"byteLength":`, r.Place.Length), '}')
		if r.Text != "" {
			b = append(b, `,"insertedContent":{"text":`...)
			b = append(appendString(b, r.Text), '}')
		}
		b = append(b, '}')
	}
	return append(b, `]}]}]`...)
}

// fixText says what a fix is for and what it may break.
func fixText(f *control.Finding) string {
	text := f.Control.Title + " (" + f.Fix.Risk.String() + ")"
	if f.Control.Risk != "" {
		text += ". " + f.Control.Risk
	}
	return text
}

// appendFix appends the change that mends a finding.
func appendFix(b []byte, f *control.Finding) []byte {
	b = append(b, `,"fix":{"risk":`...)
	b = appendString(b, f.Fix.Risk.String())
	b = appendOptional(b, `,"mayBreak":`, f.Control.Risk)
	b = append(b, `,"edits":[`...)
	for i := range f.Fix.Edits {
		e := &f.Fix.Edits[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"op":"`...), e.Op.String()...), `","path":`...)
		b = appendString(b, e.Path)
		if e.Op != control.Remove {
			if value, err := json.Marshal(e.Value); err == nil {
				b = append(append(b, `,"value":`...), value...)
			}
		}
		b = append(b, '}')
	}
	b = append(b, ']')
	for i := range f.Fix.Replacements {
		r := &f.Fix.Replacements[i]
		if i == 0 {
			b = append(b, `,"replacements":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, `{"text":`...)
		b = appendString(b, r.Text)
		b = append(appendPlace(b, &r.Place), '}')
	}
	if len(f.Fix.Replacements) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}
