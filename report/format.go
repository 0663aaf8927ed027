package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Options are what the formats can be told. Each format takes what it understands.
type Options struct {
	// Color allows ANSI colours. No format says anything by colour alone.
	Color bool
	// Unicode allows characters beyond ASCII in the ornaments of the pretty format and the table.
	Unicode bool
	// Width is the number of columns to fill. 0 is 80 for the pretty format and does not cut the lines of the table.
	Width int
	// Quiet leaves out the summaries for people.
	Quiet bool
}

// Formats returns the names that New takes.
func Formats() []string {
	return []string{
		"pretty", "table", "json", "sarif", "junit", "github", "gitlab", "gitlab-sast", "markdown", "csv", "openreports", "policyreport", "oscal",
	}
}

// New returns a writer for a format of Formats.
func New(format string, w io.Writer, opts Options) (Writer, error) {
	switch format {
	case "pretty":
		return NewPretty(w, PrettyOptions(opts)), nil
	case "table":
		return NewTable(w, TableOptions(opts)), nil
	case "json":
		return NewJSON(w), nil
	case "sarif":
		return NewSARIF(w), nil
	case "junit":
		return NewJUnit(w), nil
	case "github":
		return NewGitHub(w, opts.Quiet), nil
	case "gitlab":
		return NewGitLab(w), nil
	case "gitlab-sast":
		return NewGitLabSAST(w), nil
	case "markdown":
		return NewMarkdown(w), nil
	case "csv":
		return NewCSV(w), nil
	case "openreports":
		return NewOpenReports(w), nil
	case "policyreport":
		return NewPolicyReport(w), nil
	case "oscal":
		return NewOSCAL(w), nil
	}
	return nil, fmt.Errorf("unknown format %q; there are %s", format, strings.Join(Formats(), ", "))
}

// Multi returns a writer that hands everything to all writers. One that fails does not keep the others from being written.
func Multi(writers ...Writer) Writer {
	if len(writers) == 1 {
		return writers[0]
	}
	return multi(writers)
}

type multi []Writer

func (m multi) all(do func(Writer) error) error {
	var errs []error
	for _, w := range m {
		if err := do(w); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (m multi) Begin(run *Run) error { return m.all(func(w Writer) error { return w.Begin(run) }) }

func (m multi) File(file *File) error { return m.all(func(w Writer) error { return w.File(file) }) }

func (m multi) End(summary *Summary) error {
	return m.all(func(w Writer) error { return w.End(summary) })
}
