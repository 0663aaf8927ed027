package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/framework/cis"
	"github.com/kubeharden/kubeharden/terminal"
)

// benchmark is what a run by the CIS benchmark says of each of its items. It is nil for other runs; its methods may be called then too.
type benchmark struct {
	run *Run
	// seen are the first subjects of each control, by its id.
	seen map[string]*subjects
}

// subjects are what a control said of some subjects.
type subjects struct {
	failed []failedSubject
	// unknown is why the first that could not be judged could not.
	unknown string
}

// failedSubject is a subject that fails, with its place.
type failedSubject struct {
	ref   control.Ref
	place control.Place
}

// maxSubjects is how many failing subjects of an item are named.
const maxSubjects = 3

// cisFramework is the framework that is told item by item.
const cisFramework = "cis"

func newBenchmark(run *Run) *benchmark {
	if run.Framework != cisFramework {
		return nil
	}
	return &benchmark{run: run, seen: map[string]*subjects{}}
}

// add remembers the first subjects of a file.
func (b *benchmark) add(file *File) {
	if b == nil {
		return
	}
	for i := range file.Findings {
		f := &file.Findings[i]
		if f.Status != control.Fail && f.Status != control.Unknown {
			continue
		}
		b.note(f.Control.ID, f, file.Path)
		for _, id := range f.Folded {
			b.note(id, f, file.Path)
		}
	}
}

func (b *benchmark) note(id string, f *control.Finding, path string) {
	s := b.seen[id]
	if s == nil {
		s = &subjects{}
		b.seen[strings.Clone(id)] = s
	}
	switch {
	case f.Status == control.Unknown && s.unknown == "":
		if s.unknown = f.Reason; s.unknown == "" {
			s.unknown = f.Message
		}
		s.unknown = strings.Clone(s.unknown)
	case f.Status == control.Fail && len(s.failed) < maxSubjects:
		// The texts may be views of the file's bytes.
		r, p := f.Ref, f.Place
		r.APIVersion, r.Kind, r.Namespace, r.Name = strings.Clone(r.APIVersion), strings.Clone(r.Kind), strings.Clone(r.Namespace), strings.Clone(r.Name)
		r.Container, r.ContainerSort = strings.Clone(r.Container), strings.Clone(r.ContainerSort)
		p.File = strings.Clone(placeFile(path, &p))
		s.failed = append(s.failed, failedSubject{r, p})
	}
}

// The outcomes of an item. An item is never passed because nothing was looked at.
const (
	itemPass          = "pass"
	itemFail          = "fail"
	itemUnknown       = "unknown"
	itemNotApplicable = "not-applicable"
	itemManual        = "manual"
	itemWaived        = "waived"
)

// itemStatuses are all outcomes, in the order in which they are counted.
func itemStatuses() []string {
	return []string{itemPass, itemFail, itemWaived, itemUnknown, itemNotApplicable, itemManual}
}

// itemResult is the outcome of one item.
type itemResult struct {
	*cis.Item
	Status string
	// Reason says why it is neither passed nor failed, and for a manual item what to look at.
	Reason string
	// Controls are those of the run that decide it, Counts their subjects.
	Controls []*control.Control
	Counts   control.Counts
	// Failed are the first subjects that fail.
	Failed []failedSubject
}

// results judges the items of the benchmark, in its order.
func (b *benchmark) results(s *Summary) []itemResult {
	if b == nil {
		return nil
	}
	byItem := map[string][]int{}
	for i, c := range b.run.Controls {
		for _, number := range c.In(cisFramework) {
			byItem[number] = append(byItem[number], i)
		}
	}
	items := cis.Items()
	all := make([]itemResult, len(items))
	for k := range items {
		all[k] = b.result(&items[k], byItem[items[k].Number], s)
	}
	return all
}

// result judges one item by controls of the run. It passes only if each of them looked at something and nothing failed.
func (b *benchmark) result(item *cis.Item, deciding []int, s *Summary) itemResult {
	r := itemResult{Item: item}
	var idle []string
	exempt, unknown := "", ""
	for _, i := range deciding {
		c := b.run.Controls[i]
		r.Controls = append(r.Controls, c)
		counts := &s.Controls[i]
		r.Counts.Add(counts)
		if *counts == (control.Counts{}) {
			idle = append(idle, c.ID)
		}
		if s.Exempt != nil && exempt == "" {
			exempt = s.Exempt[i]
		}
		if seen := b.seen[c.ID]; seen != nil {
			r.Failed = appendSubjects(r.Failed, seen.failed)
			if unknown == "" {
				unknown = seen.unknown
			}
		}
	}
	switch {
	case r.Counts[control.Fail] > 0:
		r.Status = itemFail
	case r.Counts[control.Unknown] > 0:
		r.Status, r.Reason = itemUnknown, unknown
	case r.Counts[control.Waived] > 0:
		r.Status, r.Reason = itemWaived, "somebody accepted what fails"
	case len(idle) == len(deciding) && s.Provider != "" && item.ControlPlane():
		r.Status, r.Reason = itemNotApplicable, "the control plane is run by "+s.Provider
	case len(deciding) == 0 && item.Look != "":
		r.Status, r.Reason = itemManual, item.Look
	case len(deciding) == 0:
		r.Status, r.Reason = itemUnknown, "no control of this run decides it"
	case len(idle) == len(deciding):
		r.Status, r.Reason = itemUnknown, "nothing of this kind was looked at"
		if item.Look != "" {
			r.Reason += "; by hand: " + item.Look
		}
	case len(idle) > 0:
		r.Status, r.Reason = itemUnknown, strings.Join(idle, ", ")+" found nothing to look at"
	case r.Counts[control.Pass] == 0:
		r.Status, r.Reason = itemNotApplicable, exempt
	default:
		r.Status = itemPass
	}
	if r.Status != itemFail {
		r.Failed = nil
	}
	return r
}

// appendSubjects adds subjects that are not there yet, up to maxSubjects.
func appendSubjects(all, more []failedSubject) []failedSubject {
	for _, s := range more {
		if len(all) < maxSubjects && !slices.ContainsFunc(all, func(o failedSubject) bool { return o == s }) {
			all = append(all, s)
		}
	}
	return all
}

// tally counts the items by outcome: "12 pass, 3 fail".
func tally(all []itemResult) string {
	counts := map[string]int{}
	for i := range all {
		counts[all[i].Status]++
	}
	var parts []string
	for _, status := range itemStatuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+status)
		}
	}
	return strings.Join(parts, ", ")
}

// benchmarkTitle is the head of the section.
const benchmarkTitle = "CIS Kubernetes Benchmark " + cis.Version

// failing says how many subjects of an item fail, and names the first of them with their places.
func (r *itemResult) failing() string {
	n := r.Counts[control.Fail]
	if len(r.Failed) == 0 {
		return number(n, "subject")
	}
	var names []string
	for i := range r.Failed {
		f := &r.Failed[i]
		name := string(appendSubject(nil, &f.ref))
		if f.place.File != f.ref.String() { // an object of a running cluster is where its name says
			name += " (" + string(appendPosition(nil, f.place.File, &f.place)) + ")"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if n > len(r.Failed) {
		text = number(n, "subject") + ": " + text + " and more"
	}
	return text
}

// detail is what is told of an item besides its outcome.
func (r *itemResult) detail() string {
	if r.Status == itemFail {
		return r.failing()
	}
	return r.Reason
}

func itemStyle(status string) style {
	switch status {
	case itemPass:
		return green
	case itemFail:
		return red
	case itemUnknown, itemWaived:
		return yellow
	}
	return dim
}

// benchmark writes the items, section by section.
func (p *pretty) benchmark(all []itemResult) {
	if all == nil {
		return
	}
	p.column, p.indent, p.fresh = 0, 0, true
	p.words(bold, benchmarkTitle)
	p.words(plain, "("+tally(all)+")")
	p.out.text("\n")
	section, last := "", ""
	for i := range all {
		r := &all[i]
		if s := r.Section(); s != section {
			section, last = s, ""
			p.out.text("\n")
			p.paint(bold, s+"  "+cis.SectionTitle(s))
			p.out.text("\n")
		}
		p.out.text("  ")
		p.paint(itemStyle(r.Status), r.Status)
		p.out.spaces(len(itemNotApplicable) + 2 - len(r.Status))
		p.out.text(r.Number)
		p.out.spaces(8 - len(r.Number))
		at := len(itemNotApplicable) + 12
		p.column, p.indent, p.fresh = at, at, true
		p.words(plain, r.Title)
		switch text := r.detail(); text {
		case "":
		case last:
			p.words(dim, "(as above)")
		default:
			last = text
			p.newline()
			p.words(dim, text)
		}
		p.out.text("\n")
		p.out.spill()
	}
	p.out.text("\n")
}

// benchmark writes the items as a second table.
func (t *table) benchmark(all []itemResult) {
	if all == nil {
		return
	}
	t.out.text("\n" + benchmarkTitle + ": " + tally(all) + ".\n")
	for i := range all {
		r := &all[i]
		t.out.text(r.Number)
		t.out.spaces(8 - len(r.Number))
		t.out.text(r.Status)
		t.out.spaces(len(itemNotApplicable) + 2 - len(r.Status))
		line := r.Title
		if text := r.detail(); text != "" {
			line += ": " + text
		}
		t.clean = terminal.AppendSanitized(t.clean[:0], line)
		if t.opts.Width > 0 {
			t.out.buf = appendCut(t.out.buf, t.clean, max(t.opts.Width, 40)-len(itemNotApplicable)-10, false, t.mark)
		} else {
			t.out.buf = append(t.out.buf, t.clean...)
		}
		t.out.text("\n")
	}
}

// maxBenchmark is how much of a comment the items may take.
const maxBenchmark = 36 << 10

// maxItem is how many columns are kept of what is told of an item in a comment.
const maxItem = 120

// benchmark writes the items as a folded table.
func (m *markdown) benchmark(all []itemResult) {
	if all == nil {
		return
	}
	m.out.text("\n<details><summary>" + benchmarkTitle + ": " + tally(all) + "</summary>\n\n| item | status | what | detail |\n| --- | --- | --- | --- |\n")
	for i := range all {
		r := &all[i]
		status := r.Status
		if status == itemFail {
			status = "**" + status + "**"
		}
		m.row = append(m.row[:0], "| "+r.Number+" | "+status+" | "+r.Title+" | "...)
		if text := r.detail(); text != "" {
			m.clean = terminal.AppendSanitized(m.clean[:0], text)
			m.row = appendCode(m.row, appendCut(nil, m.clean, maxItem, false, "…"))
		}
		m.out.buf = append(append(m.out.buf, m.row...), " |\n"...)
	}
	m.out.text(detailsEnd)
}

// appendBenchmark appends the member with the items.
func appendBenchmark(b []byte, all []itemResult) []byte {
	if all == nil {
		return b
	}
	b = append(b, ",\n\"benchmark\":{\"framework\":\""+cisFramework+"\",\"name\":\"CIS Kubernetes Benchmark\",\"version\":\""+cis.Version+"\",\"items\":["...)
	for i := range all {
		r := &all[i]
		b = append(b, separator(i)...)
		b = appendString(append(b, `{"id":`...), r.Number)
		b = appendString(append(b, `,"title":`...), r.Title)
		if r.Automated {
			b = append(b, `,"automated":true`...)
		} else {
			b = append(b, `,"automated":false`...)
		}
		b = appendString(append(b, `,"status":`...), r.Status)
		b = appendOptional(b, `,"reason":`, r.Reason)
		ids := make([]string, len(r.Controls))
		for k, c := range r.Controls {
			ids[k] = c.ID
		}
		b = appendStrings(b, `,"controls":`, ids)
		b = append(appendCounts(append(b, `,"subjects":{`...), &r.Counts), '}')
		for k := range r.Failed {
			f := &r.Failed[k]
			if k == 0 {
				b = append(b, `,"failing":[`...)
			} else {
				b = append(b, ',')
			}
			b = appendObject(append(b, '{'), &f.ref)
			b = appendOptional(b, `,"container":`, f.ref.Container)
			b = append(appendPlace(b, &f.place), '}')
		}
		if len(r.Failed) > 0 {
			b = append(b, ']')
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}
