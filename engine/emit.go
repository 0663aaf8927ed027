package engine

import (
	"bytes"
	"errors"
	"strings"

	"github.com/kubeharden/kubeharden/baseline"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// emit turns the violations of one pod or object into findings.
func (j *judge) emit(o *object.Object, pod *object.Pod) {
	if len(j.own)+len(j.raw) == 0 {
		return
	}
	podPath := ""
	if pod != nil {
		podPath = o.Root.Path(pod.Spec)
	}
	for i := range j.own {
		v := &j.own[i]
		v.path = pathOf(o.Root, v)
		v.prefix = len(podPath)
		if pod != nil && !pod.Spec.Contains(v.At) {
			v.prefix = len(strings.TrimSuffix(podPath, "spec")) // the pod's metadata
		}
	}
	var of *object.Container
	prefix := 0
	for i := range j.raw {
		v := &j.raw[i]
		if v.of != of {
			of, prefix = v.of, len(o.Root.Path(v.of.Node))
		}
		v.path, v.prefix = pathOf(o.Root, v), prefix
	}
	if j.plan.fold {
		j.foldImplied()
	}
	waived := false
	for _, list := range [...][]violation{j.own, j.raw} {
		for i := range list {
			v := &list[i]
			if v.gone || v.raised < j.plan.severity {
				if v.Secret { // its line may be shown for something else
					start, end := v.At.Span()
					j.hide(start, end, v.At.Text())
				}
				continue
			}
			if v.Secret {
				j.discreet = append(j.discreet, len(j.out.Findings))
			}
			f := j.finding(o, v)
			v.waived = f.Status == control.Waived
			waived = waived || v.waived
			j.out.Findings = append(j.out.Findings, f)
		}
	}
	if waived {
		j.recount()
	}
}

// subjectOf identifies what was counted: a control and a container, or -1 for the pod or object.
type subjectOf struct{ entry, container int }

// recount counts the subjects as waived of which every violation of a control is, also what is folded into a waived one.
func (j *judge) recount() {
	open := map[subjectOf]bool{}
	note := func(v *violation, container int) {
		key := subjectOf{v.entry.index, container}
		waived := v.waived || v.by != nil && v.by.waived
		open[key] = open[key] || !waived
	}
	for i := range j.own {
		v := &j.own[i]
		for _, c := range v.through {
			note(v, c.index)
		}
		if len(v.through) == 0 && v.entry.control.Scope != control.Containers {
			note(v, -1)
		}
	}
	for i := range j.raw {
		note(&j.raw[i], j.raw[i].index)
	}
	for key, fails := range open {
		if !fails {
			j.counts[key.entry][control.Fail]--
			j.counts[key.entry][control.Waived]++
		}
	}
}

// pathOf returns the exact path of the violation from the object's root, missing keys included.
func pathOf(root tree.Node, v *violation) string {
	path := root.Path(v.At)
	if len(v.Missing) == 0 {
		return path
	}
	b := make([]byte, 0, len(path)+32)
	b = append(b, path...)
	for _, key := range v.Missing {
		b = tree.AppendKey(b, key)
	}
	return string(b)
}

// item returns the path up to its first list index behind the subject's own path: the volume, the port, the rule of a role.
func (v *violation) item() string {
	if len(v.path) <= v.prefix {
		return ""
	}
	rest := v.path[v.prefix:]
	return rest[:strings.IndexByte(rest, ']')+1]
}

func (j *judge) finding(o *object.Object, v *violation) control.Finding {
	c := v.entry.control
	f := control.Finding{
		Control:  c,
		Status:   control.Fail,
		Severity: v.raised,
		Ref: control.Ref{
			APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.DisplayName(),
		},
		Path:    v.path,
		Missing: len(v.Missing) > 0,
		Remedy:  v.entry.remedy,
		Folded:  v.folded,
	}
	if v.of != nil {
		f.Ref.Container, f.Ref.ContainerSort = v.of.Name, v.of.Sort.String()
	}
	for _, through := range v.through {
		f.Containers = append(f.Containers, through.of.Name)
	}
	shown := v.path
	if v.prefix < len(shown) && v.prefix > 0 {
		shown = strings.TrimPrefix(shown[v.prefix:], ".")
	}
	f.Message = shown + " " + v.Problem
	if shown == "" || v.sentence {
		f.Message = v.Problem
	}
	if v.Unknown {
		f.Status, f.Reason = control.Unknown, v.Problem
	} else {
		f.Fix, f.NoFix = v.fix, v.noFix
	}
	start, end := anchor(v.At)
	if !f.Missing && v.At.Kind() == tree.Scalar {
		f.Value = value(v.At)
		if s, e := v.At.Span(); s < e { // a value that was left out has no bytes
			start, end = s, e
		}
	}
	f.Place, f.Snippet = j.place(start, end)
	if v.Secret {
		j.hide(start, end, f.Value)
		f.Value, f.Secret = "", true
	}
	if j.plan.stablePaths {
		f.StablePath = baseline.StablePath(o.Root, &f)
	}
	if j.plan.waivers != nil {
		switch w, ok := j.waivers.Find(&f); {
		case ok:
			f.Status, f.Reason = control.Waived, w.String()
		case w != nil:
			f.Reason = w.String() // expired
		}
	}
	return f
}

// maxValue bounds how much of a value goes into a finding, in bytes.
const maxValue = 256

func value(n tree.Node) string {
	text := n.Text()
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "…"
	}
	return text
}

// anchor returns the bytes to point at for a mapping, a list, or something missing in one: the key that it is the
// value of; else, for an item of a list or a whole document, its name or first entry.
func anchor(n tree.Node) (start, end int) {
	if key := n.Key(); key.Exists() {
		return key.Span()
	}
	if name := n.Get("name"); name.Kind() == tree.Scalar {
		start, _ = name.Key().Span()
		_, end = name.Span()
		return start, end
	}
	for key := range n.Pairs() {
		return key.Span()
	}
	start, end = n.Span()
	return start, min(end, start+1)
}

// place turns a byte range into lines and columns, with the text of the first line.
func (j *judge) place(start, end int) (control.Place, string) {
	if j.lines == nil {
		j.lines = tree.NewLines(j.src)
	}
	p := control.Place{File: j.path, Offset: start, Length: end - start}
	p.Line, p.Column = j.lines.Position(start)
	p.EndLine, p.EndColumn = j.lines.Position(end)
	line := view(j.lines.Line(p.Line))
	if j.origin != nil {
		return rendered(p, line, j.origin)
	}
	return p, line
}

// problem records what kept the judge from looking. start < 0 is the whole file.
func (j *judge) problem(start, length int, warning bool, message string) {
	p := report.Problem{Place: control.Place{File: j.path}, Warning: warning, Message: message}
	if start >= 0 {
		p.Place, p.Snippet = j.place(start, start+length)
	}
	j.out.Problems = append(j.out.Problems, p)
}

func (j *judge) parseProblem(doc tree.Document, err error) {
	var parse *tree.Error
	if !errors.As(err, &parse) {
		j.problem(doc.Start, 0, false, err.Error())
		return
	}
	at := min(max(parse.Offset, 0), len(j.src))
	message := parse.Message
	secret := bytes.Contains(j.src[doc.Start:doc.End], []byte("Secret"))
	if secret {
		message = unquoted(message)
	}
	j.problem(at, 0, false, message)
	// Nothing is known of what stands in a document that cannot be read, and the line may be that of a Secret.
	p := &j.out.Problems[len(j.out.Problems)-1]
	if _, found := secretscan.Has(p.Snippet); secret || found {
		p.Snippet = ""
	}
}

// unquoted leaves out what a message of the YAML library quotes from the document.
func unquoted(message string) string {
	start := strings.IndexByte(message, '\'')
	end := strings.LastIndexByte(message, '\'')
	if start >= 0 && end > start+2 {
		return message[:start+1] + "…" + message[end:]
	}
	return message
}
