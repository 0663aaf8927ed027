package report

import (
	"io"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

const (
	// maxComment is how many characters GitHub takes in a comment; counting bytes errs on the safe side.
	maxComment = 65536
	// maxDetails leaves room for the verdict, the tables and the worst findings before the details.
	maxDetails = maxComment - 8<<10
	// maxCell is how many columns of a cell are kept.
	maxCell = 160

	detailsEnd = "\n</details>\n"
)

// NewMarkdown returns a writer of a comment for a pull request: the verdict, a table of layers, and a folded table for each file.
// The verdict comes first, so the details wait for the end; they are bounded by what a comment may hold.
func NewMarkdown(w io.Writer) Writer { return &markdown{out: output{w: w}} }

type markdown struct {
	out     output
	run     *Run
	items   *benchmark
	details []byte
	worst   worstFindings
	// more are the rows that the comment has no room for.
	more       int
	clean, row []byte
}

func (m *markdown) Begin(run *Run) error {
	m.run, m.items = run, newBenchmark(run)
	return nil
}

// appendCode appends a clean text as a code span that may stand in a table: nothing in it is markup, a link, a mention or a picture.
func appendCode(b, clean []byte) []byte {
	if len(clean) == 0 {
		return b
	}
	longest, ticks := 0, 0
	for _, c := range clean {
		if c != '`' {
			ticks = 0
			continue
		}
		ticks++
		longest = max(longest, ticks)
	}
	fence := func() {
		for range longest + 1 {
			b = append(b, '`')
		}
	}
	// One space on each side is taken away again.
	pad := clean[0] == '`' || clean[len(clean)-1] == '`' || clean[0] == ' ' && clean[len(clean)-1] == ' '
	fence()
	if pad {
		b = append(b, ' ')
	}
	for i, c := range clean {
		switch {
		case c == '|':
			b = append(b, `\|`...)
		case c == '\\' && i+1 < len(clean) && (clean[i+1] == '|' || clean[i+1] == '\\'):
			b = append(b, `\x5c`...) // \\| would end the cell
		default:
			b = append(b, c)
		}
	}
	if pad {
		b = append(b, ' ')
	}
	fence()
	return b
}

// code writes text that need not be trusted into the row, cut to the width of a cell.
func (m *markdown) code(s string) {
	m.clean = terminal.AppendSanitized(m.clean[:0], s)
	cut := m.clean
	if terminal.Width(cut) > maxCell {
		cut = appendCut(nil, cut, maxCell, false, "…")
	}
	m.row = appendCode(m.row, cut)
}

func (m *markdown) File(file *File) error {
	m.items.add(file)
	var counts [control.Critical + 1]int
	failed := 0
	for i := range file.Findings {
		if f := &file.Findings[i]; f.Status == control.Fail {
			counts[f.Severity]++
			failed++
			m.worst.remember(f)
		}
	}
	rows := len(file.Findings) + len(file.Problems)
	if rows == 0 {
		return nil
	}
	start := len(m.details)
	// In an HTML block up to the first empty line nothing is Markdown.
	m.row = append(m.row[:0], "\n<details><summary><code>"...)
	m.clean = terminal.AppendSanitized(m.clean[:0], repoPath(file.Path))
	if terminal.Width(m.clean) > maxCell {
		m.clean = appendCut(nil, m.clean, maxCell, true, "…")
	}
	m.row = append(appendXML(m.row, m.clean), "</code>: "...)
	m.row = append(append(m.row, number(failed, "finding")...), severities(&counts)...)
	m.row = append(m.row, "</summary>\n\n| severity | line | object | what | control |\n| --- | ---: | --- | --- | --- |\n"...)
	m.details = append(m.details, m.row...)
	written := 0
	for i := range rows {
		if i < len(file.Findings) {
			m.finding(&file.Findings[i])
		} else {
			m.problem(&file.Problems[i-len(file.Findings)])
		}
		if len(m.details)+len(m.row)+len(detailsEnd) > m.room() {
			break
		}
		m.details = append(m.details, m.row...)
		written++
	}
	m.more += rows - written
	if written == 0 {
		m.details = m.details[:start]
		return nil
	}
	m.details = append(m.details, detailsEnd...)
	return nil
}

// room is how much of the comment is for details.
func (m *markdown) room() int {
	if m.items != nil {
		return maxDetails - maxBenchmark
	}
	return maxDetails
}

// severities counts what there is: " (2 critical, 1 low)".
func severities(counts *[control.Critical + 1]int) string {
	var parts []string
	for _, severity := range control.Severities() {
		if n := counts[severity]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+severity.String())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// begin starts a row of a file's table.
func (m *markdown) begin(first string, p *control.Place) {
	m.row = append(append(append(m.row[:0], "| "...), first...), " | "...)
	if p.Line > 0 {
		m.row = strconv.AppendInt(m.row, int64(p.Line), 10)
	}
	m.row = append(m.row, " | "...)
}

func (m *markdown) finding(f *control.Finding) {
	first := f.Severity.String()
	if f.Status == control.Fail && f.Severity >= control.High {
		first = "**" + first + "**"
	}
	if f.Status != control.Fail {
		first = f.Status.String()
	}
	m.begin(first, &f.Place)
	m.code(string(appendSubject(nil, &f.Ref)))
	m.row = append(m.row, " | "...)
	m.code(f.Message)
	if f.Reason != "" {
		m.row = append(m.row, "<br>"...)
		m.code(f.Reason)
	}
	m.row = append(m.row, " | "...)
	m.row = append(appendLink(m.row, f.Control), " |\n"...)
}

func appendLink(b []byte, c *control.Control) []byte {
	return append(b, "["+c.ID+"]("+c.DocumentationURL()+")"...)
}

func (m *markdown) problem(p *Problem) {
	if p.Warning {
		m.begin("warning", &p.Place)
	} else {
		m.begin("**error**", &p.Place)
	}
	m.row = append(m.row, " | "...)
	m.code(p.Message)
	m.row = append(m.row, " | |\n"...)
}

func (m *markdown) End(s *Summary) error {
	m.verdict(s)
	m.layers(s)
	m.benchmark(m.items.results(s))
	if m.more > 0 && len(m.worst) > 0 {
		m.out.text("\nThe worst, to start with:\n\n")
		for _, w := range m.worst {
			m.row = append(m.row[:0], "- "+w.severity.String()+" "...)
			m.code(string(appendPosition(nil, w.file, &control.Place{File: w.file, Line: w.line, Column: w.col})))
			m.row = append(appendLink(append(m.row, ' '), w.control), '\n')
			m.out.buf = append(m.out.buf, m.row...)
		}
	}
	m.out.buf = append(m.out.buf, m.details...)
	if m.more > 0 {
		m.out.text("\n… and " + strconv.Itoa(m.more) + " more, for which a comment has no room. `kubeharden scan` shows them all.\n")
	}
	return m.out.flush()
}

func (m *markdown) verdict(s *Summary) {
	m.out.text("### kubeharden: ")
	switch {
	case s.Failed:
		m.out.text("failed")
	case s.Errors > 0:
		m.out.text("not everything could be looked at")
	case s.Judged == 0:
		m.out.text("nothing was judged")
	default:
		m.out.text("passed")
	}
	found := s.Findings[control.Fail]
	m.out.text("\n\n**" + number(found, "finding") + "**" + severities(&s.BySeverity))
	if n := s.Findings[control.Unknown]; n > 0 {
		m.out.text(", " + strconv.Itoa(n) + " could not be judged")
	}
	if n := s.Findings[control.Waived]; n > 0 {
		m.out.text(", " + strconv.Itoa(n) + " waived")
	}
	if s.Errors+s.Warnings > 0 {
		m.out.text(", " + number(s.Errors, "error") + ", " + number(s.Warnings, "warning"))
	}
	m.out.text(" in " + number(s.Files, "file") + " with " + number(s.Objects, "Kubernetes object") + ", " + number(len(m.run.Controls), "control") +
		", Kubernetes " + m.run.KubernetesVersion.String() + ".")
	switch {
	case found == 0:
	case m.run.FailOnNone:
		m.out.text(" No finding fails the run (`--fail-on none`).")
	case s.Failed:
		m.out.text(" Findings from " + m.run.FailOn.String() + " on fail the run.")
	default:
		m.out.text(" Only findings from " + m.run.FailOn.String() + " on would fail the run.")
	}
	m.out.text("\n")
}

// layers writes the failing subjects of the layers that have controls, by severity.
func (m *markdown) layers(s *Summary) {
	head := "\n| layer | critical | high | medium | low | info | passed |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
	for _, layer := range control.Layers() {
		counts, controls := s.ByLayer(m.run, layer)
		if controls == 0 {
			continue
		}
		m.out.text(head + "| " + layer.String() + " |")
		head = ""
		failed := s.failed(m.run, layer)
		for _, severity := range control.Severities() {
			m.out.text(" " + strconv.Itoa(failed[severity]) + " |")
		}
		m.out.text(" " + strconv.Itoa(counts[control.Pass]) + " |\n")
	}
}
