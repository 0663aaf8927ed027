package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// PrettyOptions are the options of the pretty format.
type PrettyOptions Options

// NewPretty returns a writer for people: each finding as a good compiler would print it, then a summary.
//
// What repeats is said once: the reason for a control stands with its first finding, the source line with the first
// finding at its place.
func NewPretty(w io.Writer, opts PrettyOptions) Writer {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	opts.Width = max(opts.Width, 40)
	p := &pretty{out: output{w: w}, opts: opts, mark: "...", bar: "|", remedies: map[*control.Control]string{}}
	if opts.Unicode {
		p.mark, p.bar = "…", "│"
	}
	return p
}

type pretty struct {
	out       output
	opts      PrettyOptions
	mark, bar string
	run       *Run
	items     *benchmark
	// remedies are those that were printed; a control in it has been explained.
	remedies map[*control.Control]string
	worst    worstFindings
	last     *control.Finding // the finding before in the same file
	printed  bool

	cursor  cursor
	excerpt excerpt
	clean   []byte
	// column is where the line that is being written ends, indent where the next one of the paragraph starts; fresh says
	// that no word stands on it.
	column, indent int
	fresh          bool
}

// worst is a finding that the summary names again.
type worst struct {
	severity  control.Severity
	control   *control.Control
	file      string
	line, col int
}

// maxWorst is how many findings the summary names again.
const maxWorst = 5

// worstFindings are the most severe findings, at most maxWorst of them.
type worstFindings []worst

// remember keeps the finding if it is among the most severe so far, each control once.
func (all *worstFindings) remember(f *control.Finding) {
	list := *all
	if i := slices.IndexFunc(list, func(w worst) bool { return w.control == f.Control }); i >= 0 {
		if list[i].severity >= f.Severity {
			return
		}
		list = slices.Delete(list, i, i+1)
	}
	at := len(list)
	for at > 0 && list[at-1].severity < f.Severity {
		at--
	}
	if at < maxWorst {
		list = slices.Insert(list, at, worst{f.Severity, f.Control, strings.Clone(f.Place.File), f.Place.Line, f.Place.Column})
	}
	*all = list[:min(len(list), maxWorst)]
}

// style is an ANSI style. Nothing depends on it.
type style string

const (
	plain  style = ""
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[1;31m"
	yellow style = "\x1b[1;33m"
	blue   style = "\x1b[1;34m"
	cyan   style = "\x1b[36m"
	green  style = "\x1b[32m"

	reset = "\x1b[0m"
)

func severityStyle(s control.Severity) style {
	return [...]style{control.Critical: red, control.High: red, control.Medium: yellow, control.Low: blue, control.Info: cyan}[s]
}

// paint writes text of our own.
func (p *pretty) paint(st style, text string) {
	if !p.opts.Color || st == plain {
		p.out.text(text)
		return
	}
	p.out.text(string(st))
	p.out.text(text)
	p.out.text(reset)
}

// words writes the words of a text, which need not be trusted, and wraps them at the width.
func (p *pretty) words(st style, text string) {
	p.clean = terminal.AppendSanitized(p.clean[:0], text)
	if p.opts.Color {
		p.out.text(string(st))
	}
	for rest := p.clean; len(rest) > 0; {
		end := 0
		for end < len(rest) && rest[end] != ' ' {
			end++
		}
		word := rest[:end]
		for end < len(rest) && rest[end] == ' ' {
			end++
		}
		rest = rest[end:]
		for len(word) > 0 {
			p.word(&word)
		}
	}
	if p.opts.Color && st != plain {
		p.out.text(reset)
	}
}

// word writes one word, or as much of it as a line has room for if it is longer than a line.
func (p *pretty) word(word *[]byte) {
	part, n := fitting(*word, p.opts.Width)
	if !p.fresh && p.column+1+n > p.opts.Width {
		p.newline()
	}
	if !p.fresh {
		p.out.text(" ")
		p.column++
	}
	p.fresh = false
	if room := p.opts.Width - p.column; n > room {
		part, n = fitting(part, room)
	}
	p.out.buf = append(p.out.buf, part...)
	p.column += n
	if *word = (*word)[len(part):]; len(*word) > 0 {
		p.newline()
	}
}

// newline goes on with the paragraph on the next line.
func (p *pretty) newline() {
	p.out.text("\n")
	p.out.spaces(p.indent)
	p.column, p.fresh = p.indent, true
}

// labelled is the column in which the text behind a label starts.
const labelled = 10

// paragraph writes a label and the words behind it.
func (p *pretty) paragraph(label string, st style, text string) {
	p.label(label)
	p.words(st, text)
	p.out.text("\n")
}

func (p *pretty) label(label string) {
	p.out.text("  ")
	p.paint(bold, label)
	p.out.spaces(labelled - 2 - len(label))
	p.column, p.indent, p.fresh = labelled, labelled, true
}

func (p *pretty) Begin(run *Run) error {
	p.run, p.items = run, newBenchmark(run)
	return nil
}

func (p *pretty) File(f *File) error {
	p.last, p.cursor = nil, cursor{}
	p.items.add(f)
	for i := range f.Problems {
		p.problem(&f.Problems[i])
		p.out.spill()
	}
	for i := range f.Findings {
		if f.Findings[i].Known {
			continue
		}
		p.finding(&f.Findings[i])
		p.last = &f.Findings[i]
		p.out.spill()
	}
	p.last, p.cursor = nil, cursor{} // views of the file
	return p.out.flush()
}

// title starts a finding or problem: a word that says how bad it is, then what it is.
func (p *pretty) title(st style, kind, message, id string) {
	if p.printed {
		p.out.text("\n")
	}
	p.printed = true
	p.paint(st, kind)
	p.paint(bold, ":")
	p.column, p.indent, p.fresh = len(kind)+1, 4, false
	p.words(bold, message)
	if id != "" {
		p.words(dim, "["+id+"]")
	}
	p.out.text("\n")
}

// place writes the line that editors and terminals make a link of.
func (p *pretty) place(at *control.Place, note string) {
	p.paint(cyan, "  -->")
	p.out.text(" ")
	p.out.buf = terminal.AppendSanitized(p.out.buf, at.File)
	if at.Line > 0 {
		p.out.buf = appendNumber(p.out.buf, ":", at.Line)
		p.out.buf = appendNumber(p.out.buf, ":", at.Column)
	}
	p.out.text(note)
	p.out.text("\n")
}

// source writes the source line and underlines the place.
func (p *pretty) source(at *control.Place, line, note string, st style) {
	if at.Line <= 0 || line == "" {
		return
	}
	gutter := max(3, digits(at.Line))
	width := p.opts.Width - gutter - 3
	p.excerpt.cut(&p.cursor, line, at, width, p.mark)
	p.out.spaces(gutter - digits(at.Line))
	p.paint(cyan, strconv.Itoa(at.Line)+" "+p.bar)
	p.out.text(" ")
	p.out.buf = append(p.out.buf, p.excerpt.text...)
	p.out.text("\n")
	p.out.spaces(gutter + 1)
	p.paint(cyan, p.bar)
	p.out.spaces(1 + p.excerpt.from)
	p.paint(st, strings.Repeat("^", p.excerpt.upTo-p.excerpt.from))
	if note != "" && p.excerpt.upTo+1+len(note) <= width {
		p.paint(st, " "+note)
	}
	p.out.text("\n")
}

func digits(n int) int {
	d := 1
	for ; n > 9; n /= 10 {
		d++
	}
	return d
}

func (p *pretty) problem(r *Problem) {
	kind, st := "error", red
	if r.Warning {
		kind, st = "warning", yellow
	}
	p.title(st, kind, r.Message, "")
	p.place(&r.Place, "")
	p.source(&r.Place, r.Snippet, "", st)
}

func (p *pretty) finding(f *control.Finding) {
	st, kind := severityStyle(f.Severity), f.Severity.String()
	if f.Status != control.Fail {
		st, kind = cyan, f.Status.String()+" ("+kind+")"
	}
	p.title(st, kind, f.Message, f.Control.ID)
	if p.last != nil && p.last.Place == f.Place && p.last.Ref == f.Ref && f.Containers == nil && p.last.Containers == nil {
		p.place(&f.Place, " (as above)")
	} else {
		p.place(&f.Place, "")
		note := ""
		if f.Missing {
			note = "it belongs here"
		}
		p.source(&f.Place, f.Snippet, note, st)
		p.object(f)
	}
	for i := range f.Related {
		p.paragraph([...]string{"via", ""}[min(i, 1)], plain, string(appendRelatedLine(nil, &f.Related[i])))
	}
	p.evidence(f)
	if f.Reason != "" && f.Reason != f.Message {
		p.paragraph("reason", plain, f.Reason)
	}
	if f.Status == control.Fail {
		p.advice(f)
	}
	if len(f.Folded) > 0 {
		p.paragraph("also", dim, strings.Join(f.Folded, ", "))
	}
}

// evidence writes what was asked and answered, unless the finding before has shown the same.
func (p *pretty) evidence(f *control.Finding) {
	if len(f.Evidence) == 0 || p.last != nil && slices.Equal(p.last.Evidence, f.Evidence) {
		return
	}
	for i := range f.Evidence {
		p.paragraph("asked", plain, f.Evidence[i].Request)
		p.paragraph("got", plain, f.Evidence[i].Response)
	}
}

// object names what the finding is about.
func (p *pretty) object(f *control.Finding) {
	p.label("in")
	name := f.Ref.String()
	switch {
	case f.Ref.Container != "":
		p.words(plain, name+", "+f.Ref.ContainerSort+" "+f.Ref.Container)
	case len(f.Containers) == 1:
		p.words(plain, name+", through container "+f.Containers[0])
	case len(f.Containers) > 1:
		p.words(plain, name+", through containers "+strings.Join(f.Containers, ", "))
	default:
		p.words(plain, name)
	}
	p.out.text("\n")
}

// advice says why the control matters and what to do, in full for the first finding of the control.
func (p *pretty) advice(f *control.Finding) {
	p.worst.remember(f)
	remedy, explained := p.remedies[f.Control]
	if !explained {
		p.remedies[f.Control] = strings.Clone(f.Remedy)
		if why := oneLine(f.Control.Why); why != "" {
			p.paragraph("why", plain, why)
		}
	}
	switch {
	case f.Remedy == "":
	case explained && f.Remedy == remedy && labelled+len(f.Remedy) > p.opts.Width:
		p.paragraph("fix", dim, "see "+f.Control.ID+" above")
	default:
		p.paragraph("fix", plain, oneLine(f.Remedy))
	}
}
