package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/component"
)

// FlagIs requires a flag, or the field of the configuration file that it stands for, to be a switch in one position.
func FlagIs(flag string, on bool) Setting {
	want, other := strconv.FormatBool(on), strconv.FormatBool(!on)
	s := ofFlag(flag, "must be "+want)
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if got, ok := v.Bool(); !ok || got != on {
			return "is " + shown(v)
		}
		return ""
	}
	s.Edits = setFlag(flag, want)
	s.Bad, s.Good = given(flag, other), given(flag, want)
	return s
}

// FlagOneOf requires the value of a flag to be one of some; the first is what a fix sets.
func FlagOneOf(flag, bad string, values ...string) Setting {
	s := ofFlag(flag, "must be "+either(values))
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if !slices.Contains(values, v.Text) {
			return "is " + shown(v)
		}
		return ""
	}
	s.Edits = setFlag(flag, values[0])
	s.Bad = given(flag, bad)
	for _, value := range values {
		s.Good = append(s.Good, given(flag, value)...)
	}
	return s
}

// FlagGiven requires a flag to have a value. With no fix there is nothing that a program could set it to.
func FlagGiven(flag, example string) Setting {
	s := ofFlag(flag, "must be given")
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if v.Empty() {
			return "is not given"
		}
		return ""
	}
	s.Bad, s.Good = [][]string{{}}, given(flag, example)
	return s
}

// FlagNotGiven requires a flag to have no value.
func FlagNotGiven(flag, example string) Setting {
	s := ofFlag(flag, "must not be given")
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if !v.Empty() {
			return "is given"
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit { return drop(i, flag) }
	s.Bad, s.Good = given(flag, example), [][]string{{}}
	return s
}

// FlagAtLeast requires a number of at least so much; zero is what value says of it: unlimited, or off.
func FlagAtLeast(flag string, minimum int64, zero string) Setting {
	s := ofFlag(flag, "must be at least "+strconv.FormatInt(minimum, 10))
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		switch n, ok := v.Int(); {
		case !ok:
			return "is " + shown(v)
		case n == 0 && zero != "":
			return "is 0, " + zero
		case n < minimum:
			return "is " + shown(v)
		}
		return ""
	}
	s.Edits = setFlag(flag, strconv.FormatInt(minimum, 10))
	s.Bad, s.Good = given(flag, strconv.FormatInt(minimum-1, 10)), given(flag, strconv.FormatInt(minimum, 10))
	return s
}

// FlagHas requires a list to have an item.
func FlagHas(flag, item, bad string) Setting {
	s := ofFlag(flag, "must name "+item)
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if !v.Has(item) {
			return "is " + shown(v) + " and does not name " + item
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		items, _ := i.Flag(flag).List()
		return edit(i.EditOf(flag, strings.Join(append(slices.Clone(items), item), ",")))
	}
	s.Bad, s.Good = given(flag, bad), given(flag, strings.TrimPrefix(bad+","+item, ","))
	return s
}

// FlagLacks requires a list to have none of some items.
func FlagLacks(flag, good string, items ...string) Setting {
	s := ofFlag(flag, "must not name "+either(items))
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		for _, item := range items {
			if v.Has(item) {
				return "names " + item
			}
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		list, _ := i.Flag(flag).List()
		list = slices.DeleteFunc(slices.Clone(list), func(item string) bool { return slices.Contains(items, item) })
		if len(list) == 0 {
			return drop(i, flag)
		}
		return edit(i.EditOf(flag, strings.Join(list, ",")))
	}
	for _, item := range items {
		s.Bad = append(s.Bad, given(flag, good+","+item)...)
	}
	s.Good = given(flag, good)
	return s
}

// FlagOnly requires a list to have items of some only, and one at least.
func FlagOnly(flag, bad string, items ...string) Setting {
	s := ofFlag(flag, "must name some of "+either(items)+" only")
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		list, _ := v.List()
		if len(list) == 0 {
			return "is not given"
		}
		for _, item := range list {
			if !slices.Contains(items, item) {
				return "names " + strconv.Quote(item)
			}
		}
		return ""
	}
	s.Edits = setFlag(flag, strings.Join(items, ","))
	s.Bad, s.Good = given(flag, bad), given(flag, items[0])
	return s
}

// FlagDuration requires a length of time between two, both included; 0 as the upper one is no bound.
func FlagDuration(flag, fix string, least, most time.Duration) Setting {
	wanted := "must be at least " + least.String()
	if most > 0 {
		wanted = fmt.Sprintf("must be from %s to %s", least, most)
	}
	s := ofFlag(flag, wanted)
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		d, ok := v.Duration()
		if !ok || d < least || most > 0 && d > most {
			return "is " + shown(v)
		}
		return ""
	}
	s.Edits = setFlag(flag, fix)
	s.Bad, s.Good = given(flag, "0s"), given(flag, fix)
	return s
}

// FlagTold is a requirement written in Go. Problem gets values that are known.
func FlagTold(flag, wanted string, problem func(v *component.Value, i *component.Instance) string, bad, good []string) Setting {
	s := ofFlag(flag, wanted)
	s.Problem = problem
	for _, value := range bad {
		s.Bad = append(s.Bad, given(flag, value)...)
	}
	for _, value := range good {
		s.Good = append(s.Good, given(flag, value)...)
	}
	return s
}

// Plugin requires an admission plugin of the API server to be on, or off.
func Plugin(name string, on bool) Setting {
	s := Setting{
		Name: "admission plugin " + name, Wanted: map[bool]string{true: "must be on", false: "must be off"}[on],
		Value: func(i *component.Instance) component.Value { return i.Admission(name) },
		Problem: func(v *component.Value, _ *component.Instance) string {
			if got, ok := v.Bool(); !ok || got != on {
				return "is " + map[bool]string{true: "on", false: "off"}[got]
			}
			return ""
		},
	}
	const enable, disable = "enable-admission-plugins", "disable-admission-plugins"
	s.Edits = func(i *component.Instance) []component.Edit {
		if on {
			return slices.Concat(Unlisted(i, disable, name), Listed(i, enable, name))
		}
		return Unlisted(i, enable, name)
	}
	s.Bad, s.Good = given(disable, name), given(enable, name)
	if !on {
		s.Bad, s.Good = s.Good, s.Bad
	}
	return s
}

// Gate requires a feature gate to be off or on, as far as the release has it.
func Gate(name string, on bool) Setting {
	s := Setting{
		Name: "feature gate " + name, Wanted: "must be " + strconv.FormatBool(on),
		Value: func(i *component.Instance) component.Value { return i.FeatureGate(name) },
		Problem: func(v *component.Value, _ *component.Instance) string {
			if got, ok := v.Bool(); !ok || got != on {
				return "is " + shown(v)
			}
			return ""
		},
	}
	s.Bad, s.Good = given("feature-gates", name+"="+strconv.FormatBool(!on)), given("feature-gates", name+"="+strconv.FormatBool(on))
	return s
}

func ofFlag(flag, wanted string) Setting {
	return Setting{Name: "--" + flag, Flag: flag, Wanted: wanted, Value: func(i *component.Instance) component.Value { return i.Flag(flag) }}
}

func given(flag, value string) [][]string { return [][]string{{"--" + flag + "=" + value}} }

func setFlag(flag, value string) func(*component.Instance) []component.Edit {
	return func(i *component.Instance) []component.Edit { return edit(i.EditOf(flag, value)) }
}

func edit(e component.Edit, ok bool) []component.Edit {
	if !ok {
		return nil
	}
	return []component.Edit{e}
}

// Listed are the changes after which a list that a flag gives has an item.
func Listed(i *component.Instance, flag, item string) []component.Edit {
	v := i.Flag(flag)
	if !v.Known || v.Has(item) {
		return nil
	}
	return edit(i.EditOf(flag, strings.Join(append(slices.Clone(v.Items), item), ",")))
}

// Unlisted are the changes after which a list that a flag gives has not an item; without items the flag goes.
func Unlisted(i *component.Instance, flag, item string) []component.Edit {
	v := i.Flag(flag)
	if !v.Set || !v.Has(item) {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(v.Items), func(s string) bool { return s == item })
	if len(rest) == 0 {
		return drop(i, flag)
	}
	return edit(i.EditOf(flag, strings.Join(rest, ",")))
}

// drop takes a flag away.
func drop(i *component.Instance, flag string) []component.Edit {
	edits, ok := i.Drop(flag)
	if !ok {
		return nil
	}
	return edits
}

// shown is a value in a message.
func shown(v *component.Value) string {
	switch {
	case v.Text == "":
		return "empty"
	case len(v.Text) > maxSettingShown:
		return strings.ToValidUTF8(v.Text[:maxSettingShown], "") + "…"
	}
	return v.Text
}

const maxSettingShown = 80

func either(values []string) string {
	const most = 6
	if len(values) > most {
		return strings.Join(values[:most], ", ") + fmt.Sprintf(" and %d more", len(values)-most)
	}
	if n := len(values) - 1; n > 0 {
		return strings.Join(values[:n], ", ") + " or " + values[n]
	}
	return values[0]
}
