package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/terminal"
)

// fixDocument is the JSON of fix.
type fixDocument struct {
	Files []fixedFile `json:"files"`
}

type fixedFile struct {
	Path    string `json:"path"`
	Changed bool   `json:"changed"`
	// Written says that the file has been changed.
	Written bool      `json:"written"`
	Diff    string    `json:"diff,omitempty"`
	Fixed   []fixLine `json:"fixed"`
	Left    []fixLine `json:"left"`
}

type fixLine struct {
	Control  string `json:"control"`
	Severity string `json:"severity"`
	Object   string `json:"object"`
	Path     string `json:"path,omitempty"`
	Line     int    `json:"line"`
	Message  string `json:"message"`
	// Risk is safe, review or breaking; "" if there is no automatic fix.
	Risk string `json:"risk,omitempty"`
	// MayBreak says what could stop working.
	MayBreak string `json:"mayBreak,omitempty"`
	// Reason says why nothing was changed.
	Reason string `json:"reason,omitempty"`
	// ByHand says what a person would have to change where the fix could not be made.
	ByHand string `json:"byHand,omitempty"`
	// Remedy says how a person mends it.
	Remedy string `json:"remedy,omitempty"`
}

func (r *fixRun) written() bool { return r.f.write || r.f.interactive }

// fileOf is the JSON of one file. Lines come in the order of the file.
func (r *fixRun) fileOf(m *mended) fixedFile {
	file := fixedFile{Path: m.path, Changed: m.changed(), Fixed: []fixLine{}, Left: append([]fixLine{}, m.lines...)}
	if file.Changed {
		file.Diff, file.Written = string(m.diff), r.written()
	}
	for _, o := range m.outcomes {
		if o.Reason == "" {
			file.Fixed = append(file.Fixed, fixLineOf(o.Finding, ""))
		} else {
			file.Left = append(file.Left, fixLineOf(o.Finding, o.Reason))
		}
	}
	slices.SortStableFunc(file.Left, func(a, b fixLine) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Control, b.Control), cmp.Compare(a.Path, b.Path))
	})
	return file
}

// fixLineOf tells one finding, and why it was not fixed if it was not.
func fixLineOf(f *control.Finding, reason string) fixLine {
	line := fixLine{
		Control: f.Control.ID, Severity: f.Severity.String(), Object: f.Ref.String(), Path: f.Path, Line: f.Place.Line, Message: f.Message, Reason: reason,
	}
	if f.Fix != nil {
		line.Risk, line.MayBreak = f.Fix.Risk.String(), f.Control.Risk
	}
	if reason != "" {
		line.Remedy, line.ByHand = f.Remedy, fix.ByHand(f)
	}
	return line
}

// tell writes a diff for a file that changes, with what it mends and what may break above it. Programs that apply diffs pass over that.
func (r *fixRun) tell(w *bufio.Writer, m *mended) {
	r.byHand(m)
	if !m.changed() {
		return
	}
	fmt.Fprintf(w, "# %s\n", terminal.Sanitize(m.path))
	told := map[string]bool{}
	for _, o := range m.outcomes {
		if line := fixTold(o.Finding, o.Reason); line != "" && !told[line] {
			told[line] = true
			fmt.Fprintf(w, "#   %s\n", line)
		}
	}
	if r.written() {
		return
	}
	w.Write(m.diff)
	if m.covered {
		r.p.say("note: %s: secrets are covered in the diff, so that it cannot be applied as it is: --write changes the file", terminal.Sanitize(m.path))
	}
}

// maxByHand is how many fixes are told that a person has to make.
const maxByHand = 20

// byHand tells what could not be changed in the text, and what to write there.
func (r *fixRun) byHand(m *mended) {
	for _, o := range m.outcomes {
		if o.Reason == "" || o.Deferred || o.Finding.Fix == nil || o.Finding.Status != control.Fail || !o.Finding.Fix.Risk.Within(r.f.most) {
			continue
		}
		switch r.told++; {
		case r.told <= maxByHand:
			r.p.say("%s", terminal.Sanitize(fmt.Sprintf("by hand: %s:%d: %s [%s]: %s", m.path, o.Finding.Place.Line, fix.ByHand(o.Finding), o.Finding.Control.ID, o.Reason)))
		case r.told == maxByHand+1:
			r.p.say("by hand: and more; --format json has all")
		}
	}
}

// unified is the change of a file. Programs that apply it begin at the folder that the command was called in, or at the root.
func (m *mended) unified() []byte {
	path := strings.TrimPrefix(m.path, "/")
	before := "a/" + path
	if m.created {
		before = os.DevNull
	}
	shown, hid := covered(diff.Diff(before, m.before, "b/"+path, m.after), m.secrets)
	m.covered = hid
	return shown
}

// fixCounts counts findings by what became of them, and files that change.
type fixCounts struct {
	most         control.FixRisk
	files, fixed int
	// risks are those whose fix is too risky, refused those whose fix could not be made, by reason, elsewhere those that another run
	// may mend, and left those that need a person, by control.
	risks         map[control.FixRisk]int
	refused, left map[string]int
	elsewhere     map[emitter]int
}

func newFixCounts(most control.FixRisk) fixCounts {
	return fixCounts{most: most, risks: map[control.FixRisk]int{}, refused: map[string]int{}, elsewhere: map[emitter]int{}, left: map[string]int{}}
}

// add counts one finding; elsewhere is what may mend it, zero if nothing is known to.
func (c *fixCounts) add(f *control.Finding, reason string, elsewhere emitter) {
	switch {
	case f.Status != control.Fail:
	case reason == "":
		c.fixed++
	case f.Fix != nil && !f.Fix.Risk.Within(c.most):
		c.risks[f.Fix.Risk]++
	case f.Fix != nil:
		c.refused[reason]++
	case elsewhere != emitter{}:
		c.elsewhere[elsewhere]++
	default:
		c.left[f.Control.ID]++
	}
}

// summary tells people what was done and what is left, by reason.
func (r *fixRun) summary() {
	verb := "would be mended in"
	if r.written() {
		verb = "mended in"
	}
	c := &r.counts
	r.p.say("%s %s %s%s", count(c.fixed, "finding"), verb, count(c.files, "file"), map[bool]string{true: "; --write changes the files", false: ""}[c.files > 0 && !r.written() && !r.f.check])
	for _, risk := range control.FixRisks() {
		if n := c.risks[risk]; n > 0 {
			r.p.say("%d more with --risk %s", n, risk)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(c.refused)) {
		r.p.say("%s left alone: %s", count(c.refused[reason], "finding"), terminal.Sanitize(reason))
	}
	for _, e := range slices.SortedFunc(maps.Keys(c.elsewhere), func(a, b emitter) int { return strings.Compare(a.command(), b.command()) }) {
		r.p.say("%s", terminal.Sanitize(e.told(c.elsewhere[e])))
	}
	if len(c.left) == 0 {
		return
	}
	total := 0
	ids := slices.SortedFunc(maps.Keys(c.left), func(a, b string) int { return cmp.Or(c.left[b]-c.left[a], cmp.Compare(a, b)) })
	for _, id := range ids {
		total += c.left[id]
	}
	const most = 5
	r.p.say("%s %s a person, most of them %s; 'kubeharden scan' says how", count(total, "finding"), plural(total, "needs", "need"), few(ids[:min(len(ids), most)]))
}
