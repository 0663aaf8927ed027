package report

import (
	"cmp"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// sastVersion is the version of the schema that the report follows.
const sastVersion = "15.0.7"

// NewGitLabSAST returns a writer of GitLab's SAST report. Waived findings are left out. Only messages about problems wait for the
// end, a bounded number of them.
func NewGitLabSAST(w io.Writer) Writer { return &gitLabSAST{out: output{w: w}, seen: fingerprints{}} }

type gitLabSAST struct {
	out      output
	run      *Run
	count    int
	text     []byte
	clean    []byte
	hash     []byte
	seen     fingerprints
	controls map[*control.Control]sastControl
	// messages are the problems so far, ready to be written; dropped counts those that are too many.
	messages []byte
	dropped  int
}

func (g *gitLabSAST) Begin(run *Run) error {
	g.run, g.controls = run, make(map[*control.Control]sastControl, len(run.Controls))
	g.out.text(`{"version":"` + sastVersion + `","schema":"https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v` + sastVersion +
		`/dist/sast-report-format.json","vulnerabilities":[`)
	return g.out.flush()
}

// shorten cuts a text to at most n bytes, for the schema limits the characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// sastControl is what all findings of a control have in common, ready to be written: members of a vulnerability, and the end of its
// description.
type sastControl struct{ members, why string }

func (g *gitLabSAST) control(c *control.Control) sastControl {
	s, ok := g.controls[c]
	if !ok {
		b := append([]byte(nil), `,"name":`...)
		b = appendString(b, shorten(oneLine(c.Title), 255))
		b = append(b, `,"identifiers":[{"type":"kubeharden","name":`...)
		b = appendString(b, c.ID)
		b = append(b, `,"value":`...)
		b = appendString(b, c.ID)
		b = append(b, `,"url":`...)
		b = appendString(b, c.DocumentationURL())
		b = append(b, `}],"links":[{"name":`...)
		b = appendString(b, c.ID)
		b = append(b, `,"url":`...)
		s.members = string(append(appendString(b, c.DocumentationURL()), "}]"...))
		s.why = `"`
		if why := oneLine(c.Why); why != "" {
			s.why = string(append(appendEscaped(nil, "\n\n"+why), '"'))
		}
		g.controls[c] = s
	}
	return s
}

func (g *gitLabSAST) File(file *File) error {
	clear(g.seen)
	for i := range file.Findings {
		f := &file.Findings[i]
		if f.Status == control.Fail || f.Status == control.Unknown {
			g.finding(f, file.Path)
			g.out.spill()
		}
	}
	for i := range file.Problems {
		p := &file.Problems[i]
		if len(g.messages) > maxNotifications {
			g.dropped++
			continue
		}
		level := "warn"
		if p.Warning {
			level = "info"
		}
		g.message(level, string(append(append(appendPosition(nil, file.Path, &p.Place), ": "...), p.Message...)))
	}
	return g.out.err
}

func (g *gitLabSAST) message(level, text string) {
	if len(g.messages) > 0 {
		g.messages = append(g.messages, ",\n"...)
	}
	g.messages = append(g.messages, `{"level":"`+level+`","value":`...)
	g.messages = append(appendString(g.messages, text), '}')
}

func (g *gitLabSAST) finding(f *control.Finding, path string) {
	severity := [...]string{control.Critical: "Critical", control.High: "High", control.Medium: "Medium", control.Low: "Low", control.Info: "Info"}[f.Severity]
	if f.Status == control.Unknown {
		severity = "Unknown"
	}
	g.out.text(separator(g.count))
	g.count++
	g.hash = g.seen.append(g.hash[:0], f, path)
	g.out.text(`{"id":"`)
	b := append(appendUUID(g.out.buf, "finding", string(g.hash)), '"')
	c := g.control(f.Control)
	b = append(b, c.members...)
	g.text = append(appendMessage(g.text[:0], f), " ("...)
	g.text = append(appendSubject(g.text, &f.Ref), ')')
	b = append(b, `,"description":`...)
	g.clean = terminal.AppendSanitized(g.clean[:0], string(g.text))
	g.text = appendCode(g.text[:0], g.clean) // the description is Markdown
	b = appendString(b, string(g.text))
	b = append(b[:len(b)-1], c.why...)
	b = append(append(append(b, `,"severity":"`...), severity...), '"')
	if f.Remedy != "" {
		b = append(b, `,"solution":`...)
		b = appendString(b, shorten(f.Remedy, 7000))
	}
	b = append(b, `,"location":{"file":`...)
	b = appendString(b, placeFile(path, &f.Place))
	if f.Place.Line > 0 {
		b = appendNumber(b, `,"start_line":`, f.Place.Line)
		b = appendNumber(b, `,"end_line":`, lastLine(&f.Place))
	}
	// So that a finding stays the same one while lines move.
	b = append(b, `},"tracking":{"type":"source","items":[{"file":`...)
	b = appendString(b, placeFile(path, &f.Place))
	b = append(b, `,"signatures":[{"algorithm":"scope_offset","value":"`...)
	b = append(b, g.hash...)
	b = append(b, `"}]}]}}`...)
	g.out.buf = b
}

// seconds is a time as the schema wants it, without the letter that says UTC.
func seconds(t string) string { return strings.TrimSuffix(t, "Z") }

func (g *gitLabSAST) End(s *Summary) error {
	if g.dropped > 0 {
		g.message("warn", number(g.dropped, "more problem")+" not listed here; --format json has them all")
	}
	b := g.out.buf
	b = append(b, "],\n\"scan\":{\"type\":\"sast\",\"status\":\"success\""...)
	start := timeOr(g.run.Time)
	b = append(b, `,"start_time":"`+seconds(start)+`","end_time":"`+seconds(timeOr(s.Time, start))+`"`...)
	for _, tool := range [...]string{"analyzer", "scanner"} {
		b = append(b, `,"`+tool+`":{"id":"kubeharden","name":"kubeharden","url":"`+homepage+`","vendor":{"name":"kubeharden"},"version":`...)
		b = append(appendString(b, cmp.Or(g.run.Version, "unknown")), '}')
	}
	b = append(append(append(b, `,"messages":[`...), g.messages...), "]}}\n"...)
	g.out.buf = b
	return g.out.flush()
}
