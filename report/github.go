package report

import (
	"io"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// NewGitHub returns a writer of the workflow commands that GitHub Actions turns into annotations of the changed lines. Waived
// findings are left out. Quiet leaves out the line behind the commands, which is for the reader of the log.
func NewGitHub(w io.Writer, quiet bool) Writer { return &github{out: output{w: w}, quiet: quiet} }

type github struct {
	out   output
	quiet bool
	clean []byte
	text  []byte
}

func (g *github) Begin(*Run) error { return nil }

// appendCommand escapes the message of a workflow command, or the value of one of its properties, as actions/toolkit does.
func appendCommand(b, s []byte, property bool) []byte {
	start := 0
	for i, c := range s {
		var escape string
		switch {
		case c == '%':
			escape = "%25"
		case c == '\r':
			escape = "%0D"
		case c == '\n':
			escape = "%0A"
		case c == ':' && property:
			escape = "%3A"
		case c == ',' && property:
			escape = "%2C"
		default:
			continue
		}
		b = append(append(b, s[start:i]...), escape...)
		start = i + 1
	}
	return append(b, s[start:]...)
}

// write writes text that need not be trusted: the log is shown by terminals too.
func (g *github) write(s string, property bool) {
	g.clean = terminal.AppendSanitized(g.clean[:0], s)
	g.out.buf = appendCommand(g.out.buf, g.clean, property)
}

// begin writes a command up to its message. Columns are for places within one line only.
func (g *github) begin(name, path string, p *control.Place, title string) {
	g.out.text("::")
	g.out.text(name)
	g.out.text(" file=")
	g.write(placeFile(path, p), true)
	if p.Line > 0 {
		b := appendNumber(g.out.buf, ",line=", p.Line)
		b = appendNumber(b, ",endLine=", lastLine(p))
		if p.EndLine == p.Line {
			b = appendNumber(b, ",col=", max(p.Column, 1))
			b = appendNumber(b, ",endColumn=", max(p.EndColumn, 1))
		}
		g.out.buf = b
	}
	g.out.text(",title=")
	g.write(title, true)
	g.out.text("::")
}

func (g *github) File(file *File) error {
	for i := range file.Problems {
		p := &file.Problems[i]
		name := "error"
		if p.Warning {
			name = "warning"
		}
		g.begin(name, file.Path, &p.Place, "kubeharden: "+name)
		g.write(p.Message, false)
		g.out.text("\n")
		g.out.spill()
	}
	for i := range file.Findings {
		f := &file.Findings[i]
		var name string
		switch f.Status {
		case control.Fail:
			name = [...]string{control.Critical: "error", control.High: "error", control.Medium: "warning", control.Low: "notice", control.Info: "notice"}[f.Severity]
		case control.Unknown:
			name = "notice"
		case control.Pass, control.NotApplicable, control.Waived:
			continue
		}
		g.begin(name, file.Path, &f.Place, f.Severity.String()+": "+f.Control.ID)
		g.text = append(appendMessage(g.text[:0], f), " ("...)
		g.text = append(appendSubject(g.text, &f.Ref), ')')
		g.write(string(g.text), false)
		if f.Remedy != "" {
			g.out.text("%0AFix: ")
			g.write(f.Remedy, false)
		}
		g.out.text("%0A")
		g.out.text(f.Control.DocumentationURL())
		g.out.text("\n")
		g.out.spill()
	}
	return g.out.flush()
}

func (g *github) End(s *Summary) error {
	if g.quiet {
		return g.out.flush()
	}
	g.out.text("kubeharden: " + number(s.Findings[control.Fail], "finding"))
	if s.Findings[control.Fail] > 0 {
		g.out.text(": " + s.severities())
	} else {
		g.out.text(".")
	}
	if n := s.Findings[control.Waived]; n > 0 {
		g.out.text(" Waived: " + strconv.Itoa(n) + ".")
	}
	g.out.text("\n")
	return g.out.flush()
}
