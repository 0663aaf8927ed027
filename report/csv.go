package report

import (
	"io"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// csvColumns are the names of the columns. New ones are added at the end.
const csvColumns = "file,line,column,end_line,end_column,status,severity,layer,control,api_version,kind,namespace,name,container_sort,container," +
	"path,message,value,remedy,reason,fingerprint,url"

// NewCSV returns a writer of comma-separated values (RFC 4180) with one record for each finding and problem, and a header.
// Control characters are shown by their escapes, and what a spreadsheet would take for a formula gets a ' in front.
func NewCSV(w io.Writer) Writer { return &csvWriter{out: output{w: w}, seen: fingerprints{}} }

type csvWriter struct {
	out   output
	clean []byte
	seen  fingerprints
}

func (c *csvWriter) Begin(*Run) error {
	c.out.text(csvColumns + "\r\n")
	return c.out.flush()
}

// appendCSV appends a clean text as a quoted field. A spreadsheet runs =, +, - and @ at the start of a cell, in their wide forms
// too; where a semicolon separates cells, one starts behind it.
func appendCSV(b, clean []byte) []byte {
	if len(clean) == 0 {
		return b
	}
	b = append(b, '"')
	start := true
	for i, c := range clean {
		if start && c != ' ' {
			if formula(clean[i:]) {
				b = append(b, '\'')
			}
			start = false
		}
		if c == '"' {
			b = append(b, '"')
		}
		b = append(b, c)
		start = start || c == ';'
	}
	return append(b, '"')
}

func formula(s []byte) bool {
	switch s[0] {
	case '=', '+', '-', '@':
		return true
	case 0xef: // U+FF1D, U+FF0B, U+FF0D, U+FF20
		return len(s) > 2 && s[1] == 0xbc && (s[2] == 0x9d || s[2] == 0x8b || s[2] == 0x8d || s[2] == 0xa0)
	}
	return false
}

// field writes a field and the comma behind it.
func (c *csvWriter) field(s string) {
	if s != "" {
		c.clean = terminal.AppendSanitized(c.clean[:0], s)
		c.out.buf = appendCSV(c.out.buf, c.clean)
	}
	c.out.buf = append(c.out.buf, ',')
}

func (c *csvWriter) place(path string, p *control.Place) {
	c.field(placeFile(path, p))
	for _, n := range [...]int{p.Line, p.Column, p.EndLine, p.EndColumn} {
		if p.Line > 0 {
			c.out.buf = strconv.AppendInt(c.out.buf, int64(n), 10)
		}
		c.out.text(",")
	}
}

func (c *csvWriter) File(file *File) error {
	clear(c.seen)
	for i := range file.Findings {
		f := &file.Findings[i]
		c.place(file.Path, &f.Place)
		for _, s := range [...]string{f.Status.String(), f.Severity.String(), f.Control.Layer.String(), f.Control.ID} {
			c.out.text(s)
			c.out.text(",")
		}
		for _, s := range [...]string{
			f.Ref.APIVersion, f.Ref.Kind, f.Ref.Namespace, f.Ref.Name, f.Ref.ContainerSort, f.Ref.Container, f.Path, f.Message, f.Value, f.Remedy, f.Reason,
		} {
			c.field(s)
		}
		c.out.buf = append(c.seen.append(c.out.buf, f, file.Path), ',')
		c.out.text(f.Control.DocumentationURL() + "\r\n")
		c.out.spill()
	}
	for i := range file.Problems {
		p := &file.Problems[i]
		c.place(file.Path, &p.Place)
		if p.Warning {
			c.out.text("warning")
		} else {
			c.out.text("error")
		}
		c.out.text(",,,,,,,,,,,") // up to the message
		c.field(p.Message)
		c.out.text(",,,,\r\n")
		c.out.spill()
	}
	return c.out.err
}

func (c *csvWriter) End(*Summary) error { return c.out.flush() }
