package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// End writes what was found and, as plainly, what was looked at and what was not.
func (p *pretty) End(s *Summary) error {
	if p.opts.Quiet {
		return p.out.flush()
	}
	if p.printed {
		p.out.text("\n")
	}
	if s.Objects > 0 {
		p.benchmark(p.items.results(s))
		unseen := p.layers(s)
		p.framework(s)
		if len(unseen) > 0 && p.run.Probes == 0 {
			p.sentence("No control of this run looks at: " + strings.Join(unseen, ", ") + ".")
		}
		p.notConfigured(s)
		p.out.text("\n")
	}
	p.verdict(s)
	p.hints(s)
	return p.out.flush()
}

// fewIDs is how many controls are listed where they are not what the reader asked about.
const fewIDs = 3

func (p *pretty) notConfigured(s *Summary) {
	ids := make([]string, len(s.NotConfigured))
	for i, c := range s.NotConfigured {
		ids[i] = c.ID
	}
	switch n := len(ids); {
	case n > fewIDs:
		p.sentence(strconv.Itoa(n) + " controls judged nothing, because a parameter of theirs is not set: " + strings.Join(ids[:fewIDs], ", ") + " …")
	case n > 0:
		p.sentence("Judged nothing, because a parameter is not set: " + strings.Join(ids, ", ") + ".")
	}
}

// sentence writes a wrapped line.
func (p *pretty) sentence(text string) {
	p.column, p.indent, p.fresh = 0, 0, true
	p.words(plain, text)
	p.out.text("\n")
}

// layers writes the table of layers and returns those that no control looked at.
func (p *pretty) layers(s *Summary) (unseen []string) {
	statuses := []control.Status{control.Unknown, control.Waived}
	rows := [][]string{{"layer", "controls", "critical", "high", "medium", "low", "info", "passed"}}
	for _, status := range statuses {
		if s.total(status) > 0 {
			rows[0] = append(rows[0], status.String())
		}
	}
	for _, layer := range control.Layers() {
		counts, controls := s.ByLayer(p.run, layer)
		if controls == 0 {
			unseen = append(unseen, layer.String())
			continue
		}
		row := []string{layer.String(), strconv.Itoa(controls)}
		failed := s.failed(p.run, layer)
		for _, severity := range control.Severities() {
			row = append(row, strconv.Itoa(failed[severity]))
		}
		row = append(row, strconv.Itoa(counts[control.Pass]))
		for _, status := range statuses {
			if s.total(status) > 0 {
				row = append(row, strconv.Itoa(counts[status]))
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		return unseen
	}
	p.column, p.indent, p.fresh = 0, 0, true
	p.words(bold, "By layer")
	p.words(plain, "(subjects that fail, by severity of the control)")
	p.out.text("\n")
	p.grid(rows)
	return unseen
}

// framework writes a table by the ids of the framework that the controls were chosen by.
func (p *pretty) framework(s *Summary) {
	if p.run.Framework == "" || p.items != nil {
		return // or has told the items
	}
	type group struct{ controls, failed, passed int }
	groups := map[string]*group{}
	for i, c := range p.run.Controls {
		for _, id := range c.In(p.run.Framework) {
			g := groups[id]
			if g == nil {
				g = &group{}
				groups[id] = g
			}
			g.controls++
			g.failed += s.Controls[i][control.Fail]
			g.passed += s.Controls[i][control.Pass]
		}
	}
	rows := [][]string{{p.run.Framework, "controls", "failed", "passed"}}
	for _, id := range slices.SortedFunc(maps.Keys(groups), compareIDs) {
		g := groups[id]
		rows = append(rows, []string{id, strconv.Itoa(g.controls), strconv.Itoa(g.failed), strconv.Itoa(g.passed)})
	}
	p.out.text("\n")
	p.column, p.indent, p.fresh = 0, 0, true
	p.words(bold, "By "+p.run.Framework)
	p.words(plain, "(subjects)")
	p.out.text("\n")
	p.grid(rows)
}

// compareIDs orders 1.2.9 before 1.2.10.
func compareIDs(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		if c := cmp.Or(cmp.Compare(len(x[i]), len(y[i])), cmp.Compare(x[i], y[i])); c != 0 && isNumber(x[i]) && isNumber(y[i]) {
			return c
		} else if c := cmp.Compare(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// grid writes rows with the first column left and the others right aligned. The number of controls goes if it does not fit.
func (p *pretty) grid(rows [][]string) {
	widths, total := make([]int, len(rows[0])), 0
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], len(row[i]))
		}
		total += 2 + widths[i]
	}
	for y, row := range rows {
		for i, cell := range row {
			if i == 1 && total > p.opts.Width {
				continue
			}
			p.out.text("  ")
			if i > 0 {
				p.out.spaces(widths[i] - len(cell))
			}
			if y == 0 || cell == "0" {
				p.paint(dim, cell)
			} else {
				p.out.text(cell)
			}
			if i == 0 {
				p.out.spaces(widths[i] - len(cell))
			}
		}
		p.out.text("\n")
	}
}

func (s *Summary) total(status control.Status) (n int) {
	for i := range s.Controls {
		n += s.Controls[i][status]
	}
	return n
}

// failed counts the failing subjects of a layer by the severity of their controls.
func (s *Summary) failed(run *Run, layer control.Layer) (counts [control.Critical + 1]int) {
	for i, c := range run.Controls {
		if c.Layer == layer {
			counts[c.Severity] += s.Controls[i][control.Fail]
		}
	}
	return counts
}

// verdict says in a few sentences what was looked at and how it ended.
func (p *pretty) verdict(s *Summary) {
	p.column, p.indent, p.fresh = 0, 0, true
	with := " (" + strconv.Itoa(s.Judged) + " judged) with " + number(len(p.run.Controls), "control") + " for Kubernetes " + p.run.KubernetesVersion.String() + "."
	switch {
	case p.run.Probes > 0:
		p.words(plain, "Ran "+number(s.Files, "probe")+" on "+number(s.Objects, "subject")+" ("+strconv.Itoa(s.Judged)+" judged), for "+number(len(p.run.Controls), "control")+".")
	case p.run.Cluster != "":
		p.words(plain, "Looked at "+number(s.Objects, "object")+" of the cluster "+terminal.Sanitize(p.run.Cluster)+with)
	default:
		p.words(plain, "Looked at "+number(s.Files, "file")+", "+number(s.Documents, "document")+", "+number(s.Objects, "Kubernetes object")+with)
	}
	if s.Errors+s.Warnings > 0 {
		st := yellow
		if s.Errors > 0 {
			st = red
		}
		switch {
		case s.Errors == 0:
			p.words(st, number(s.Warnings, "warning")+".")
		case s.Warnings == 0:
			p.words(st, number(s.Errors, "error")+":")
		default:
			p.words(st, number(s.Errors, "error")+" and "+number(s.Warnings, "warning")+":")
		}
		if s.Errors > 0 {
			p.words(plain, "not everything could be looked at or understood.")
		}
	}
	p.newline()
	found, failing := s.Findings[control.Fail], s.total(control.Fail)
	switch {
	case found > 0:
		p.words(bold, number(found, "finding")+":")
		p.words(plain, s.severities())
		if s.Implied > 0 {
			p.words(plain, "They imply "+strconv.Itoa(s.Implied)+" more (--no-fold).")
		}
	case s.Known > 0:
		p.words(green, "No new findings.")
	case s.Findings[control.Waived] > 0:
		p.words(green, "No open findings.")
	case failing > 0:
		p.words(plain, "No finding to show: failing subjects below the severity asked for: "+strconv.Itoa(failing)+".")
	case s.Judged == 0:
		p.words(yellow, "Nothing was judged:")
		p.words(plain, "no control of this run applies to what was found.")
	default:
		p.words(green, "No findings.")
	}
	if n := s.Findings[control.Unknown]; n > 0 {
		p.words(plain, "Could not judge: "+strconv.Itoa(n)+".")
	}
	if n := s.Findings[control.Waived]; n > 0 {
		if s.Known > 0 {
			p.words(plain, "Waived: "+strconv.Itoa(n)+", of which "+strconv.Itoa(s.Known)+" by the baseline and not shown.")
		} else {
			p.words(plain, "Waived: "+strconv.Itoa(n)+".")
		}
	}
	switch {
	case s.Failed:
		p.words(red, "Failed")
		p.words(plain, "(--fail-on "+p.run.FailOn.String()+").")
	case found > 0 && p.run.FailOnNone:
		p.words(plain, "Not failed (--fail-on none).")
	case found > 0:
		p.words(plain, "Not failed: nothing at or above "+p.run.FailOn.String()+" (--fail-on).")
	}
	p.out.text("\n")
}

// severities counts the findings: "2 critical, 1 low.".
func (s *Summary) severities() string {
	var parts []string
	for _, severity := range control.Severities() {
		if n := s.BySeverity[severity]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+severity.String())
		}
	}
	return strings.Join(parts, ", ") + "."
}

// hints says how to go on.
func (p *pretty) hints(s *Summary) {
	if len(p.worst) == 0 {
		return
	}
	p.out.text("\n")
	if s.Findings[control.Fail] > 2*maxWorst {
		p.paint(bold, "The worst, to start with")
		p.out.text("\n")
		for _, w := range p.worst {
			p.out.text("  ")
			p.paint(severityStyle(w.severity), w.severity.String())
			p.out.spaces(10 - len(w.severity.String()))
			p.column, p.indent, p.fresh = 12, 12, true
			place := terminal.Sanitize(w.file)
			if w.line > 0 {
				place += ":" + strconv.Itoa(w.line) + ":" + strconv.Itoa(w.col)
			}
			p.out.text(place) // whole, for it is a link
			p.column, p.fresh = 12+terminal.Width([]byte(place)), false
			p.words(dim, "["+w.control.ID+"]")
			p.out.text("\n")
		}
		p.out.text("\n")
	}
	p.hint("About a control", "kubeharden controls show "+p.worst[0].control.ID)
	if s.Findings[control.Fail] > 20 && p.run.Probes == 0 {
		p.hint("Only the worst", "kubeharden scan --severity high")
		p.hint("One line each", "kubeharden scan --format table")
	}
}

// hint writes a command whole, so that it can be copied.
func (p *pretty) hint(what, command string) {
	p.paint(dim, what)
	p.out.spaces(17 - len(what))
	p.out.text(command + "\n")
}

// number says "1 file" and "2 files".
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
