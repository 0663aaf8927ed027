package report

import (
	"io"

	"github.com/kubeharden/kubeharden/control"
)

// NewGitLab returns a writer of GitLab's Code Quality report, one array of the members that GitLab reads:
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. Waived findings are left out.
func NewGitLab(w io.Writer) Writer { return &gitLab{out: output{w: w}, seen: fingerprints{}} }

type gitLab struct {
	out    output
	issues int
	text   []byte
	seen   fingerprints
}

func (g *gitLab) Begin(*Run) error {
	g.out.text("[")
	return nil
}

// quality is the severity in the words of Code Quality.
func quality(s control.Severity) string {
	return [...]string{control.Critical: "blocker", control.High: "critical", control.Medium: "major", control.Low: "minor", control.Info: "info"}[s]
}

// begin writes an issue up to its fingerprint. Its description is in g.text.
func (g *gitLab) begin(check, severity, path string, p *control.Place) {
	g.out.text(separator(g.issues))
	g.issues++
	g.out.text(`{"description":`)
	b := appendString(g.out.buf, string(g.text))
	b = append(b, `,"check_name":`...)
	b = appendString(b, check)
	b = append(append(append(b, `,"severity":"`...), severity...), '"')
	b = append(b, `,"location":{"path":`...)
	b = appendString(b, placeFile(path, p))
	b = appendNumber(b, `,"lines":{"begin":`, max(p.Line, 1))
	b = appendNumber(b, `,"end":`, max(lastLine(p), 1))
	g.out.buf = b
	g.out.text(`}},"fingerprint":"`)
}

func (g *gitLab) File(file *File) error {
	clear(g.seen)
	for i := range file.Findings {
		f := &file.Findings[i]
		severity := quality(f.Severity)
		switch f.Status {
		case control.Fail:
		case control.Unknown:
			severity = "info"
		case control.Pass, control.NotApplicable, control.Waived:
			continue
		}
		g.text = append(appendMessage(g.text[:0], f), " ("...)
		g.text = append(appendSubject(g.text, &f.Ref), ')')
		g.begin(f.Control.ID, severity, file.Path, &f.Place)
		g.out.buf = g.seen.append(g.out.buf, f, file.Path)
		g.out.text(`"}`)
		g.out.spill()
	}
	for i := range file.Problems {
		p := &file.Problems[i]
		check, severity := "kubeharden-error", "critical"
		if p.Warning {
			check, severity = "kubeharden-warning", "info"
		}
		g.text = append(g.text[:0], p.Message...)
		g.begin(check, severity, file.Path, &p.Place)
		// A place in a file that cannot be read has no name but its line.
		g.out.buf = appendUUID(g.out.buf, check, repoPath(file.Path), p.Message, string(appendPosition(nil, file.Path, &p.Place)))
		g.out.text(`"}`)
		g.out.spill()
	}
	return g.out.err
}

func (g *gitLab) End(*Summary) error {
	g.out.text("]\n")
	return g.out.flush()
}
