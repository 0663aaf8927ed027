package engine

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver"
)

// judge is one worker: a parser, and space that is used again for every object.
type judge struct {
	plan   *plan
	parser *tree.Parser
	counts []control.Counts // by control

	// of the file in hand
	path  string
	src   []byte
	lines *tree.Lines
	out   *report.File
	// live is the file's Input.Live.
	live bool
	// origin is the file's Input.Origin.
	origin  func(int) (string, int, string, bool)
	waivers *waiver.File
	// part is what an inventory keeps of the file; nil if none is wanted. counted says up to which byte lines are counted.
	part  *inventory.Part
	input int
	// rules are the documents of the file that hold rules of Falco.
	rules         []tree.Document
	counted, line int
	// documentStart is the offset of the document in hand, objectPath the way to the object in it.
	documentStart int
	objectPath    string
	secrets       []secret
	// discreet are the findings that are about secrets, by index: their own words never repeat one.
	discreet []int

	// of the pod or object in hand
	subject control.Subject
	own     []violation // of the pod or the object itself
	raw     []violation // of its containers, one container's behind the other's
	inherit map[inherited]int
	scratch []control.Violation
	exempt  []tristate // by plan.unless
	folder  folder
	peeked  [2][]byte
}

// inherited identifies a violation of a pod-level field that is met through containers.
type inherited struct {
	entry   *entry
	at      tree.Node
	missing string
}

type tristate uint8

const (
	unasked tristate = iota
	yes
	no
)

// violation is a finding in the making.
type violation struct {
	control.Violation
	entry *entry
	fix   *control.Fix
	noFix string            // why there is none
	of    *object.Container // nil if the pod or the object itself is what is wrong
	index int               // of the container in its pod, -1 without one
	// through are the containers that a pod-level violation was met through, by ascending index.
	through []container
	path    string // from the object's root
	prefix  int    // how much of path names the subject
	folded  []string
	// sentence says that the problem names the path by itself.
	sentence bool
	raised   control.Severity
	gone     bool
	by       *violation // that it is folded into
	waived   bool
}

type container struct {
	of    *object.Container
	index int
}

func newJudge(p *plan) *judge {
	j := &judge{
		plan:   p,
		parser: tree.NewParser(),
		counts: make([]control.Counts, len(p.controls)),
		exempt: make([]tristate, len(p.unless)),
		folder: newFolder(len(p.controls)),
	}
	if p.waivers != nil {
		j.waivers = p.waivers.NewFile()
	}
	return j
}

// peekKeys are looked up before a document is parsed.
var peekKeys = []string{"apiVersion", "kind"}

// alone judges the objects of a file one by one.
func (j *judge) alone(t *task) {
	src, ok := j.open(&t.input, &t.file)
	if !ok {
		return
	}
	j.part, j.input, j.rules = t.part, t.number, j.rules[:0]
	if t.input.Live || j.file(src) {
		for doc := range tree.Split(src) {
			j.out.Documents++
			j.document(doc)
		}
	}
	if j.part != nil && len(j.rules) > 0 {
		j.part.AddRules(src, j.rules, object.Origin{File: j.path, Line: 1, Input: j.input})
	}
	if j.part.Len() > 0 {
		t.kept = j.plan.keep(&t.input, src)
		t.kept.secrets = keepSecrets(j.secrets)
	}
	j.part = nil
	for _, p := range j.waivers.Problems() {
		j.problem(p.Offset, p.Length, p.Warning, p.Message)
	}
	j.close()
}

// file keeps what a file says that is no manifest, such as a systemd unit, and reports whether it is to be read as manifests too.
func (j *judge) file(src []byte) (manifests bool) {
	if !inventory.WantsFile(j.path) {
		return true
	}
	if j.part != nil && j.part.AddFile(src, object.Origin{File: j.path, Line: 1, Input: j.input}) {
		j.out.Objects++
		j.out.Judged++
		return inventory.IsManifest(j.path)
	}
	if inventory.IsManifest(j.path) {
		return true
	}
	// Of other files only those are manifests that say so.
	for doc := range tree.Split(src) {
		return tree.Peek(src, doc, peekKeys, j.peeked[:]) && j.peeked[0] != nil && j.peeked[1] != nil
	}
	return false
}

// open reads a file; ok is false if that cannot be done, which is then told.
func (j *judge) open(in *Input, out *report.File) (src []byte, ok bool) {
	out.Path, out.Argument = in.Path, in.Argument
	j.path, j.out, j.lines, j.origin, j.live = in.Path, out, nil, in.Origin, in.Live
	j.secrets, j.discreet = j.secrets[:0], j.discreet[:0]
	j.counted, j.line = 0, 1
	if in.Err != nil {
		j.out.Problems = append(j.out.Problems, report.Problem{
			Place:   control.Place{File: in.Path, Line: in.Line, Column: max(in.Column, min(in.Line, 1)), EndLine: in.Line, EndColumn: max(in.Column, min(in.Line, 1))},
			Warning: in.Warning, Message: in.Err.Error(),
		})
		return nil, false
	}
	src, err := in.Read()
	if err != nil {
		j.problem(-1, 0, false, err.Error())
		return nil, false
	}
	j.src = src
	j.waivers.Reset(in.Path, src)
	return src, true
}

// close puts what is told of the file in order and covers secrets in it.
func (j *judge) close() {
	j.search()
	j.redact()
	if j.plan.fixes && j.origin == nil {
		j.tellSecrets()
	}
	sortFindings(j.out)
	if j.plan.finish != nil && j.origin == nil && j.src != nil {
		j.plan.finish(j.out, j.src)
	}
	j.src, j.lines, j.out = nil, nil, nil
}

// sortFindings sorts by index first: a finding is large, and moving it about is what sorting would spend its time on.
func sortFindings(out *report.File) {
	n := len(out.Findings)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return out.Findings[a].Compare(&out.Findings[b]) })
	sorted := make([]control.Finding, n)
	for i, k := range order {
		sorted[i] = out.Findings[k]
	}
	out.Findings = sorted
}

func (j *judge) document(doc tree.Document) {
	j.documentStart = doc.Start
	if tree.Peek(j.src, doc, peekKeys, j.peeked[:]) && j.peeked[0] != nil && j.peeked[1] != nil &&
		!j.plan.wants(view(j.peeked[0]), view(j.peeked[1])) {
		j.out.Objects++
		return
	}
	t, err := j.parser.Parse(j.src, doc)
	if err != nil {
		j.parseProblem(doc, err)
		return
	}
	for key := range t.Duplicates() {
		start, end := key.Span()
		j.problem(start, end-start, true, "key "+key.Text()+" is given more than once; the last one counts")
	}
	j.waivers.Document(t, doc)
	if j.part != nil && inventory.IsRules(t.Root()) {
		j.rules = append(j.rules, doc)
		j.out.Objects++
		j.out.Judged++
		return
	}
	for o := range object.Each(t.Root()) {
		j.out.Objects++
		judged := j.object(o)
		if j.part != nil && j.part.Add(o, j.originOf(o)) {
			judged = judged || len(j.plan.together) > 0
		}
		if judged {
			j.out.Judged++
		}
	}
}

// originOf says where an object stands. Lines are counted from where they were counted for the object before.
func (j *judge) originOf(o *object.Object) object.Origin {
	start, _ := o.Root.Span()
	if start < j.counted {
		j.counted, j.line = 0, 1
	}
	j.line += bytes.Count(j.src[j.counted:start], []byte{'\n'})
	j.counted = start
	at := object.Origin{File: j.path, Line: j.line, Input: j.input, Start: start}
	if j.origin != nil {
		if file, line, _, ok := j.origin(j.line); ok {
			at.File, at.Line = file, line
		}
	}
	return at
}

// view reads bytes of the file as a string without copying them. The file's bytes are never written to.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// object judges one object and reports whether any control looked at it.
func (j *judge) object(o *object.Object) bool {
	judged := false
	j.subject = control.Subject{Object: o, Version: j.plan.version, Now: j.plan.now, Rendered: j.origin != nil}
	j.waivers.Object(o)
	j.protect(o)
	if len(j.plan.objects) > 0 {
		one := j.plan.objects[control.Kind{Group: o.Group(), Kind: o.Kind}]
		every := j.plan.objects[control.Kind{Group: o.Group(), Kind: control.AnyKind}]
		if len(one)+len(every) > 0 {
			judged = true
			j.reset()
			j.judge(one, -1)
			j.judge(every, -1)
			j.emit(o, nil)
		}
	}
	if len(j.plan.containers)+len(j.plan.pods) == 0 {
		return judged
	}
	for at, message := range o.Malformed() {
		start, end := at.Span()
		j.problem(start, min(end-start, 1), false, o.Kind+"/"+o.DisplayName()+" cannot be judged: "+o.Root.Path(at)+" "+message)
	}
	for pod := range o.Pods() {
		judged = true
		j.pod(pod)
	}
	return judged
}

func (j *judge) pod(pod *object.Pod) {
	j.reset()
	j.waivers.Pod(pod)
	j.subject.Pod, j.subject.Container = pod, nil
	j.judge(j.plan.pods, -1)
	for _, i := range j.plan.containers {
		if rule := j.plan.controls[i].RequirePod; rule != nil {
			j.podPart(i, rule)
		}
	}
	index := 0
	for c := range pod.Containers() {
		j.subject.Container = c
		clear(j.exempt)
		j.judge(j.plan.containers, index)
		index++
	}
	j.subject.Pod, j.subject.Container = nil, nil
	j.emit(pod.Object, pod)
}

func (j *judge) reset() {
	clear(j.own)
	clear(j.raw)
	clear(j.inherit)
	clear(j.exempt)
	j.own, j.raw = j.own[:0], j.raw[:0]
}

// judge runs controls on the subject in hand.
func (j *judge) judge(controls []int, container int) {
	root := j.subject.Root()
	for _, i := range controls {
		e := &j.plan.entries[i]
		j.subject.Params = e.params
		if e.off || j.live && (e.control.Written || e.control.Values) || e.unless >= 0 && j.exempted(e.unless, root) {
			j.counts[i][control.NotApplicable]++
			continue
		}
		rule := e.control.Require
		if j.subject.Pod == nil && e.control.Scope != control.Objects {
			rule = e.control.RequireObject
		}
		if rule.Holds(&j.subject, root) {
			j.counts[i][control.Pass]++
			continue
		}
		j.counts[i][j.explain(e, rule, root, container)]++
	}
}

// podPart judges what a control on containers asks of their pod. It is not counted: the subjects are the containers.
func (j *judge) podPart(i int, rule control.Rule) {
	e := &j.plan.entries[i]
	root := j.subject.Pod.Spec
	j.subject.Params = e.params
	if e.off || e.unless >= 0 && j.exempted(e.unless, root) {
		return
	}
	if !rule.Holds(&j.subject, root) {
		j.explain(e, rule, root, -1)
	}
}

func (j *judge) exempted(i int, root tree.Node) bool {
	if j.exempt[i] == unasked {
		j.exempt[i] = no
		if j.plan.unless[i].Holds(&j.subject, root) {
			j.exempt[i] = yes
		}
	}
	return j.exempt[i] == yes
}

// explain turns a failed rule into violations and says whether it failed or could not be judged.
func (j *judge) explain(e *entry, rule control.Rule, root tree.Node, index int) control.Status {
	clear(j.scratch)
	j.scratch = rule.Explain(&j.subject, root, j.scratch[:0])
	status := control.Unknown
	fixes := j.fixesOf(e, rule, root)
	for k := range j.scratch {
		v := violation{Violation: j.scratch[k], entry: e, of: j.subject.Container, index: index, raised: e.severity}
		v.fix, v.noFix = fixes.of(k)
		if !v.Unknown {
			status = control.Fail
		}
		switch {
		case index < 0:
			j.onPod(&v, nil)
		case !root.Contains(v.At):
			through := container{v.of, index}
			v.of, v.index = nil, -1
			j.onPod(&v, &through)
		case !repeats(j.raw, &v):
			j.raw = append(j.raw, v)
		}
	}
	return status
}

// onPod records a violation of the pod or object itself. One that is met while judging containers, because they inherit
// the field, is one mistake, however many containers there are.
func (j *judge) onPod(v *violation, through *container) {
	key := inherited{entry: v.entry, at: v.At}
	if len(v.Missing) > 0 {
		key.missing = v.Missing[0]
	}
	if i, ok := j.inherit[key]; ok {
		if through != nil {
			j.own[i].through = append(j.own[i].through, *through)
		}
		return
	}
	if through != nil {
		v.through = []container{*through}
	}
	if j.inherit == nil {
		j.inherit = map[inherited]int{}
	}
	j.inherit[key] = len(j.own)
	j.own = append(j.own, *v)
}

// repeats reports whether the same violation is there already, which happens if two parts of a rule name one place. Only
// the newest few are looked at: a list may have any number of bad items.
func repeats(list []violation, v *violation) bool {
	for i := len(list) - 1; i >= 0 && i >= len(list)-8; i-- {
		w := &list[i]
		if w.entry == v.entry && w.index == v.index && w.At == v.At && slices.Equal(w.Missing, v.Missing) {
			return true
		}
	}
	return false
}
