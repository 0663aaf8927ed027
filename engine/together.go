package engine

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
)

// gathered is what the first reading leaves for judging everything together: the inventory, and how to read again what it came from.
type gathered struct {
	plan      *plan
	inventory *inventory.Inventory
	inputs    map[int]kept
	// missing are the inputs that could not be read and of which it is known what they would have been. blind are the controls that ask for
	// that, by index: judged without it they would say what is not so.
	missing []Input
	blind   map[int]bool
}

// kept is what is needed to read an input again.
type kept struct {
	input Input
	size  int
	sum   uint64
	// secrets are those that were found in it, which the second reading must not show either.
	secrets []secret
}

// keep remembers an input. What can be read only once is kept as it is.
func (p *plan) keep(in *Input, src []byte) kept {
	k := kept{input: *in, size: len(src), sum: maphash.Bytes(p.seed, src)}
	if in.Once {
		src = bytes.Clone(src)
		k.input.Read = func() ([]byte, error) { return src, nil }
	}
	return k
}

func newGathered(p *plan, into *inventory.Inventory) *gathered {
	if into == nil {
		into = inventory.New()
	}
	if into.Version == "" && p.version > 0 {
		into.Version = "v" + p.version.String()
	}
	return &gathered{plan: p, inventory: into, inputs: map[int]kept{}}
}

// take adds what a file brought.
func (g *gathered) take(t *task) {
	if len(t.input.Missing) > 0 {
		g.missing = append(g.missing, t.input)
	}
	if t.part == nil {
		return
	}
	some := t.part.Len() > 0
	g.inventory.Merge(t.part)
	t.part = nil
	if some && len(g.plan.together) > 0 {
		g.inputs[t.number] = t.kept
	}
}

// breach is a violation of everything together on its way to a finding.
type breach struct {
	control.Breach
	entry  *entry
	folded []string
	raised control.Severity
	gone   bool
	by     *breach
	waived bool
	lost   bool // its file cannot be read again
}

// spot is a place in an object that is wanted by number.
type spot struct {
	object     int
	path       string
	start, end int // of Decider
}

// judge runs the controls that judge everything together and tells what they found, file by file.
func (g *gathered) judge(ctx context.Context, p *pool, summary *report.Summary, tell func(*task) error) error {
	all := g.verdicts(ctx, len(p.judges), summary)
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if g.plan.fold {
		foldCauses(all)
	}
	places, err := g.locate(ctx, p, all)
	if err != nil {
		return err
	}
	byInput := map[int][]*breach{}
	for _, b := range all {
		number := g.inventory.Objects[b.Object].Input
		byInput[number] = append(byInput[number], b)
	}
	err = p.run(ctx, g.again(byInput, func(j *judge, t *task, list []*breach) { j.across(t, g, list, places) }), tell)
	for _, b := range all {
		summary.Controls[b.entry.index][b.status()]++
	}
	return err
}

// status is what the subject of a breach counts as. What is folded counts as what it is folded into.
func (b *breach) status() control.Status {
	switch {
	case b.Unknown || b.lost:
		return control.Unknown
	case b.waived || b.by != nil && b.by.waived:
		return control.Waived
	}
	return control.Fail
}

// verdicts runs the controls, several at a time; their breaches come in the order of the controls.
func (g *gathered) verdicts(ctx context.Context, jobs int, summary *report.Summary) []*breach {
	results := make([]control.Verdicts, len(g.plan.together))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(jobs, len(results)) {
		workers.Go(func() {
			for k := range next {
				e := &g.plan.entries[g.plan.together[k]]
				v := &results[k]
				v.Inventory, v.Version, v.Now, v.Params = g.inventory, g.plan.version, g.plan.now, e.params
				if together, ok := e.control.Require.(control.Joint); ok && !e.off && !g.blind[e.index] && ctx.Err() == nil {
					together.Judge(v)
				}
			}
		})
	}
	for k := range results {
		next <- k
	}
	close(next)
	workers.Wait()
	if managed := g.inventory.Managed().Provider; managed != nil {
		summary.Provider = managed.Name
	}
	var all []*breach
	for k := range results {
		e := &g.plan.entries[g.plan.together[k]]
		passed, exempt := results[k].Counted()
		summary.Controls[e.index][control.Pass] += passed
		summary.Controls[e.index][control.NotApplicable] += exempt
		if why := results[k].Why(); why != "" {
			if summary.Exempt == nil {
				summary.Exempt = make([]string, len(summary.Controls))
			}
			summary.Exempt[e.index] = why
		}
		for _, b := range results[k].Breaches() {
			found := &breach{Breach: b, entry: e, raised: e.severity}
			// A severity that the run has set for the control counts for all of its findings.
			if b.Severity != nil && e.severity == e.control.Severity {
				found.raised = *b.Severity
			}
			all = append(all, found)
		}
	}
	return all
}

// cause identifies what went wrong.
type cause struct {
	control int
	text    string
}

func (b *breach) cause(control int) cause {
	if b.Cause == "" {
		return cause{control, fmt.Sprint(b.Object)}
	}
	return cause{control, b.Cause}
}

// foldCauses marks the breaches that say nothing more once a stronger control has told the same cause.
func foldCauses(all []*breach) {
	byCause := map[cause][]*breach{}
	for _, b := range all {
		if !b.Unknown {
			byCause[b.cause(b.entry.index)] = append(byCause[b.cause(b.entry.index)], b)
		}
	}
	first := map[string]*breach{}
	for _, b := range all {
		if !b.Unknown || b.Obstacle == "" {
			continue
		}
		if a := first[b.Obstacle]; a != nil {
			a.take(b)
		} else {
			first[b.Obstacle] = b
		}
	}
	implied := map[*breach]bool{}
	each := func(a *breach, found func(*breach)) {
		for _, i := range a.entry.folds {
			for _, b := range byCause[a.cause(i)] {
				found(b)
			}
			for _, text := range a.Explains {
				for _, b := range byCause[cause{i, text}] {
					found(b)
				}
			}
		}
	}
	for _, a := range all {
		if !a.Unknown {
			each(a, func(b *breach) { implied[b] = true })
		}
	}
	for _, a := range all {
		if !a.Unknown && !implied[a] {
			each(a, func(b *breach) { a.take(b) })
		}
	}
}

func (b *breach) take(c *breach) {
	if c.gone {
		return
	}
	c.gone, c.by = true, b
	b.raised = max(b.raised, c.raised)
	if !slices.Contains(b.folded, c.entry.control.ID) {
		b.folded = append(b.folded, c.entry.control.ID)
		slices.Sort(b.folded)
	}
}

// again makes tasks that read inputs a second time, in their order.
func (g *gathered) again(byInput map[int][]*breach, work func(*judge, *task, []*breach)) iter.Seq[*task] {
	return func(yield func(*task) bool) {
		for number, k := range sorted(g.inputs) {
			list := byInput[number]
			if len(list) == 0 {
				continue
			}
			t := &task{input: k.input, number: number, kept: k, work: func(j *judge, t *task) { work(j, t, list) }}
			if !yield(t) {
				return
			}
		}
	}
}

func sorted(inputs map[int]kept) iter.Seq2[int, kept] {
	return func(yield func(int, kept) bool) {
		numbers := make([]int, 0, len(inputs))
		for number := range inputs {
			numbers = append(numbers, number)
		}
		slices.Sort(numbers)
		for _, number := range numbers {
			if !yield(number, inputs[number]) {
				return
			}
		}
	}
}

// locate finds the places of the objects that decided.
func (g *gathered) locate(ctx context.Context, p *pool, all []*breach) (map[spot]control.Place, error) {
	wanted := map[int][]*breach{}
	for _, b := range all {
		if b.gone {
			continue
		}
		for _, d := range b.Related {
			if d.Object >= 0 {
				number := g.inventory.Objects[d.Object].Input
				wanted[number] = append(wanted[number], b)
			}
		}
	}
	places := map[spot]control.Place{}
	var mu sync.Mutex
	err := p.run(ctx, g.again(wanted, func(j *judge, t *task, list []*breach) {
		found := j.spots(t, g, list)
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(places, found)
	}), func(*task) error { return nil })
	return places, err
}

// reopen reads an input again; ok is false if it cannot be read or is not what it was.
func (j *judge) reopen(t *task) (src []byte, ok bool) {
	t.file.Across = true
	src, ok = j.open(&t.input, &t.file)
	if ok && (len(src) != t.kept.size || maphash.Bytes(j.plan.seed, src) != t.kept.sum) {
		j.problem(-1, 0, false, "has changed while it was scanned")
		return nil, false
	}
	return src, ok
}

// objects yields the objects of a file that is read again, with the offset that they are known by.
func (j *judge) objects(src []byte, each func(o *object.Object, start int)) {
	for doc := range tree.Split(src) {
		t, err := j.parser.Parse(src, doc)
		if err != nil {
			continue // told in the first reading
		}
		j.waivers.Document(t, doc)
		j.documentStart = doc.Start
		for o := range object.Each(t.Root()) {
			start, _ := o.Root.Span()
			if j.plan.fixes {
				j.objectPath = below(t.Root(), o.Root)
			}
			each(o, start)
		}
	}
}

// spots finds the places in a file that breaches name.
func (j *judge) spots(t *task, g *gathered, list []*breach) map[spot]control.Place {
	src, ok := j.reopen(t)
	if !ok {
		return nil
	}
	wanted := map[int][]spot{}
	for _, b := range list {
		for _, d := range b.Related {
			if d.Object >= 0 && g.inventory.Objects[d.Object].Input == t.number {
				at := g.inventory.Objects[d.Object].Start
				wanted[at] = append(wanted[at], spotOf(&d))
			}
		}
	}
	found := map[spot]control.Place{}
	for _, s := range wanted[inFile] {
		found[s], _ = j.place(j.inside(s.start, s.end))
	}
	j.objects(src, func(o *object.Object, start int) {
		for _, s := range wanted[start] {
			if _, ok := found[s]; !ok {
				at, _ := where(o, s.path)
				start, end := anchor(at)
				if s.end > s.start {
					start, end = j.inside(s.start, s.end)
				}
				found[s], _ = j.place(start, end)
			}
		}
	})
	j.src, j.lines, j.out = nil, nil, nil
	return found
}

// inFile is the offset that files are known by which are no Kubernetes object.
const inFile = -1

func spotOf(d *control.Decider) spot { return spot{d.Object, d.Path, d.Start, d.End} }

// inside keeps a range of bytes inside of the file.
func (j *judge) inside(start, end int) (int, int) {
	start = min(max(start, 0), len(j.src))
	return start, min(max(end, start), len(j.src))
}

// where follows the path of a breach; "" is the object's name.
func where(o *object.Object, path string) (at tree.Node, missing []string) {
	if path != "" {
		return o.Root.Find(path)
	}
	if name := o.Root.Get("metadata").Get("name"); name.Kind() == tree.Scalar {
		return name, nil
	}
	return o.Root, nil
}

// across tells the breaches of a file.
func (j *judge) across(t *task, g *gathered, list []*breach, places map[spot]control.Place) {
	src, ok := j.reopen(t)
	if !ok {
		for _, b := range list {
			b.lost = true
		}
		return
	}
	j.secrets = append(j.secrets, t.kept.secrets...)
	at := map[int][]*breach{}
	for _, b := range list {
		start := g.inventory.Objects[b.Object].Start
		at[start] = append(at[start], b)
	}
	for _, b := range at[inFile] {
		j.fileBreach(g, b, places)
	}
	if len(at) == 1 && len(at[inFile]) > 0 {
		j.close()
		return
	}
	j.objects(src, func(o *object.Object, start int) {
		j.waivers.Object(o)
		j.protect(o)
		if len(at[start]) > 0 {
			for pod := range o.Pods() {
				j.waivers.Pod(pod)
			}
		}
		for _, b := range at[start] {
			j.breach(o, g, b, places)
		}
	})
	j.close()
}

// breach makes a finding of a breach.
func (j *judge) breach(o *object.Object, g *gathered, b *breach, places map[spot]control.Place) {
	if b.gone || b.raised < j.plan.severity {
		return
	}
	v := violation{entry: b.entry, index: -1, raised: b.raised, folded: b.folded, sentence: true}
	v.At, v.Missing = where(o, b.Path)
	v.Problem, v.Unknown = b.Message, b.Unknown
	if b.Path != "" {
		v.path = pathOf(o.Root, &v)
	}
	f := j.finding(o, &v)
	if b.Path == "" {
		f.Value = "" // the place is the name, the finding is about the whole object
	}
	if b.End > b.Start && !f.Place.Rendered && f.Path != "" && !f.Missing {
		f.Place, f.Snippet = j.place(j.inside(b.Start, b.End))
	}
	j.tell(f, g, b, places)
}

// fileBreach makes a finding of a breach in a file that is no Kubernetes object.
func (j *judge) fileBreach(g *gathered, b *breach, places map[spot]control.Place) {
	if b.gone || b.raised < j.plan.severity {
		return
	}
	of := &g.inventory.Objects[b.Object]
	f := control.Finding{
		Control: b.entry.control, Status: control.Fail, Severity: b.raised, Remedy: b.entry.remedy, Folded: b.folded,
		Ref: control.Ref{Kind: of.Kind, Name: of.Name}, Path: b.Path, Message: b.Message,
	}
	if b.Unknown {
		f.Status, f.Reason = control.Unknown, b.Message
	}
	f.Place, f.Snippet = j.place(j.inside(b.Start, b.End))
	if j.plan.waivers != nil {
		switch w, ok := j.waivers.Find(&f); {
		case ok:
			f.Status, f.Reason = control.Waived, w.String()
		case w != nil:
			f.Reason = w.String() // expired
		}
	}
	j.tell(f, g, b, places)
}

// tell adds the objects that decided to a finding and records it.
func (j *judge) tell(f control.Finding, g *gathered, b *breach, places map[spot]control.Place) {
	for i := range b.Related {
		d := &b.Related[i]
		r := control.Related{Path: d.Path, Text: d.Text}
		if d.Object >= 0 {
			of := &g.inventory.Objects[d.Object]
			r.Ref = control.Ref{APIVersion: of.APIVersion, Kind: of.Kind, Namespace: of.Namespace, Name: of.Name}
			r.Place = cmp.Or(places[spotOf(d)], control.Place{File: of.File, Line: of.Line, Column: 1, EndLine: of.Line, EndColumn: 1})
		}
		f.Related = append(f.Related, r)
	}
	b.waived = f.Status == control.Waived
	if j.plan.fixes && f.Status == control.Fail {
		f.Fix = j.fixOfComponent(b)
	}
	j.out.Findings = append(j.out.Findings, f)
}
