package falco

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Rule is a rule after all overrides.
type Rule struct {
	Name        string
	Description string
	Condition   Text // as written, without exceptions and with lists and macros by their names
	Output      Text
	Priority    Priority
	Source      string
	Tags        []string // sorted
	Exceptions  []Exception
	Enabled     bool
	// Expr is the condition with exceptions and lists put in, nil if it could not be compiled.
	Expr Expr
	// Compiled is the text that Expr was parsed from.
	Compiled Text
	// Loaded is false if Falco does not load the rule: an unknown source, skip-if-unknown-filter, or an error.
	Loaded              bool
	WarnEventTypes      bool
	SkipIfUnknownFilter bool
	Capture             bool
	CaptureDuration     uint64 // in milliseconds
	CaptureEvents       uint64 // how many
	CaptureFileSize     uint64 // in kilobytes
	Place               Place  // of the last full definition
	// Overridden are the places of earlier full definitions that the one at Place replaced.
	Overridden []Place

	unknownSource bool
	changed       bool // since it was compiled
	growing       growing
}

// growing is what items append to a rule; it is put together when all have been read.
type growing struct {
	condition, output composer
	desc, tags        []string
	exceptions        map[string]int // where the first of each name is
}

// begin starts with what the definition of the rule says.
func (r *Rule) begin() {
	g := &r.growing
	g.condition.add(r.Condition)
	g.output.add(r.Output)
	g.desc, g.tags = []string{r.Description}, slices.Clone(r.Tags)
	r.changed = true
	r.index()
}

// index notes where the exceptions are.
func (r *Rule) index() {
	r.growing.exceptions = map[string]int{}
	for i := range r.Exceptions {
		if _, ok := r.growing.exceptions[r.Exceptions[i].Name]; !ok {
			r.growing.exceptions[r.Exceptions[i].Name] = i
		}
	}
}

// settle puts together what has been appended.
func (r *Rule) settle() {
	g := &r.growing
	r.Condition, r.Output = g.condition.text(), g.output.text()
	r.Description = strings.Join(g.desc, " ")
	slices.Sort(g.tags)
	g.tags = slices.Compact(g.tags)
	r.Tags = slices.Clone(g.tags)
}

func (r *Rule) item() string { return itemName("rule", r.Name) }

// change is what an item says of a rule that is there already; what is nil stays.
type change struct {
	name, item                               string
	at                                       Place
	condition, output                        *Text
	desc                                     *string
	tags                                     *[]string
	exceptions                               *[]Exception
	priority                                 *Priority
	enabled, warnEventTypes, skip, recording *bool
	limits                                   [3]*uint64 // in the order of captureKeys
	source                                   string
}

func (c *change) any() bool {
	return c.condition != nil || c.output != nil || c.desc != nil || c.tags != nil || c.exceptions != nil || c.priority != nil ||
		c.enabled != nil || c.warnEventTypes != nil || c.skip != nil || c.recording != nil || c.limits != [3]*uint64{}
}

// The keys of rules that can be overridden (rule_loader_reader.cpp).
var (
	ruleAppendable  = []string{"condition", "output", "desc", "tags", "exceptions"}
	ruleReplaceable = []string{
		"condition", "output", "desc", "priority", "tags", "exceptions", "enabled", "warn_evttypes", "skip-if-unknown-filter", "capture",
		"capture_duration", "capture_events", "capture_filesize",
	}
	captureKeys = []string{"capture_duration", "capture_events", "capture_filesize"}
)

func (l *loader) rule(n tree.Node) bool {
	name, item, ok := l.named(n, "rule")
	if !ok {
		return false
	}
	if ok = l.readRule(n, name, item); !ok {
		l.lost(name)
	}
	return ok
}

func (l *loader) readRule(n tree.Node, name, item string) bool {
	l.unknownKeys(n, item, ruleKeys)
	appended, ok := l.appended(n, item)
	if !ok {
		return false
	}
	o, ok := l.overrides(n, item, ruleAppendable, ruleReplaceable)
	if !ok {
		return false
	}
	switch {
	case appended && o.any():
		return l.fail(n, item, messageOverrideAppend)
	case o.any():
		return l.overrideRule(n, name, item, o)
	case appended:
		return l.appendedRule(n, name, item)
	}
	for _, key := range []string{"condition", "output", "desc", "priority"} {
		if value(n, key).Exists() {
			return l.fullRule(n, name, item)
		}
	}
	var enabled bool
	if !l.decodeBool(n, "enabled", item, false, &enabled) {
		return false
	}
	l.warn(WarnDeprecatedItem, l.at(n), item, messageEnabled, "")
	return l.enable(&change{name: name, item: item, at: l.at(n), enabled: &enabled})
}

// overrideRule reads a rule with the key override.
func (l *loader) overrideRule(n tree.Node, name, item string, o *overriding) bool {
	expected := map[string]bool{}
	for _, key := range ruleReplaceable {
		if value(n, key).Exists() {
			expected[key] = true
		}
	}
	for _, set := range []struct {
		keys map[string]bool
		word string
		to   func(*change) bool
	}{{o.append, "append", l.appendRule}, {o.replace, "replace", l.replaceRule}} {
		if len(set.keys) == 0 {
			continue
		}
		c := &change{name: name, item: item, at: l.at(n)}
		for _, key := range ruleReplaceable {
			if !set.keys[key] {
				continue
			}
			if !expected[key] {
				return l.fail(n, item, "An "+set.word+" override for '"+key+"' was specified but '"+key+"' is not defined")
			}
			delete(expected, key)
			if !l.readKey(n, key, item, c, set.word == "append") {
				return false
			}
		}
		if !set.to(c) {
			return false
		}
	}
	for _, key := range slices.Sorted(slices.Values(ruleReplaceable)) {
		if expected[key] {
			return l.fail(value(n, key), item, "Unexpected key '"+key+"': no corresponding entry under 'override' is defined.")
		}
	}
	return true
}

// readKey reads one key of a rule into a change.
func (l *loader) readKey(n tree.Node, key, item string, c *change, appending bool) bool {
	var flag bool
	switch key {
	case "condition", "output":
		t, ok := l.decodeText(n, key, item)
		if !ok {
			return false
		}
		if key == "condition" {
			c.condition = &t
		} else {
			c.output = &t
		}
		return true
	case "desc":
		v, ok := l.decode(n, key, item)
		text := strings.Clone(v.Text())
		c.desc = &text
		return ok
	case "tags":
		tags, ok := l.tags(n, item)
		c.tags = &tags
		return ok
	case "exceptions":
		exceptions, ok := l.exceptions(n, item, appending)
		c.exceptions = &exceptions
		return ok
	case "priority":
		p, ok := l.priority(n, item)
		c.priority = &p
		return ok
	case "capture_duration", "capture_events", "capture_filesize":
		limit, ok := l.limit(n, key, item)
		c.limits[slices.Index(captureKeys, key)] = &limit
		return ok
	case "enabled":
		c.enabled = &flag
	case "warn_evttypes":
		c.warnEventTypes = &flag
	case "skip-if-unknown-filter":
		c.skip = &flag
	case "capture":
		c.recording = &flag
	}
	return l.decodeBool(n, key, item, false, &flag)
}

// limit reads a number that bounds what is captured.
func (l *loader) limit(n tree.Node, key, item string) (uint64, bool) {
	v, ok := l.decode(n, key, item)
	if !ok {
		return 0, false
	}
	d, err := strconv.ParseUint(v.Text(), 0, 64)
	if err != nil {
		return 0, l.fail(v, item, "Can't decode YAML scalar value")
	}
	return d, true
}

// limits are the fields of a rule for captureKeys.
func (r *Rule) limits() [3]*uint64 {
	return [3]*uint64{&r.CaptureDuration, &r.CaptureEvents, &r.CaptureFileSize}
}

func (l *loader) priority(n tree.Node, item string) (Priority, bool) {
	v, ok := l.decode(n, "priority", item)
	if !ok {
		return 0, false
	}
	p, ok := parsePriority(v.Text())
	if !ok {
		return 0, l.fail(v, item, "Invalid priority")
	}
	return p, true
}

// tags reads the key tags; they are a set.
func (l *loader) tags(n tree.Node, item string) ([]string, bool) {
	v := value(n, "tags")
	if !v.Exists() {
		return nil, true
	}
	if v.Kind() != tree.Sequence {
		return nil, l.fail(v, item, "Value is not a sequence")
	}
	var tags []string
	for _, e := range v.Items() {
		if e.Kind() != tree.Scalar || null(e) {
			return nil, l.fail(e, item, "sequence value is not scalar")
		}
		tags = append(tags, strings.Clone(e.Text()))
	}
	slices.Sort(tags)
	return slices.Compact(tags), true
}

// sourceOf reads the key source. A source that is empty is not there.
func (l *loader) sourceOf(n tree.Node, item string) (string, bool) {
	v := value(n, "source")
	if !v.Exists() || null(v) || v.Kind() == tree.Scalar && v.Text() == "" {
		return "", true
	}
	if v.Kind() != tree.Scalar {
		return "", l.fail(v, item, "Value is not a scalar value")
	}
	return strings.Clone(v.Text()), true
}

// appendedRule reads a rule with append: true.
func (l *loader) appendedRule(n tree.Node, name, item string) bool {
	c := &change{name: name, item: item, at: l.at(n)}
	for _, key := range []string{"condition", "exceptions"} {
		if value(n, key).Exists() && !l.readKey(n, key, item, c, true) {
			return false
		}
	}
	var ok bool
	if c.source, ok = l.sourceOf(n, item); !ok {
		return false
	}
	return l.appendRule(c)
}

// fullRule reads a whole rule.
func (l *loader) fullRule(n tree.Node, name, item string) bool {
	r := &Rule{Name: name, Enabled: true, WarnEventTypes: true, Place: l.at(n)}
	var ok bool
	if r.Condition, ok = l.decodeText(n, "condition", item); !ok {
		return false
	}
	if r.Output, ok = l.decodeText(n, "output", item); !ok {
		return false
	}
	r.Output = r.Output.trim()
	desc, ok := l.decode(n, "desc", item)
	if !ok {
		return false
	}
	r.Description = strings.Clone(desc.Text())
	if r.Priority, ok = l.priority(n, item); !ok {
		return false
	}
	if r.Source, ok = l.sourceOf(n, item); !ok {
		return false
	}
	if r.Source == "" {
		r.Source = SyscallSource
	}
	for _, flag := range []struct {
		key string
		to  *bool
	}{
		{"enabled", &r.Enabled}, {"warn_evttypes", &r.WarnEventTypes}, {"skip-if-unknown-filter", &r.SkipIfUnknownFilter}, {"capture", &r.Capture},
	} {
		if !l.decodeBool(n, flag.key, item, true, flag.to) {
			return false
		}
	}
	for i, key := range captureKeys {
		if !value(n, key).Exists() {
			continue
		}
		if *r.limits()[i], ok = l.limit(n, key, item); !ok {
			return false
		}
	}
	if r.Tags, ok = l.tags(n, item); !ok {
		return false
	}
	if r.Exceptions, ok = l.exceptions(n, item, false); !ok {
		return false
	}
	return l.defineRule(r)
}
