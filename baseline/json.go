package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// SchemaVersion is the version of the format that is written, and the only one that is read.
const SchemaVersion = 1

// limits of what is read
const (
	maxBytes   = 256 << 20
	maxEntries = 2_000_000
	maxCount   = 1_000_000
)

// document is the whole file:
//
//	{
//	"schemaVersion": 1,
//	"findings": [
//	{"control":"privileged-container","file":"web.yaml","object":"Pod/web","container":"app","path":"spec.…"},
//	…
//	]}
type document struct {
	SchemaVersion int     `json:"schemaVersion"`
	Findings      []Entry `json:"findings"`
}

// Write writes a baseline: sorted, one entry a line, the same bytes for the same entries.
func Write(w io.Writer, entries []Entry) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"schemaVersion\": %d,\n\"findings\": [", SchemaVersion)
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for i := range entries {
		e := entries[i]
		if e.Count == 1 {
			e.Count = 0
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		if err := encoder.Encode(&e); err != nil {
			return fmt.Errorf("write baseline: %w", err)
		}
		out.Truncate(out.Len() - 1) // Encode ends the line
		if out.Len() >= 1<<16 {
			if _, err := out.WriteTo(w); err != nil {
				return fmt.Errorf("write baseline: %w", err)
			}
		}
	}
	out.WriteString("\n]}\n")
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	return nil
}

// Read reads a baseline. Errors say where in the file they are, as line:column.
func Read(r io.Reader, opts Options) (*Baseline, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	if len(src) > maxBytes {
		return nil, fmt.Errorf("read baseline: file is larger than %d MiB", maxBytes>>20)
	}
	// The version first: another version may well have other fields.
	var version struct {
		SchemaVersion *int `json:"schemaVersion"`
	}
	if err := json.Unmarshal(src, &version); err != nil {
		return nil, positioned(src, err)
	}
	switch {
	case version.SchemaVersion == nil:
		return nil, errors.New("read baseline: no schemaVersion: this is no baseline of kubeharden")
	case *version.SchemaVersion != SchemaVersion:
		return nil, fmt.Errorf("read baseline: schemaVersion is %d, and this kubeharden reads %d: write the baseline again with 'kubeharden baseline write'",
			*version.SchemaVersion, SchemaVersion)
	}
	var doc document
	decoder := json.NewDecoder(bytes.NewReader(src))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&doc); err != nil {
		return nil, positioned(src, err)
	}
	if len(doc.Findings) > maxEntries {
		return nil, fmt.Errorf("read baseline: more than %d findings", maxEntries)
	}
	for i := range doc.Findings {
		e := &doc.Findings[i]
		switch {
		case e.Control == "":
			return nil, fmt.Errorf("read baseline: finding %d has no control", i+1)
		case e.Count < 0 || e.Count > maxCount:
			return nil, fmt.Errorf("read baseline: finding %d has count %d, which is not between 0 and %d", i+1, e.Count, maxCount)
		}
	}
	return New(doc.Findings, opts), nil
}

// positioned says where an error of the JSON decoder is.
func positioned(src []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 {
		return fmt.Errorf("read baseline: %w", err)
	}
	before := src[:min(max(int(offset)-1, 0), len(src))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("read baseline: %d:%d: %w", line, column, err)
}
