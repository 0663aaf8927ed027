// Package values hardens Helm charts through their values. It finds out which value is behind each rendered field by rendering the chart
// with marks in the place of values, turns the fixes of rendered objects into changes of values, and proves them: rendered again, with the
// changed values on top, the findings have to be gone, and none may have come.
package values

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
)

// Found is a finding in a rendered manifest. Its fix is one of the rendered text.
type Found struct {
	Manifest string // path of the manifest
	control.Finding
}

// Judge judges rendered manifests. With all it keeps the findings that stronger ones imply.
type Judge func(ctx context.Context, manifests []render.Manifest, all bool) ([]Found, error)

// Options say how to harden a chart.
type Options struct {
	Helm  helm.Options
	Judge Judge
	// Most is the greatest risk that a fix may have.
	Most control.FixRisk
}

// Result is what became of a chart.
type Result struct {
	// Chart is its path as given, Name and Version are those of Chart.yaml.
	Chart, Name, Version string
	// Text is the values file; nil if there is nothing to change.
	Text []byte
	// Fixed are the findings that the values mend; Left are the others.
	Fixed []Fixed
	Left  []Left
	// Dropped are values that were tried and are not in the file.
	Dropped []Dropped
	// Switches are values that would mend findings, and do more than that.
	Switches []Switch
	// Unused are values that are named as if they hardened something and do not come out.
	Unused []Unused
	// Probes counts the renderings that looked for the places of values, Proofs those that proved changes.
	Probes, Proofs int
	// Rest are the manifests as they are rendered with the new values.
	Rest []render.Manifest
}

// Fixed is a finding that is gone.
type Fixed struct {
	Found
	// Keys are the values that were changed for it; none if it went along with another.
	Keys []string
}

// Left is a finding that is still there.
type Left struct {
	Found
	Reason string
	// New says that the chart as it is does not have it: a stronger one implied it, or it counts only now that a stronger one is gone.
	New bool
	// Suggestion is a change of the template, if no value reaches the field and it is known what it should be.
	Suggestion *Suggestion
}

// Suggestion says what to write into a template.
type Suggestion struct {
	File string
	Line int
	// Path is that of the field in the rendered object.
	Path string
	// Text is YAML to be put below the line, or in its place; "" if something is to be taken away.
	Text string
	// InPlace says that the line has the field already.
	InPlace bool

	fields any
}

// Dropped is a value that was tried.
type Dropped struct {
	Key, Control, Reason string
}

// hardener is the work on one chart.
type hardener struct {
	chart string
	opts  *Options
	in    *helm.Inspection
	t     translator
	p     prober
	// known counts the failures of the chart as it is by subject, also those that others imply.
	known   map[string]int
	secrets map[string]bool // by key
	proofs  int
	// docs are what the chart renders as it is; unreadable counts what of it cannot be read.
	docs       []*document
	unreadable int
	result     *Result
}

// Harden looks for values that mend a chart's findings. An error is that of rendering the chart as it is, of judging, or of ctx.
func Harden(ctx context.Context, chart string, opts *Options) (*Result, error) {
	in, err := helm.Inspect(ctx, chart, opts.Helm)
	if err != nil {
		return nil, err
	}
	manifests, err := helm.Render(ctx, chart, opts.Helm)
	if err != nil {
		return nil, err
	}
	all, err := opts.Judge(ctx, manifests, true)
	if err != nil {
		return nil, err
	}
	h := &hardener{chart: chart, opts: opts, in: in, known: failures(all), secrets: map[string]bool{}, result: &Result{Chart: chart}}
	if len(in.Parts) > 0 {
		h.result.Name, h.result.Version = in.Parts[0].Name, in.Parts[0].Version
	}
	found, err := opts.Judge(ctx, manifests, false)
	if err != nil {
		return nil, err
	}
	if err := h.look(ctx, manifests); err != nil {
		return nil, err
	}
	if err := h.harden(ctx, manifests, found); err != nil {
		return nil, err
	}
	h.result.Unused = h.unused()
	return h.result, nil
}

// identity tells findings apart, also of different renderings.
func identity(f *Found) string {
	return strings.Join([]string{
		f.Control.ID, f.Manifest, f.Ref.Kind, f.Ref.Namespace, f.Ref.Name, f.Ref.Container, f.Path,
	}, "\x00")
}

// look finds out where values come out.
func (h *hardener) look(ctx context.Context, manifests []render.Manifest) error {
	docs, unreadable := documents(manifests, unchanged)
	base := byID(docs)
	h.docs, h.unreadable = docs, unreadable
	var text strings.Builder
	for i := range manifests {
		text.Write(manifests[i].Source)
	}
	h.p = prober{chart: h.chart, opts: h.opts.Helm, parts: h.in.Parts, values: h.in.Values, all: gather(h.in), docs: docs}
	if err := h.p.probe(ctx, text.String()); err != nil {
		return err
	}
	h.result.Probes = h.p.renders
	h.t = translator{values: h.in.Values, base: base, sites: h.p.sites}
	return nil
}

// change is what is done to values for one finding.
type change struct {
	found Found
	// mends are all findings that a switch mends, found is one of them.
	mends []Found
	ways  [][]op
	way   int
	// reason says why it was given up.
	reason string
}

func (c *change) ops() []op { return c.ways[c.way] }

func (c *change) keys() []string {
	var keys []string
	for _, o := range c.ops() {
		keys = append(keys, o.key.String())
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// maxRounds bounds how often is looked at what mending has brought to light, or which other way there is.
const maxRounds = 8

func (h *hardener) harden(ctx context.Context, manifests []render.Manifest, found []Found) error {
	now := &trial{manifests: manifests, found: found, failures: h.known}
	changes := map[string]*change{}
	var accepted []*change
	for range maxRounds {
		next := h.next(now, changes)
		if len(next) == 0 {
			break
		}
		got, err := h.add(ctx, accepted, next)
		if err != nil {
			return err
		}
		if now, err = h.try(ctx, got); err != nil {
			return err
		}
		if now.failed != "" { // it was tried a moment ago
			return errors.New("harden chart " + h.chart + ": " + now.failed)
		}
		accepted = accepted[:0]
		for _, c := range got {
			if now.has(&c.found) {
				h.giveUp(c, "the finding stays with it")
				continue
			}
			accepted = append(accepted, c)
		}
	}
	// What did not help is out now; what is left is proven once more by itself.
	accepted, err := h.add(ctx, nil, accepted)
	if err != nil {
		return err
	}
	if now, err = h.try(ctx, accepted); err != nil {
		return err
	}
	if now, accepted, err = h.switches(ctx, now, accepted, changes); err != nil {
		return err
	}
	h.result.Proofs, h.result.Rest = h.proofs, now.manifests
	h.tell(found, now, accepted, changes)
	h.result.Text = h.write(accepted)
	return nil
}

// next are the changes that are to be tried on what is there now.
func (h *hardener) next(now *trial, changes map[string]*change) []*change {
	docs, _ := documents(now.manifests, unchanged)
	var next []*change
	done := map[string]bool{}
	for i := range now.found {
		f := &now.found[i]
		if done[identity(f)] {
			continue
		}
		done[identity(f)] = true
		if fix.Reason(&f.Finding, h.opts.Most) != "" || f.Fix == nil || len(f.Fix.Edits) == 0 {
			continue
		}
		c := changes[identity(f)]
		if c == nil {
			c = &change{found: *f}
			changes[identity(f)] = c
			for _, d := range docs {
				if d.manifest == f.Manifest && d.start == f.Fix.Document {
					c.ways = h.t.ways(d.id, f.Fix.Edits)
				}
			}
		} else {
			c.way++
		}
		if c.way < len(c.ways) {
			next = append(next, c)
		}
	}
	return next
}

func (h *hardener) giveUp(c *change, reason string) {
	c.reason = fmt.Sprintf("%s was tried: %s", strings.Join(c.keys(), " and "), reason)
	for _, k := range c.keys() {
		d := Dropped{Key: k, Control: c.found.Control.ID, Reason: reason}
		if !slices.Contains(h.result.Dropped, d) {
			h.result.Dropped = append(h.result.Dropped, d)
		}
	}
}
