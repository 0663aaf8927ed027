package components_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// change is one of the command line of a component.
type change struct {
	flag string
	// value is what the flag is set to; with item it is what is put into its list, or with drop taken out.
	value string
	item  bool
	drop  bool
}

// touches is what of the command line it is about.
func (c *change) touches() string {
	if c.item {
		name, _, _ := strings.Cut(c.value, "=")
		return c.flag + " " + name
	}
	return c.flag
}

// badCase is a bad setting, which one control calls so, or several.
type badCase struct {
	controls []string
	kind     component.Kind
	args     string // as the control declares it; "" is that nothing is said
	setting  string
	changes  []change
	special  special
}

// special is what a bad setting needs so that the real component starts with it, or what becomes of it.
type special struct {
	// with are further settings: without them the component takes this one for a mistake, or has no use for it.
	with cluster.Flags
	// config is what changes in the kubelet's configuration file, and files are written besides.
	config string
	files  map[string]string
	// also are the controls that find something wrong with the same start.
	also []string
	// refused says that the component does not start with the setting, and how it says so: nobody can run it so.
	refused string
	// deaf says that the component starts and does not answer who has the cluster's certificates.
	deaf string
	// like names another bad setting of the control that is tried, which stands for this one.
	like string
}

// nothing is said of a flag.
const nothing = cluster.Remove

// prepared gives a bad setting what it needs.
func (b *badCase) prepared(all map[string]special, used map[string]bool) {
	s, ok := all[b.name()]
	if !ok {
		return
	}
	used[b.name()] = true
	b.special = s
	for flag, value := range s.with {
		b.changes = slices.DeleteFunc(b.changes, func(c change) bool { return c.flag == flag && !c.item })
		if value == nothing {
			b.changes = append(b.changes, change{flag: flag, drop: true})
		} else {
			b.changes = append(b.changes, change{flag: flag, value: value})
		}
	}
	slices.SortStableFunc(b.changes, func(x, y change) int { return strings.Compare(x.flag, y.flag) })
}

func (b *badCase) name() string {
	if b.args == "" {
		return b.controls[0] + ": " + b.setting + " not given"
	}
	return b.controls[0] + ": " + b.args
}

// collides tells whether two bad settings cannot be there at once, or could not be told apart.
func (b *badCase) collides(with *badCase) bool {
	if slices.ContainsFunc(b.controls, func(id string) bool { return slices.Contains(with.controls, id) }) {
		return true
	}
	for i := range b.changes {
		for k := range with.changes {
			x, y := b.changes[i].touches(), with.changes[k].touches()
			if x == y || strings.HasPrefix(x, y+" ") || strings.HasPrefix(y, x+" ") {
				return true
			}
		}
	}
	return false
}

// lists are flags whose value is a list that several settings may add to.
func lists() []string {
	return []string{"enable-admission-plugins", "disable-admission-plugins", "feature-gates"}
}

// onComponents returns the requirement of a control on components; nil if it has none.
func onComponents(c *control.Control) *control.OnComponents {
	switch r := c.Require.(type) {
	case *control.OnComponents:
		return r
	case *control.OnFields:
		return &r.OnComponents
	}
	return nil
}

// most is how many bad values of one setting are tried.
const most = 2

// casesOf are the bad settings of a kind of component that the controls declare.
func casesOf(kind component.Kind) []*badCase {
	var all []*badCase
	for _, c := range controls.All() {
		r := onComponents(c)
		if r == nil || !slices.Contains(r.Of, kind) {
			continue
		}
		for i := range r.Settings {
			s := &r.Settings[i]
			for _, args := range s.Bad[:min(len(s.Bad), most)] {
				b := &badCase{controls: []string{c.ID}, kind: kind, args: strings.Join(args, " "), setting: s.Name}
				for _, arg := range args {
					name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
					b.changes = append(b.changes, changesOf(name, value, s)...)
				}
				if len(args) == 0 {
					plugin, ok := strings.CutPrefix(s.Name, "admission plugin ")
					if ok {
						b.changes = []change{{flag: "enable-admission-plugins", value: plugin, item: true, drop: true}}
					} else {
						b.changes = []change{{flag: cmp.Or(s.Flag, strings.TrimPrefix(s.Name, "--")), drop: true}}
					}
				}
				if at := slices.IndexFunc(all, func(a *badCase) bool { return slices.Equal(a.changes, b.changes) }); at >= 0 {
					all[at].controls = append(all[at].controls, c.ID)
				} else {
					all = append(all, b)
				}
			}
		}
	}
	return all
}

func changesOf(flag, value string, s *control.Setting) (all []change) {
	if !slices.Contains(lists(), flag) {
		return []change{{flag: flag, value: value}}
	}
	for item := range strings.SplitSeq(value, ",") {
		// What the good list has too is not what is bad.
		if len(s.Good) > 0 && len(s.Good[0]) > 0 && slices.Contains(strings.Split(strings.TrimPrefix(s.Good[0][0], "--"+flag+"="), ","), item) {
			continue
		}
		all = append(all, change{flag: flag, value: item, item: true})
		if flag == "disable-admission-plugins" {
			all = append(all, change{flag: "enable-admission-plugins", value: item, item: true, drop: true})
		}
	}
	return all
}

// applied returns how the flags of a component change by some bad settings.
func applied(base cluster.Flags, here *strings.Replacer, bad ...*badCase) cluster.Flags {
	out := cluster.Flags{}
	get := func(flag string) string {
		if v, ok := out[flag]; ok && v != cluster.Remove {
			return v
		} else if !ok {
			return base[flag]
		}
		return ""
	}
	for _, b := range bad {
		for _, c := range b.changes {
			switch {
			case c.item:
				items := slices.DeleteFunc(strings.Split(get(c.flag), ","), func(i string) bool { return i == "" || i == c.value })
				if !c.drop {
					items = append(items, c.value)
				}
				out[c.flag] = strings.Join(items, ",")
				if len(items) == 0 {
					out[c.flag] = cluster.Remove
				}
			case c.drop:
				out[c.flag] = cluster.Remove
			default:
				out[c.flag] = here.Replace(c.value)
			}
		}
	}
	for flag, value := range out {
		if _, ok := base[flag]; !ok && value == cluster.Remove {
			delete(out, flag)
		}
	}
	return out
}

// undoFlags returns how the flags of a component become the base again, with some changes.
func undoFlags(base, now, changes cluster.Flags) cluster.Flags {
	out := cluster.Flags{}
	for flag, value := range base {
		if now[flag] != value {
			out[flag] = value
		}
	}
	for flag := range now {
		if _, ok := base[flag]; !ok {
			out[flag] = cluster.Remove
		}
	}
	maps.Copy(out, changes)
	return out
}

// spread deals bad settings out to few starts of a component, each to two of them: no start has two that collide, and of any two settings there
// is a start with the one and without the other. So what a control says can be seen to follow from its own setting alone, as with a start for
// each setting, in a number of starts that grows with its square root.
func spread(cases []*badCase) [][]*badCase {
	const weight = 2
	for starts := weight; ; starts++ {
		if out, ok := deal(cases, starts, weight); ok {
			return out
		}
	}
}

func deal(cases []*badCase, starts, weight int) ([][]*badCase, bool) {
	out := make([][]*badCase, starts)
	taken := map[string]bool{}
	for _, b := range cases {
		best, cost := []int(nil), 0
		for _, code := range combinations(starts, weight) {
			if taken[fmt.Sprint(code)] || slices.ContainsFunc(code, func(s int) bool { return slices.ContainsFunc(out[s], b.collides) }) {
				continue
			}
			sum := 0
			for _, s := range code {
				sum += len(out[s])
			}
			if best == nil || sum < cost {
				best, cost = code, sum
			}
		}
		if best == nil {
			return nil, false
		}
		taken[fmt.Sprint(best)] = true
		for _, s := range best {
			out[s] = append(out[s], b)
		}
	}
	return out, true
}

// combinations are the ways to choose some of the numbers below n.
func combinations(n, choose int) (all [][]int) {
	if choose == 0 {
		return [][]int{nil}
	}
	for last := choose - 1; last < n; last++ {
		for _, rest := range combinations(last, choose-1) {
			all = append(all, append(slices.Clone(rest), last))
		}
	}
	return all
}

// TestSpread holds that of any two bad settings there is a start with the one and without the other, and that none has two that collide.
func TestSpread(t *testing.T) {
	t.Parallel()
	cases := casesOf(component.APIServer)
	starts := spread(cases)
	t.Logf("%d bad settings in %d starts", len(cases), len(starts))
	for _, a := range cases {
		for _, b := range cases {
			apart := slices.ContainsFunc(starts, func(s []*badCase) bool { return slices.Contains(s, a) && !slices.Contains(s, b) })
			if a != b && !apart {
				t.Errorf("%s is never there without %s", a.name(), b.name())
			}
		}
	}
	for _, s := range starts {
		for n, a := range s {
			if slices.ContainsFunc(s[:n], a.collides) {
				t.Errorf("%s is there together with what it cannot be told from", a.name())
			}
		}
	}
}
