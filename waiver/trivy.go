package waiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

// trivy ignores by
//
//   - .trivyignore: an id on each line, "exp:2027-01-31" behind it, # comments on lines of their own
//   - .trivyignore.yaml: misconfigurations: a list of id, paths (doublestar patterns), expired_at, statement
//   - comments: # trivy:ignore:KSV-0012[:exp:2027-01-31], several on a line, * in the id. The comment is for what begins on its line
//     or the one below, and comments on lines above one another are all for what comes then.
//
// A date is the first day on which the entry no longer counts. https://trivy.dev/docs/latest/configuration/filtering/,
// https://trivy.dev/docs/latest/scanner/misconfiguration/config/config/, pkg/result/ignore.go, pkg/iac/ignore/{parse,rule}.go.
const trivy = "trivy"

// trivyControls returns the controls of an id of trivy, which may have stars in it.
func trivyControls(known *Known, id string) []*control.Control {
	if !strings.Contains(id, "*") {
		return known.of(trivy, id)
	}
	g, err := glob.Name(strings.ToUpper(id))
	if err != nil {
		return nil
	}
	var found []*control.Control
	for _, c := range known.Controls {
		if slices.ContainsFunc(c.Peers.Trivy, func(own string) bool { return g.Match(own) || g.Match("AVD-"+own) }) {
			found = append(found, c)
		}
	}
	return found
}

// trivyExpiry reads an expiry date: from its first moment in UTC on the entry no longer counts.
func trivyExpiry(w *Waiver, date string) error {
	day, _, _ := strings.Cut(date, "T")
	if _, err := ParseDate(day); err != nil {
		return err
	}
	ends, err := time.Parse(time.DateOnly, day)
	if len(day) < len(date) {
		ends, err = time.Parse(time.RFC3339, date)
	}
	if err != nil {
		return fmt.Errorf("%q is not a date of the form 2027-01-31", shorten(date))
	}
	w.ends, w.Until = ends, Date(day)
	return nil
}

// TrivyIgnore reads a .trivyignore file. Lines that it cannot read are in the error, one for each, and do not count; the
// waivers of the other lines are good all the same. Ids that no control knows as trivy's are passed over: the file is for
// images and other languages too.
func TrivyIgnore(path string, src []byte, known *Known) ([]*Waiver, error) {
	var waivers []*Waiver
	var errs []error
	number := 0
	for line := range strings.Lines(string(src)) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		w := &Waiver{Tool: trivy, Controls: trivyControls(known, fields[0]), Origin: fmt.Sprintf("%s:%d", path, number)}
		var err error
		for _, field := range fields[1:] {
			if date, ok := strings.CutPrefix(field, "exp:"); ok {
				err = trivyExpiry(w, date)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", path, number, err))
			continue
		}
		if len(w.Controls) > 0 {
			waivers = append(waivers, w)
		}
	}
	return waivers, errors.Join(errs...)
}

// TrivyIgnoreYAML reads a .trivyignore.yaml file, as TrivyIgnore does.
func TrivyIgnoreYAML(path string, src []byte, known *Known) ([]*Waiver, error) {
	var waivers []*Waiver
	var errs []error
	lines := tree.NewLines(src)
	place := func(n tree.Node) string {
		start, _ := n.Span()
		line, column := lines.Position(start)
		return fmt.Sprintf("%s:%d:%d", path, line, column)
	}
	for doc := range tree.Split(src) {
		t, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, item := range t.Root().Get("misconfigurations").Items() {
			w := &Waiver{Tool: trivy, Reason: item.Get("statement").Text(), Origin: place(item)}
			w.Controls = trivyControls(known, item.Get("id").Text())
			if len(w.Controls) == 0 {
				continue
			}
			if err := trivyEntry(w, item); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", place(item), err))
				continue
			}
			waivers = append(waivers, w)
		}
		break
	}
	return waivers, errors.Join(errs...)
}

func trivyEntry(w *Waiver, item tree.Node) error {
	w.Match.whole = true
	paths := item.Get("paths")
	for _, p := range paths.Items() {
		g, err := glob.Path(p.Text())
		if err != nil {
			return fmt.Errorf("path %q: %w", shorten(p.Text()), err)
		}
		w.Match.File = append(w.Match.File, g)
	}
	if paths.Exists() && !paths.IsNull() && paths.Kind() != tree.Sequence {
		return errors.New("paths is not a list")
	}
	if date := item.Get("expired_at"); date.Exists() && !date.IsNull() {
		return trivyExpiry(w, date.Text())
	}
	return nil
}

// trivyComment reads the rules of a comment.
func (f *File) trivyComment(c *comment) {
	for part := range strings.FieldsSeq(c.text) {
		rule, ok := strings.CutPrefix(strings.TrimLeft(part, "#/*"), "trivy:")
		if !ok {
			continue
		}
		w := &Waiver{Tool: trivy}
		id := ""
		sections := strings.Split(rule, ":")
		for i := 0; i+1 < len(sections); i += 2 {
			switch sections[i] {
			case "ignore":
				id = sections[i+1]
			case "exp":
				if err := trivyExpiry(w, sections[i+1]); err != nil {
					f.problem(c.at, c.end-c.at, true, "this comment of trivy does not count: %v", err)
					return
				}
			}
		}
		if name, _, limited := strings.Cut(id, "["); limited {
			f.problem(c.at, c.end-c.at, true, "this comment of trivy does not count: %s is limited by attributes, which have no counterpart here", shorten(name))
			continue
		}
		if w.Controls = trivyControls(&f.known, id); len(w.Controls) == 0 {
			continue
		}
		if f.strictComment(c) {
			return
		}
		f.file(c, w, "trivy comment")
	}
}
