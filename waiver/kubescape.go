package waiver

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// expression is a pattern of kubescape: a regular expression for the whole text.
type expression struct{ *regexp.Regexp }

func (e expression) Match(s string) bool { return e.MatchString(s) }

// KubescapeExceptions reads a file of exceptions for kubescape: a JSON list of objects with resources (designators by
// attributes: name, kind, namespace, path as regular expressions; other keys are labels or annotations) and
// posturePolicies (controlID, a regular expression), and optionally reason and expirationDate. An exception holds for each of its resources
// with each of its policies. https://kubescape.io/docs/accepting-risk/, kubescape/kubescape examples/exceptions/README.md,
// kubescape/opa-utils exceptions/exceptionprocessor.go.
//
// Two things are narrower than there. A policy without a controlID (by frameworkName alone, say) is refused, where
// kubescape may take it for all controls; and one that is limited by a rule is refused, since rules have no counterpart here.
// Designators with a cluster are for live clusters and are passed over. What is refused is in the error, and the rest is good all the same.
func KubescapeExceptions(path string, src []byte, known *Known) ([]*Waiver, error) {
	r := kubescapeReader{path: path, lines: tree.NewLines(src), known: known}
	for doc := range tree.Split(src) {
		t, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		root := t.Root()
		if root.Kind() == tree.Mapping {
			r.exception(root)
			continue
		}
		for _, item := range root.Items() {
			r.exception(item)
		}
	}
	return r.waivers, errors.Join(r.errs...)
}

type kubescapeReader struct {
	path    string
	lines   *tree.Lines
	known   *Known
	waivers []*Waiver
	errs    []error
}

func (r *kubescapeReader) place(n tree.Node) string {
	start, _ := n.Span()
	line, column := r.lines.Position(start)
	return fmt.Sprintf("%s:%d:%d", r.path, line, column)
}

func (r *kubescapeReader) fail(n tree.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: "+format, append([]any{r.place(n)}, args...)...))
}

func (r *kubescapeReader) exception(n tree.Node) {
	controls := r.controls(n)
	if len(controls) == 0 {
		return
	}
	model := Waiver{Tool: "kubescape", Controls: controls, Reason: n.Get("reason").Text(), Origin: r.place(n)}
	if name := n.Get("name").Text(); name != "" {
		model.Origin += " " + shorten(name)
	}
	if date := n.Get("expirationDate"); date.Exists() && !date.IsNull() {
		ends, err := time.Parse(time.RFC3339, date.Text())
		if err != nil {
			r.fail(date, "expirationDate %q is no date of the form 2027-01-31T00:00:00Z", shorten(date.Text()))
			return
		}
		model.ends, model.Until = ends, Date(ends.Format(time.DateOnly))
	}
	for _, resource := range n.Get("resources").Items() {
		match, ok := r.match(resource.Get("attributes"))
		if !ok {
			continue
		}
		r.waivers = append(r.waivers, &Waiver{
			Controls: model.Controls, Reason: model.Reason, Until: model.Until, Origin: model.Origin, Tool: model.Tool,
			Match: match, ends: model.ends,
		})
	}
}

func (r *kubescapeReader) controls(n tree.Node) []*control.Control {
	var found []*control.Control
	for _, policy := range n.Get("posturePolicies").Items() {
		id := policy.Get("controlID").Text()
		if id == "" || policy.Get("ruleName").Text() != "" {
			r.fail(policy, "exception does not count: only policies that give a controlID, and no ruleName, have a counterpart here")
			continue
		}
		e, err := compileExpression("(?i)", id)
		if err != nil {
			r.fail(policy, "controlID %q: %v", shorten(id), err)
			continue
		}
		for _, c := range r.known.Controls {
			if slices.ContainsFunc(c.Peers.Kubescape, e.Match) && !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
	}
	return found
}

func compileExpression(flags, text string) (expression, error) {
	const longest = 1000
	if len(text) > longest {
		return expression{}, fmt.Errorf("expression is longer than %d bytes", longest)
	}
	re, err := regexp.Compile(flags + "^(?:" + text + ")$")
	return expression{re}, err
}

func (r *kubescapeReader) match(attributes tree.Node) (m Match, ok bool) {
	m.orAnnotations, m.namespaceName = true, true
	limited := false
	for key, val := range attributes.Pairs() {
		text := val.Text()
		if text == "" {
			continue
		}
		e, err := compileExpression("", text)
		if err != nil {
			r.fail(val, "attribute %s: %v", shorten(key.Text()), err)
			return m, false
		}
		limited = true
		switch name := key.Text(); strings.ToLower(name) {
		case "cluster":
			if !e.Match("") {
				return m, false
			}
		case "name":
			m.Name = []Pattern{e}
		case "kind":
			m.Kind = []Pattern{e}
		case "namespace":
			m.Namespace = []Pattern{e}
		case "path", "resourceid":
			r.fail(key, "attribute %s has no counterpart here", name)
			return m, false
		default:
			m.Labels = append(m.Labels, Label{Key: name, Value: e})
		}
	}
	return m, limited
}
