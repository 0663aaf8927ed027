package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/terminal"
)

// valuesDocument is the JSON of fix --emit values.
type valuesDocument struct {
	Charts []valuesChart `json:"charts"`
}

type valuesChart struct {
	Chart string `json:"chart"`
	// Values is the text of the values file; "" if nothing can be changed.
	Values string `json:"values"`
	// Written is the file that it was written to.
	Written string       `json:"written,omitempty"`
	Fixed   []valuesLine `json:"fixed"`
	Left    []valuesLine `json:"left"`
	Dropped []valuesDrop `json:"dropped"`
	// Switches would mend findings, and do more than that.
	Switches []valuesSwitch `json:"switches"`
	Unused   []valuesUnused `json:"unused"`
	// Renderings counts how often the chart was rendered.
	Renderings int `json:"renderings"`
}

type valuesLine struct {
	fixLine
	File string `json:"file"`
	// Keys are the values that were changed for it.
	Keys []string `json:"keys,omitempty"`
	// Template is what to change if no value reaches it.
	Template *valuesTemplate `json:"template,omitempty"`
}

type valuesTemplate struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Path string `json:"path"`
	Text string `json:"text,omitempty"`
}

type valuesDrop struct {
	Key     string `json:"key"`
	Control string `json:"control"`
	Reason  string `json:"reason"`
}

type valuesSwitch struct {
	Key   string `json:"key"`
	Value bool   `json:"value"`
	// Mends are the findings that are gone with it.
	Mends []valuesLine `json:"mends"`
}

type valuesUnused struct {
	Key  string `json:"key"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Mentioned says that a template has the name: the value may come out with other values.
	Mentioned bool `json:"mentioned"`
}

func (f *fixFlags) tellCharts(p *Process, all []emitted) error {
	if f.emit == emitPostRenderer {
		for i := range all {
			if err := f.tellPatches(p, &all[i]); err != nil {
				return err
			}
		}
		return nil
	}
	w := bufio.NewWriter(p.Stdout)
	var err error
	if f.format == "json" {
		doc := valuesDocument{Charts: []valuesChart{}}
		for i := range all {
			doc.Charts = append(doc.Charts, chartDocument(&all[i]))
		}
		err = writeJSON(w, &doc)
	} else {
		for i := range all {
			if e := &all[i]; f.emission.out == "" && !f.write {
				if i > 0 {
					fmt.Fprintln(w, "---")
				}
				_, _ = w.Write(e.Text) // Flush tells
			}
		}
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if f.format != "json" {
		for i := range all {
			f.tellChart(p, &all[i])
		}
	}
	return nil
}

func valuesLineOf(f *values.Found) valuesLine {
	l := valuesLine{
		fixLine: fixLine{
			Control: f.Control.ID, Severity: f.Severity.String(), Object: f.Ref.String(), Path: f.Path, Line: f.Place.Line, Message: f.Message,
		},
		File: f.Place.File,
	}
	if f.Fix != nil {
		l.Risk, l.MayBreak = f.Fix.Risk.String(), f.Control.Risk
	}
	return l
}

func chartDocument(e *emitted) valuesChart {
	c := valuesChart{
		Chart: e.Chart, Values: string(e.Text), Written: e.written, Renderings: e.Probes + e.Proofs,
		Fixed: []valuesLine{}, Left: []valuesLine{}, Dropped: []valuesDrop{}, Switches: []valuesSwitch{}, Unused: []valuesUnused{},
	}
	for i := range e.Fixed {
		l := valuesLineOf(&e.Fixed[i].Found)
		l.Keys = e.Fixed[i].Keys
		c.Fixed = append(c.Fixed, l)
	}
	for i := range e.Left {
		left := &e.Left[i]
		l := valuesLineOf(&left.Found)
		l.Reason, l.Remedy = left.Reason, left.Remedy
		if s := left.Suggestion; s != nil {
			l.Template = &valuesTemplate{s.File, s.Line, s.Path, s.Text}
		}
		c.Left = append(c.Left, l)
	}
	for _, d := range e.Dropped {
		c.Dropped = append(c.Dropped, valuesDrop(d))
	}
	for i := range e.Switches {
		s := valuesSwitch{Key: e.Switches[i].Key, Value: e.Switches[i].Value}
		for k := range e.Switches[i].Mends {
			s.Mends = append(s.Mends, valuesLineOf(&e.Switches[i].Mends[k]))
		}
		c.Switches = append(c.Switches, s)
	}
	for _, u := range e.Unused {
		c.Unused = append(c.Unused, valuesUnused(u))
	}
	return c
}

// tellChart says for people what the values mend, and what they do not.
func (f *fixFlags) tellChart(p *Process, e *emitted) {
	say := func(format string, args ...any) { p.say("%s", terminal.Sanitize(fmt.Sprintf(format, args...))) }
	total := len(e.Fixed)
	for i := range e.Left {
		if e.Left[i].Status == control.Fail {
			total++
		}
	}
	where := ""
	if e.written != "" {
		where = ", written to " + filepath.ToSlash(e.written)
	}
	switch {
	case total == 0:
		say("%s: nothing is found", e.Chart)
	case len(e.Text) == 0:
		say("%s: values mend none of %s", e.Chart, count(total, "finding"))
	default:
		say("%s: the values mend %d of %s%s; proven by rendering and scanning again", e.Chart, len(e.Fixed), count(total, "finding"), where)
	}
	f.tellLeft(say, e)
	for i := range e.Switches {
		s := &e.Switches[i]
		var ids []string
		for k := range s.Mends {
			ids = append(ids, s.Mends[k].Control.ID)
		}
		slices.Sort(ids)
		say("%s: %t would mend %s (%s), and may do more: look what it renders", s.Key, s.Value, count(len(s.Mends), "finding"), few(slices.Compact(ids)))
	}
	for _, d := range e.Dropped {
		say("not in the file: %s for %s: %s", d.Key, d.Control, d.Reason)
	}
	var hidden []string
	for _, u := range e.Unused {
		if u.Mentioned {
			hidden = append(hidden, u.Key)
			continue
		}
		place := ""
		if u.File != "" {
			place = fmt.Sprintf("%s:%d: ", u.File, u.Line)
		}
		say("%s%s is declared, and no template uses it", place, u.Key)
	}
	if len(hidden) > 0 {
		say("with these values %s nowhere: %s", plural(len(hidden), "this comes out", "these come out"), few(hidden))
	}
}

// tellLeft says what the values do not mend: by place what somebody could write into a template, the others by reason.
func (f *fixFlags) tellLeft(say func(string, ...any), e *emitted) {
	for _, a := range values.Advise(e.Left) {
		place := a.File
		if a.Line > 0 {
			place = fmt.Sprintf("%s:%d", a.File, a.Line)
		}
		what := "write below it"
		switch {
		case a.Text == "":
			what = "take away " + a.Path
		case a.InPlace:
			what = "make it"
		}
		subject := a.Ref.String()
		if a.Ref.Container != "" {
			subject += ", container " + a.Ref.Container
		}
		say("%s: %s (%s): %s; %s", place, strings.Join(a.Controls, ", "), subject, a.Reason, what)
		for line := range strings.Lines(a.Text) {
			say("    %s", strings.TrimSuffix(line, "\n"))
		}
	}
	risks, reasons := map[control.FixRisk]int{}, map[string]int{}
	for i := range e.Left {
		left := &e.Left[i]
		switch {
		case left.Status != control.Fail:
		case left.Suggestion != nil:
		case left.Fix != nil && !left.Fix.Risk.Within(f.most):
			risks[left.Fix.Risk]++
		default:
			reasons[left.Control.ID]++
		}
	}
	for _, risk := range control.FixRisks() {
		if n := risks[risk]; n > 0 {
			say("%d more perhaps with --risk %s", n, risk)
		}
	}
	if len(reasons) == 0 {
		return
	}
	total, ids := 0, make([]string, 0, len(reasons))
	for id, n := range reasons {
		total += n
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(reasons[b]-reasons[a], cmp.Compare(a, b)) })
	say("%s %s a person, most of them %s; 'kubeharden scan' says how", count(total, "finding"), plural(total, "needs", "need"), few(ids))
}
