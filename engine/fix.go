package engine

import (
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// fixes are those of the violations of a rule on one subject.
type fixes struct {
	// all is the fix of all violations together; nil if there is none, or each has its own.
	all  *control.Fix
	each []*control.Fix
	// reasons say of those without a fix why there is none.
	reasons []string
}

// of returns the fix of the violation with an index, or why there is none.
func (f *fixes) of(i int) (fix *control.Fix, reason string) {
	if i >= len(f.each) {
		return f.all, ""
	}
	return f.each[i], f.reasons[i]
}

// fixesOf returns the changes that make a failed rule hold on the subject in hand, for the violations in scratch. There are none if nobody
// asked.
func (j *judge) fixesOf(e *entry, rule control.Rule, root tree.Node) (f fixes) {
	mender, each := rule.(control.Mender)
	switch {
	case !j.fixable():
	case e.control.Fix == control.Auto && each:
		for _, answer := range mender.Answers(&j.subject, root, j.scratch) {
			f.each, f.reasons = append(f.each, j.answered(e, &answer)), append(f.reasons, answer.Reason)
		}
	case e.control.Fix == control.Auto:
		f.all = j.fixOf(e.control.FixRisk, rule.Edits(&j.subject, root, nil))
	case j.plan.advise != nil:
		f.all = j.fixOf(control.Review, j.plan.advise(e.control, root, nil))
	}
	return f
}

// answered is the fix of one violation, with what it relies on.
func (j *judge) answered(e *entry, answer *control.Answer) *control.Fix {
	fix := j.fixOf(e.control.FixRisk, answer.Edits)
	if fix == nil {
		return nil
	}
	for _, k := range answer.Keeps {
		kept := inDocument(&control.Edit{At: k.At, Path: k.Path})
		fix.Keeps = append(fix.Keeps, kept.Path)
	}
	return fix
}

// fixOf writes edits as the fix of a finding; nil if there are none.
func (j *judge) fixOf(risk control.FixRisk, edits []control.Edit) *control.Fix {
	if len(edits) == 0 {
		return nil
	}
	fix := &control.Fix{Document: j.documentStart, Risk: risk}
	for i := range edits {
		fix.Edits = append(fix.Edits, inDocument(&edits[i]))
	}
	return fix
}

// fixable reports whether fixes are wanted for the file in hand. What is rendered has no text of its own to change, unless somebody wants to
// patch it.
func (j *judge) fixable() bool { return j.plan.fixes && (j.origin == nil || j.plan.renderedFixes) }

// inDocument writes an edit of a node as one of its document.
func inDocument(e *control.Edit) control.DocumentEdit {
	root := e.At.Tree().Root()
	path := []byte(root.Path(e.At))
	for _, key := range e.Path {
		path = tree.AppendKey(path, key)
	}
	return control.DocumentEdit{Op: e.Op, Path: string(path), Value: e.Value, Whole: e.Whole}
}

// fixOfComponent returns the change that comes with a breach, nil if it leads into another file.
func (j *judge) fixOfComponent(b *breach) *control.Fix {
	if len(b.Edits) == 0 || !j.fixable() {
		return nil
	}
	fix := &control.Fix{Document: j.documentStart, Risk: b.entry.control.FixRisk}
	for i := range b.Edits {
		e := &b.Edits[i]
		if e.Object != b.Object {
			return nil
		}
		switch e.Op {
		case component.ReplaceText:
			text, ok := e.Value.(string)
			if !ok {
				return nil
			}
			fix.Texts = append(fix.Texts, control.TextEdit{Start: e.Start, End: e.End, Text: text})
		case component.AppendItem:
			fix.Edits = append(fix.Edits, control.DocumentEdit{Op: control.Append, Path: j.objectPath + e.Path, Value: e.Value})
		case component.SetValue:
			fix.Edits = append(fix.Edits, control.DocumentEdit{Op: control.Set, Path: j.objectPath + e.Path, Value: e.Value})
		case component.RemoveItem:
			fix.Edits = append(fix.Edits, control.DocumentEdit{Op: control.Remove, Path: j.objectPath + e.Path})
		}
	}
	return fix
}

// below is the path of an object in its document, to be put before paths in it: "items[2].".
func below(root, o tree.Node) string {
	path := root.Path(o)
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(path, ".") + "."
}
