package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/report"
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
	// Remedy says how a person mends it.
	Remedy string `json:"remedy,omitempty"`
}

// tell writes the diff, or the JSON, and for people what is left.
func (r *fixRun) tell() error {
	w := bufio.NewWriter(r.p.Stdout)
	var err error
	if r.f.format == "json" {
		err = writeJSON(w, r.document())
	} else {
		r.diffs(w)
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if r.f.format != "json" {
		r.summary()
	}
	return nil
}

func (r *fixRun) written() bool { return r.f.write || r.f.interactive }

func (r *fixRun) document() *fixDocument {
	d := &fixDocument{Files: []fixedFile{}}
	for _, m := range r.files {
		file := fixedFile{Path: m.path, Changed: !bytes.Equal(m.before, m.after), Fixed: []fixLine{}, Left: []fixLine{}}
		if file.Changed {
			file.Diff, file.Written = string(m.diff()), r.written()
		}
		for _, o := range m.outcomes {
			line := fixLine{
				Control: o.Finding.Control.ID, Severity: o.Finding.Severity.String(), Object: o.Finding.Ref.String(), Path: o.Finding.Path,
				Line: o.Finding.Place.Line, Message: o.Finding.Message, Reason: o.Reason,
			}
			if o.Finding.Fix != nil {
				line.Risk, line.MayBreak = o.Finding.Fix.Risk.String(), o.Finding.Control.Risk
			}
			if o.Reason == "" {
				file.Fixed = append(file.Fixed, line)
				continue
			}
			line.Remedy = o.Finding.Remedy
			file.Left = append(file.Left, line)
		}
		d.Files = append(d.Files, file)
	}
	return d
}

// diffs writes a diff for each file that changes, with what it mends and what may break above it. Programs that apply diffs pass over that.
func (r *fixRun) diffs(w *bufio.Writer) {
	for _, m := range r.files {
		if bytes.Equal(m.before, m.after) {
			continue
		}
		fmt.Fprintf(w, "# %s\n", report.Sanitize(m.path))
		told := map[string]bool{}
		for _, o := range m.outcomes {
			if line := fixTold(o.Finding, o.Reason); line != "" && !told[line] {
				told[line] = true
				fmt.Fprintf(w, "#   %s\n", line)
			}
		}
		if !r.written() {
			w.Write(m.diff())
		}
	}
}

// diff is the change of a file. Programs that apply it begin at the folder that the command was called in, or at the root.
func (m *mended) diff() []byte {
	path := strings.TrimPrefix(m.path, "/")
	before := "a/" + path
	if m.created {
		before = os.DevNull
	}
	return diff.Diff(before, m.before, "b/"+path, m.after)
}

// summary tells people what was done and what is left, by reason.
func (r *fixRun) summary() {
	files, fixed := 0, 0
	risks, left := map[control.FixRisk]int{}, map[string]int{}
	elsewhere, refused := map[string]int{}, map[string]int{}
	for _, m := range r.files {
		if !bytes.Equal(m.before, m.after) {
			files++
		}
		for _, o := range m.outcomes {
			f := o.Finding
			switch {
			case f.Status != control.Fail:
			case o.Reason == "":
				fixed++
			case f.Fix != nil && !f.Fix.Risk.Within(r.f.most):
				risks[f.Fix.Risk]++
			case f.Fix != nil:
				refused[o.Reason]++
			case m.elsewhere[f] != "":
				elsewhere[m.elsewhere[f]]++
			default:
				left[f.Control.ID]++
			}
		}
	}
	verb := "would be mended in"
	if r.written() {
		verb = "mended in"
	}
	r.p.say("%s %s %s%s", count(fixed, "finding"), verb, count(files, "file"), map[bool]string{true: "; --write changes the files", false: ""}[files > 0 && !r.written() && !r.f.check])
	for _, risk := range control.FixRisks() {
		if n := risks[risk]; n > 0 {
			r.p.say("%d more with --risk %s", n, risk)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(refused)) {
		r.p.say("%s left alone: %s", count(refused[reason], "finding"), report.Sanitize(reason))
	}
	for _, command := range slices.Sorted(maps.Keys(elsewhere)) {
		n := elsewhere[command]
		r.p.say("%s %s from what a kustomization builds: '%s' can patch %s", count(n, "finding"), plural(n, "comes", "come"), report.Sanitize(command), plural(n, "it", "them"))
	}
	if len(left) == 0 {
		return
	}
	total := 0
	ids := slices.SortedFunc(maps.Keys(left), func(a, b string) int { return cmp.Or(left[b]-left[a], cmp.Compare(a, b)) })
	for _, id := range ids {
		total += left[id]
	}
	const most = 5
	r.p.say("%s %s a person, most of them %s; 'kubeharden scan' says how", count(total, "finding"), plural(total, "needs", "need"), few(ids[:min(len(ids), most)]))
}
