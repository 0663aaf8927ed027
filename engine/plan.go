package engine

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver"
)

// plan is what all workers share: the controls by scope, resolved once. It is not changed after newPlan.
type plan struct {
	controls   []*control.Control
	version    control.Minor
	fold       bool
	severity   control.Severity
	entries    []entry
	containers []int // indexes of controls by scope
	pods       []int
	objects    map[control.Kind][]int
	together   []int
	// gather says that an inventory is wanted.
	gather bool
	// mentions says that the names which texts mention are wanted too.
	mentions bool
	// seed is that of the sums by which a file is known again.
	seed maphash.Seed
	// unless are the distinct Unless rules, so that "is this a Windows pod" is asked once and not once for each control. A
	// rule that depends on a control's parameters belongs to that control alone.
	unless        []control.Rule
	notConfigured []*control.Control
	waivers       *waiver.Set
	stablePaths   bool
	fixes         bool
	finish        func(file *report.File, src []byte)
	renderedFixes bool
	advise        func(c *control.Control, at tree.Node, out []control.Edit) []control.Edit
	now           time.Time
}

// entry is what is known of one control before anything is judged.
type entry struct {
	control *control.Control
	params  map[string][]string
	unless  int  // index into plan.unless, -1 without
	off     bool // not in force for the version, or a parameter is missing
	index   int
	// folds are the controls whose findings this one implies, by index.
	folds  []int
	remedy string
	// severity is the control's, unless the run has another one for it.
	severity control.Severity
}

func newPlan(opts *Options) *plan {
	p := &plan{
		controls: opts.Controls,
		version:  opts.Version,
		fold:     !opts.NoFold,
		severity: opts.MinSeverity,
		waivers:  opts.Waivers, stablePaths: opts.StablePaths, now: opts.Now,
		fixes: opts.Fixes, finish: opts.Finish, renderedFixes: opts.RenderedFixes, advise: opts.Advise,
		entries: make([]entry, len(opts.Controls)),
		objects: map[control.Kind][]int{}, seed: maphash.MakeSeed(),
	}
	byID := make(map[string]int, len(opts.Controls))
	for i, c := range opts.Controls {
		byID[c.ID] = i
	}
	for i, c := range opts.Controls {
		e := &p.entries[i]
		*e = entry{control: c, index: i, unless: -1, remedy: c.RemedyText(), severity: c.Severity}
		if s, ok := opts.Severities[c.ID]; ok {
			e.severity = s
		}
		if c.Unless != nil {
			if e.unless = slices.Index(p.unless, c.Unless); e.unless < 0 {
				e.unless = len(p.unless)
				p.unless = append(p.unless, c.Unless)
			}
		}
		var configured bool
		e.params, configured = resolveParams(c, opts.Params[c.ID])
		if !configured {
			p.notConfigured = append(p.notConfigured, c)
		}
		e.off = !configured || c.From > p.version
		e.folds = implied(c, opts.Controls, byID)
		for _, k := range c.ObjectKinds {
			p.objects[k] = append(p.objects[k], i)
		}
		switch c.Scope {
		case control.Containers:
			p.containers = append(p.containers, i)
		case control.PodSpecs:
			p.pods = append(p.pods, i)
		case control.Objects:
			for _, k := range c.Kinds {
				p.objects[k] = append(p.objects[k], i)
			}
		case control.Everything:
			p.together = append(p.together, i)
			if t, ok := c.Require.(*control.Together); ok && t.Mentions {
				p.mentions = true
			}
		}
	}
	p.gather = opts.Collect != nil || len(p.together) > 0
	return p
}

// resolveParams fills in defaults; configured is false if a parameter without a default was not given.
func resolveParams(c *control.Control, given map[string][]string) (params map[string][]string, configured bool) {
	if len(c.Params) == 0 {
		return nil, true
	}
	params = make(map[string][]string, len(c.Params))
	configured = true
	for _, p := range c.Params {
		switch v, ok := given[p.Name]; {
		case ok:
			params[p.Name] = v
		case p.Default != nil:
			params[p.Name] = p.Default
		default:
			configured = false
		}
	}
	return params, configured
}

// implied returns the transitive closure of Suppresses over the controls of the run.
func implied(c *control.Control, all []*control.Control, byID map[string]int) []int {
	var folds []int
	queue := slices.Clone(c.Suppresses)
	for len(queue) > 0 {
		i, ok := byID[queue[0]]
		queue = queue[1:]
		if ok && !slices.Contains(folds, i) {
			folds = append(folds, i)
			queue = append(queue, all[i].Suppresses...)
		}
	}
	return folds
}

// wants reports whether some control could have something to say of an object of this kind.
func (p *plan) wants(apiVersion, kind string) bool {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		group = ""
	}
	if strings.HasSuffix(kind, "List") {
		return true
	}
	if len(p.containers)+len(p.pods) > 0 && object.MayHavePods(group, kind) || p.gather && inventory.Wants(group, kind) || p.mentions && inventory.MayMention(group, kind) {
		return true
	}
	_, one := p.objects[control.Kind{Group: group, Kind: kind}]
	_, every := p.objects[control.Kind{Group: group, Kind: control.AnyKind}]
	return one || every
}
