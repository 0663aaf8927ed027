// Package fix turns findings into changes of files: the smallest ones, each proven, and told with what they may break.
package fix

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/edit"
)

// Outcome is what became of one finding's fix.
type Outcome struct {
	Finding *control.Finding
	// Reason says why nothing was changed for it; "" if it was.
	Reason string
	// Deferred says that it will be possible once the others are made: two fixes that take items from one list are made one after the
	// other, as together they might leave none, and so are two that would give one name to different items, and one that relies on what
	// another changes.
	Deferred bool
}

// File is what the fixes of one file make of it.
type File struct {
	Path          string
	Before, After []byte
	Outcomes      []Outcome
}

// Changed reports whether there is anything to write.
func (f *File) Changed() bool { return !bytes.Equal(f.Before, f.After) }

// Apply makes the fixes of findings in one file, as far as their risk is no greater than most. Findings are those of a scan that asked for
// fixes; others than failures, and those without a fix, are told with the reason. What cannot be proven is left as it is.
func Apply(path string, src []byte, findings []control.Finding, most control.FixRisk) *File {
	f := &File{Path: path, Before: src, After: src}
	p := &plan{file: f, documents: map[int]*document{}}
	for doc := range tree.Split(src) {
		d := &document{start: doc.Start, end: doc.End, text: src[doc.Start:doc.End]}
		p.documents[doc.Start] = d
		p.order = append(p.order, d)
	}
	chosen := slices.Clone(findings)
	slices.SortStableFunc(chosen, func(a, b control.Finding) int { return cmp.Or(waits(&a)-waits(&b), a.Compare(&b)) })
	var texts []textual
	for i := range chosen {
		finding := &chosen[i]
		reason := Reason(finding, most)
		crossed := ""
		if reason == "" {
			crossed = p.crosses(finding.Fix)
		}
		switch {
		case reason != "":
		case crossed != "":
			f.Outcomes = append(f.Outcomes, Outcome{finding, crossed, true})
			continue
		case len(finding.Fix.Texts) > 0:
			texts = append(texts, textual{finding, finding.Fix.Texts})
			continue
		default:
			reason = p.apply(finding)
		}
		f.Outcomes = append(f.Outcomes, Outcome{Finding: finding, Reason: reason})
	}
	f.After = p.result()
	slices.SortStableFunc(f.Outcomes, func(a, b Outcome) int { return a.Finding.Compare(b.Finding) })
	if len(texts) > 0 {
		f.replaceTexts(texts)
	}
	return f
}

// waits puts fixes that rely on what others may change behind them.
func waits(f *control.Finding) int {
	if f.Fix == nil {
		return 0
	}
	return min(len(f.Fix.Keeps), 1)
}

// Reason says why a finding is not fixed at all by fixes whose risk is no greater than most; "" if it is to be tried.
func Reason(f *control.Finding, most control.FixRisk) string {
	switch {
	case f.Status == control.Waived:
		return "it is waived"
	case f.Status != control.Fail:
		return "it could not be judged"
	case f.Fix == nil && f.NoFix != "":
		return f.NoFix
	case f.Fix == nil && f.Control.Fix == control.Auto:
		return "there is no text of its own to change, or only a person can decide what it should be"
	case f.Fix == nil && f.Control.NoFix != "":
		return f.Control.NoFix
	case f.Fix == nil:
		return "only a person can decide"
	case !f.Fix.Risk.Within(most):
		return "its fix is " + f.Fix.Risk.String() + ": " + cmp.Or(f.Control.Risk, "what runs may notice it")
	}
	return ""
}

// plan is the fixes of one file on their way.
type plan struct {
	file      *File
	documents map[int]*document
	order     []*document
}

type document struct {
	start, end int
	text       []byte
	session    *edit.Session
	made       [][]edit.Edit
	findings   []*control.Finding
	// sets are the values that fixes have given so far, by path; removed are the items of lists that are gone, in the order in which they went.
	sets    map[string]string
	removed []string
	// added are the items that fixes have added to lists, by the list and what is to be unique in it.
	added map[string]string
	// touched are the paths at or below which fixes have changed something.
	touched map[string]bool
	// whole are the lists that go with their last item, as findings name them.
	whole []string
}

// apply makes one fix and says why it was not possible.
func (p *plan) apply(f *control.Finding) string {
	d := p.documents[f.Fix.Document]
	if d == nil {
		return "its document is not in the file any more"
	}
	var edits []edit.Edit
	for i := range f.Fix.Edits {
		e := &f.Fix.Edits[i]
		path, gone := d.moved(e.Path)
		if gone {
			if e.Op == control.Remove {
				continue
			}
			return "another fix has removed what it changes"
		}
		if e.Op == control.Set {
			if other, ok := d.sets[e.Path]; ok && other != fmt.Sprint(e.Value) {
				return "another fix sets " + e.Path + " to something else"
			}
		}
		edits = append(edits, edit.Edit{Op: [...]edit.Op{control.Set: edit.Set, control.Remove: edit.Remove, control.Append: edit.Append}[e.Op], Path: path, Value: e.Value})
	}
	// Items that go are taken from the end, so that the places of those before them stay.
	slices.SortStableFunc(edits, func(a, b edit.Edit) int {
		x, y := a.Op == edit.Remove && isItem(a.Path), b.Op == edit.Remove && isItem(b.Path)
		switch {
		case x && y:
			return compareItems(b.Path, a.Path)
		case x:
			return 1
		case y:
			return -1
		}
		return 0
	})
	if d.session == nil {
		s, err := edit.Open(d.text)
		if err != nil {
			return err.Error()
		}
		d.session = s
	}
	if err := d.session.Apply(edits); err != nil {
		return err.Error()
	}
	d.made, d.findings = append(d.made, edits), append(d.findings, f)
	d.note(f.Fix.Edits, edits)
	return ""
}

// settle proves the changes of a document. If all of them together cannot be proven they are made and proven one by one, and those that
// cannot be are told.
func (p *plan) settle(d *document) {
	if d.session == nil {
		return
	}
	d.tidy()
	if text, err := d.session.Result(); err == nil {
		d.text = text
		return
	}
	for i, edits := range d.made {
		text, err := edit.Apply(d.text, edits)
		if err == nil {
			d.text = text
			continue
		}
		for k := range p.file.Outcomes {
			if o := &p.file.Outcomes[k]; o.Finding == d.findings[i] {
				o.Reason = err.Error()
			}
		}
	}
}

// tidy takes away the lists of which nothing is left, and the mappings that had nothing else, up to the security context. What cannot be
// taken away stays, and means the same.
func (d *document) tidy() {
	for _, list := range d.whole {
		path, gone := d.moved(list)
		if gone || d.session.Len(path) != 0 {
			continue
		}
		for {
			owner := path[:max(0, strings.LastIndexByte(path, '.'))]
			if owner == "" || strings.HasSuffix(owner, "]") || strings.HasSuffix(owner, "securityContext") || d.session.Len(owner) != 1 {
				break
			}
			path = owner
		}
		_ = d.session.Apply([]edit.Edit{{Op: edit.Remove, Path: path}})
	}
}

// crosses says whether a fix takes items from a list that another one has taken items from, or adds one under the name of another; "" if not.
func (p *plan) crosses(f *control.Fix) string {
	d := p.documents[f.Document]
	if d == nil {
		return ""
	}
	for _, path := range f.Keeps {
		if d.touched[path] {
			return "another fix changes " + path + ", which it relies on"
		}
	}
	for i := range f.Edits {
		if key, name := identity(&f.Edits[i]); name != "" {
			if other, ok := d.added[key]; ok && other != fmt.Sprint(f.Edits[i].Value) {
				return "another fix adds " + name + " to the same list"
			}
		}
		if f.Edits[i].Op != control.Remove || !isItem(f.Edits[i].Path) {
			continue
		}
		list, _ := splitItem(f.Edits[i].Path)
		for _, item := range d.removed {
			// Of the same finding told twice the edits are the same.
			if other, _ := splitItem(item); (other == list || strings.HasPrefix(list, other+"[")) && !slices.Contains(d.removed, f.Edits[i].Path) {
				return "another fix takes items from the same list"
			}
		}
	}
	return ""
}

// identity is what an item that is added has for itself in its list: where it mounts a volume, or else its name. Both are "" for other edits.
func identity(e *control.DocumentEdit) (key, name string) {
	m, ok := e.Value.(map[string]any)
	if !ok || e.Op != control.Append {
		return "", ""
	}
	for _, field := range []string{"mountPath", "name"} {
		if name, _ = m[field].(string); name != "" {
			return e.Path + " " + name, name
		}
	}
	return "", ""
}

// note remembers what a fix has done, for those behind it.
func (d *document) note(asked []control.DocumentEdit, done []edit.Edit) {
	if d.sets == nil {
		d.sets, d.added, d.touched = map[string]string{}, map[string]string{}, map[string]bool{}
	}
	for i := range asked {
		if asked[i].Op == control.Set {
			d.sets[asked[i].Path] = fmt.Sprint(asked[i].Value)
		}
	}
	for i := range asked {
		for path := asked[i].Path; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
			d.touched[path] = true
		}
		if key, name := identity(&asked[i]); name != "" {
			d.added[key] = fmt.Sprint(asked[i].Value)
		}
		if list, index := splitItem(asked[i].Path); asked[i].Whole && index >= 0 && !slices.Contains(d.whole, list) {
			d.whole = append(d.whole, list)
		}
	}
	for i := range done {
		if done[i].Op == edit.Remove && isItem(done[i].Path) {
			d.removed = append(d.removed, done[i].Path)
		}
	}
}

// moved returns where a path leads after items of lists before it have gone; gone is true if it led into one of them.
func (d *document) moved(path string) (now string, gone bool) {
	for _, item := range d.removed {
		list, index := splitItem(item)
		rest, ok := strings.CutPrefix(path, list+"[")
		if !ok {
			continue
		}
		number, behind, ok := strings.Cut(rest, "]")
		n, err := atoi(number)
		switch {
		case !ok || err != nil || n < index:
		case n == index:
			return "", true
		default:
			path = fmt.Sprintf("%s[%d]%s", list, n-1, behind)
		}
	}
	return path, false
}

// result puts the documents together again.
func (p *plan) result() []byte {
	grown := 0
	changed := false
	for _, d := range p.order {
		before := d.text
		p.settle(d)
		grown += len(d.text) - len(before)
		changed = changed || !bytes.Equal(before, d.text)
	}
	if !changed {
		return p.file.Before
	}
	out := make([]byte, 0, len(p.file.Before)+max(0, grown))
	at := 0
	for _, d := range p.order {
		out = append(out, p.file.Before[at:d.start]...)
		out = append(out, d.text...)
		at = d.end
	}
	return append(out, p.file.Before[at:]...)
}
