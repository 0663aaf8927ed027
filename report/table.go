package report

import (
	"io"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// TableOptions are the options of the table.
type TableOptions Options

// NewTable returns a writer with one line for each finding. Columns have fixed widths, so that lines can be written as they
// come. A Width cuts the cells to it, below 110 columns with the
// container behind the object and without the message; without a Width nothing is cut.
func NewTable(w io.Writer, opts TableOptions) Writer {
	t := &table{out: output{w: w}, opts: opts, mark: "..."}
	if opts.Unicode {
		t.mark = "…"
	}
	t.columns = []column{
		{"SEVERITY", 8, false}, {"PLACE", 30, true}, {"OBJECT", 30, true}, {"CONTAINER", 14, false}, {"CONTROL", 32, false}, {"MESSAGE", 0, false},
	}
	if opts.Width > 0 {
		// The shares of the columns of what is left behind the severity and the gaps.
		shares := []int{0, 20, 21, 10, 23, 26}
		if t.narrow = opts.Width < 110; t.narrow {
			shares = []int{0, 36, 28, 36}
			t.columns = []column{t.columns[0], t.columns[1], t.columns[2], t.columns[4]}
		}
		room := max(opts.Width, 40) - 8 - 2*(len(shares)-1)
		left := room
		for i, share := range shares[1:] {
			t.columns[i+1].width = room * share / 100
			left -= t.columns[i+1].width
		}
		t.columns[len(shares)-1].width += left
	}
	return t
}

type column struct {
	name  string
	width int
	// tail says that the end of the cell tells more than its beginning.
	tail bool
}

type table struct {
	out     output
	opts    TableOptions
	columns []column
	mark    string
	narrow  bool
	run     *Run
	items   *benchmark
	header  bool
	clean   []byte
}

func (t *table) Begin(run *Run) error {
	t.run, t.items = run, newBenchmark(run)
	return nil
}

// row writes one line. The last cell takes all the room that is left.
func (t *table) row(st style, cells ...string) {
	if !t.header {
		t.header = true
		names := make([]string, len(t.columns))
		for i, c := range t.columns {
			names[i] = c.name
		}
		t.row(bold, names...)
	}
	used := 0
	for i, cell := range cells {
		last := i == len(cells)-1
		c := t.columns[i]
		t.clean = terminal.AppendSanitized(t.clean[:0], cell)
		start := len(t.out.buf)
		switch {
		case t.opts.Width <= 0:
			t.out.buf = append(t.out.buf, t.clean...)
		case last:
			t.out.buf = appendCut(t.out.buf, t.clean, max(t.opts.Width, 40)-used, false, t.mark)
		default:
			t.out.buf = appendCut(t.out.buf, t.clean, c.width, c.tail, t.mark)
		}
		if !last {
			n := terminal.Width(t.out.buf[start:])
			t.out.spaces(max(0, c.width-n) + 2)
			used += max(c.width, n) + 2
		}
		if t.opts.Color && st != plain && (i == 0 || st == bold) {
			cell := string(t.out.buf[start:])
			t.out.buf = append(append(append(t.out.buf[:start], string(st)...), cell...), reset...)
		}
	}
	t.out.text("\n")
}

func (t *table) place(p *control.Place) string {
	if p.Line <= 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

func (t *table) File(f *File) error {
	t.items.add(f)
	for i := range f.Problems {
		p := &f.Problems[i]
		if p.Warning {
			t.row(yellow, "warning", t.place(&p.Place), p.Message)
		} else {
			t.row(red, "error", t.place(&p.Place), p.Message)
		}
		t.out.spill()
	}
	for i := range f.Findings {
		f := &f.Findings[i]
		if f.Known {
			continue
		}
		st, first := severityStyle(f.Severity), f.Severity.String()
		if f.Status != control.Fail {
			st, first = cyan, f.Status.String()
		}
		container := f.Ref.Container
		if container == "" {
			container = "-"
		}
		object := f.Ref.String()
		if t.narrow {
			if f.Ref.Container != "" {
				object += "/" + f.Ref.Container
			}
			t.row(st, first, t.place(&f.Place), object, f.Control.ID)
		} else {
			t.row(st, first, t.place(&f.Place), object, container, f.Control.ID, f.Message)
		}
		t.out.spill()
	}
	return t.out.flush()
}

func (t *table) End(s *Summary) error {
	if t.opts.Quiet {
		return t.out.flush()
	}
	if t.header {
		t.out.text("\n")
	}
	t.out.text(number(s.Findings[control.Fail], "finding"))
	if s.Findings[control.Fail] > 0 {
		t.out.text(": " + s.severities())
	} else {
		t.out.text(".")
	}
	if s.Known > 0 {
		t.out.text("\n" + number(s.Known, "finding") + " of the baseline not shown.")
	}
	if t.run.Probes > 0 {
		t.out.text("\nRan " + number(s.Files, "probe") + " on " + number(s.Objects, "subject") + ", for " + number(len(t.run.Controls), "control") + ".\n")
	} else {
		t.out.text("\nLooked at " + number(s.Files, "file") + " and " + number(s.Objects, "Kubernetes object") + " with " + number(len(t.run.Controls), "control") + ".\n")
	}
	if s.Errors+s.Warnings > 0 {
		t.out.text(number(s.Errors, "error") + ", " + number(s.Warnings, "warning") + ".\n")
	}
	t.benchmark(t.items.results(s))
	return t.out.flush()
}
