package report

import (
	"io"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// NewJUnit returns a writer of JUnit XML as the schema of Jenkins (junit-10.xsd) allows it. Each file with something to tell is a
// test suite, a finding a test case of the class LAYER.CONTROL. A last suite has a test case for each control that no subject
// failed.
//
// Waived findings and those that could not be judged are skipped tests. Errors are tests with an error, warnings stand on the
// suite's system-err.
func NewJUnit(w io.Writer) Writer { return &junit{out: output{w: w}} }

type junit struct {
	out   output
	run   *Run
	clean []byte
}

func (j *junit) Begin(run *Run) error {
	j.run = run
	j.out.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kubeharden\">\n")
	return j.out.flush()
}

// xml writes text that need not be trusted.
func (j *junit) xml(s string) {
	j.clean = terminal.AppendSanitized(j.clean[:0], s)
	j.out.buf = appendXML(j.out.buf, j.clean)
}

// appendXML escapes a clean text for XML 1.0, which has no characters U+FFFE and U+FFFF.
func appendXML(b, clean []byte) []byte {
	start := 0
	for i, c := range clean {
		escape, size := "", 1
		switch {
		case c == '&':
			escape = "&amp;"
		case c == '<':
			escape = "&lt;"
		case c == '>':
			escape = "&gt;"
		case c == '"':
			escape = "&quot;"
		case c == '\'':
			escape = "&#39;"
		case c == 0xef && i+2 < len(clean) && clean[i+1] == 0xbf && clean[i+2] >= 0xbe:
			escape, size = "\uFFFD", 3
		default:
			continue
		}
		b = append(append(b, clean[start:i]...), escape...)
		start = i + size
	}
	return append(b, clean[start:]...)
}

// suite opens a test suite.
func (j *junit) suite(name, file string, tests, failures, errors, skipped int) {
	j.out.text(`<testsuite name="`)
	j.xml(name)
	if file != "" {
		j.out.text(`" file="`)
		j.xml(file)
	}
	for _, n := range []struct {
		name  string
		count int
	}{{"tests", tests}, {"failures", failures}, {"errors", errors}, {"skipped", skipped}} {
		j.out.text(`" ` + n.name + `="`)
		j.out.buf = strconv.AppendInt(j.out.buf, int64(n.count), 10)
	}
	j.out.text("\" time=\"0\">\n")
}

// test opens a test case; the name of its class has to be there already.
func (j *junit) test(class, name string) {
	j.out.text(`<testcase classname="` + class + `" name="`)
	j.xml(name)
	j.out.text(`" time="0">`)
}

// outcome writes what became of a test; its text is body and needs an end.
func (j *junit) outcome(element, kind, message string) {
	j.out.text("<" + element)
	if kind != "" {
		j.out.text(` type="` + kind + `"`)
	}
	j.out.text(` message="`)
	j.xml(message)
	j.out.text(`">`)
}

func (j *junit) File(f *File) error {
	var failed, skipped, errors int
	for i := range f.Findings {
		switch f.Findings[i].Status {
		case control.Fail:
			failed++
		case control.Pass:
		case control.Unknown, control.NotApplicable, control.Waived:
			skipped++
		}
	}
	for i := range f.Problems {
		if !f.Problems[i].Warning {
			errors++
		}
	}
	if len(f.Findings)+len(f.Problems) == 0 {
		return j.out.err
	}
	path := repoPath(f.Path)
	name := path
	if f.Across {
		name += " (several objects together)"
	}
	j.suite(name, path, len(f.Findings)+errors, failed, errors, skipped)
	for i := range f.Findings {
		j.finding(&f.Findings[i], f.Path)
		j.out.spill()
	}
	for i := range f.Problems {
		p := &f.Problems[i]
		place := string(appendPosition(nil, f.Path, &p.Place))
		if p.Warning {
			j.out.text("<system-err>warning: ")
			j.xml(p.Message + " (" + place + ")")
			j.out.text("</system-err>\n")
			continue
		}
		j.test("kubeharden.error", place)
		j.outcome("error", "error", p.Message)
		j.out.text("</error></testcase>\n")
		j.out.spill()
	}
	j.out.text("</testsuite>\n")
	return j.out.flush()
}

func (j *junit) finding(f *control.Finding, path string) {
	subject := string(appendSubject(nil, &f.Ref))
	j.test(f.Control.Layer.String()+"."+f.Control.ID, subject+": "+f.Path)
	switch f.Status {
	case control.Fail:
		j.outcome("failure", f.Severity.String(), f.Message)
		j.xml(string(appendPosition(nil, path, &f.Place)))
		j.out.text("\n")
		j.xml(subject)
		for i := range f.Related {
			j.out.text("\n")
			j.xml(string(appendRelatedLine(nil, &f.Related[i])))
		}
		if f.Remedy != "" {
			j.out.text("\nFix: ")
			j.xml(f.Remedy)
		}
		j.out.text("\nMore: " + f.Control.DocumentationURL() + "</failure>")
	case control.Waived:
		j.outcome("skipped", "", "waived: "+f.Reason)
		j.out.text("</skipped>")
	case control.Unknown:
		j.outcome("skipped", "", "could not judge: "+f.Reason)
		j.out.text("</skipped>")
	case control.NotApplicable:
		j.outcome("skipped", "", "not applicable")
		j.out.text("</skipped>")
	case control.Pass:
	}
	j.out.text("</testcase>\n")
}

// End writes the controls that no subject failed.
func (j *junit) End(s *Summary) error {
	var passed, idle []int
	for i := range s.Controls {
		switch counts := &s.Controls[i]; {
		case counts[control.Fail]+counts[control.Unknown] > 0:
		case counts[control.Pass] > 0:
			passed = append(passed, i)
		case counts[control.Waived] == 0:
			idle = append(idle, i)
		}
	}
	j.suite("controls without a finding", "", len(passed)+len(idle), 0, 0, len(idle))
	for _, i := range passed {
		c := j.run.Controls[i]
		j.test(c.Layer.String()+"."+c.ID, c.Title)
		j.out.text("<system-out>" + number(s.Controls[i][control.Pass], "subject") + " passed</system-out></testcase>\n")
	}
	for _, i := range idle {
		c := j.run.Controls[i]
		j.test(c.Layer.String()+"."+c.ID, c.Title)
		j.outcome("skipped", "", "nothing to judge")
		j.out.text("</skipped></testcase>\n")
		j.out.spill()
	}
	j.out.text("</testsuite>\n</testsuites>\n")
	return j.out.flush()
}
