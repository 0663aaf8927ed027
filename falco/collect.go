package falco

// ItemList is a list after all overrides.
type ItemList struct {
	Name  string
	Place Place // of the last full definition
	Used  bool
	// Overridden are the places of earlier full definitions.
	Overridden []Place

	items             []Text
	index, visibility int
}

// Items returns the values of the list as they are written, names of other lists included.
func (l *ItemList) Items() []string {
	items := make([]string, len(l.items))
	for i := range l.items {
		items[i] = l.items[i].s
	}
	return items
}

func (l *ItemList) item() string { return itemName("list", l.Name) }

// Macro is a macro after all overrides.
type Macro struct {
	Name      string
	Condition Text  // as written
	Expr      Expr  // nil if it could not be compiled
	Place     Place // of the last full definition
	Used      bool
	// Overridden are the places of earlier full definitions.
	Overridden []Place

	parts             composer // of Condition
	expanded          Text     // with lists put in
	index, visibility int
	changed           bool // since it was compiled
	broken            bool // it, or one that it refers to, could not be compiled
}

func (m *Macro) item() string { return itemName("macro", m.Name) }

// collector is what has been read so far (rule_loader_collector.cpp). An item that is defined again keeps its index, and takes the
// number of the new definition for its visibility: it may use what was there before that.
type collector struct {
	lists       []*ItemList
	macros      []*Macro
	rules       []*Rule
	listByName  map[string]*ItemList
	macroByName map[string]*Macro
	ruleByName  map[string]*Rule
	lostNames   map[string]bool // items that could not be read
	next        int
}

func (c *collector) init() {
	c.listByName, c.macroByName, c.ruleByName = map[string]*ItemList{}, map[string]*Macro{}, map[string]*Rule{}
	c.lostNames = map[string]bool{}
}

// lost remembers the name of an item that could not be read, so that nobody is told that it is missing.
func (c *collector) lost(name string) { c.lostNames[name] = true }

// number counts the items.
func (c *collector) number() int {
	c.next++
	return c.next - 1
}

func (l *loader) defineList(d *ItemList) {
	d.visibility = l.number()
	prev := l.listByName[d.Name]
	if prev == nil {
		d.index = d.visibility
		l.lists = append(l.lists, d)
		l.listByName[d.Name] = d
		return
	}
	d.index, d.Overridden = prev.index, prev.Overridden
	d.Overridden = append(d.Overridden, prev.Place)
	*prev = *d
}

func (l *loader) appendList(d *ItemList) bool {
	prev := l.listByName[d.Name]
	if prev == nil {
		return l.missing(d.Place, d.Name, d.item(), "List uses 'append' or 'override.items: append' but no list by that name already exists")
	}
	prev.items = append(prev.items, d.items...)
	prev.visibility = l.number()
	return true
}

// missing tells that an item changes one that is not there, unless it may have been lost.
func (l *loader) missing(at Place, name, item, message string) bool {
	if l.unsure || l.lostNames[name] {
		return false
	}
	l.add(Problem{Level: Error, Code: ErrValidate, Message: message, Item: item, Place: at, Missing: name})
	return false
}

func (l *loader) defineMacro(d *Macro) {
	d.visibility, d.changed = l.number(), true
	d.parts.add(d.Condition)
	prev := l.macroByName[d.Name]
	if prev == nil {
		d.index = d.visibility
		l.macros = append(l.macros, d)
		l.macroByName[d.Name] = d
		return
	}
	d.index, d.Overridden = prev.index, prev.Overridden
	d.Overridden = append(d.Overridden, prev.Place)
	*prev = *d
}

func (l *loader) appendMacro(d *Macro) bool {
	prev := l.macroByName[d.Name]
	if prev == nil {
		return l.missing(d.Place, d.Name, d.item(), "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists")
	}
	prev.parts.join(d.Condition)
	prev.visibility, prev.changed = l.number(), true
	return true
}

// knownSource is the source if there is such events, else "".
func (l *loader) knownSource(r *Rule) string {
	if r.unknownSource {
		return ""
	}
	return r.Source
}

func (l *loader) defineRule(r *Rule) bool {
	prev := l.ruleByName[r.Name]
	if prev != nil && prev.Source != r.Source {
		return l.invalid(r.Place, r.item(), "Rule has been re-defined with a different source", "")
	}
	if !l.sources[r.Source] {
		r.unknownSource = true
		hint := ""
		if near := nearest(r.Source, Sources()); near != "" {
			hint = "did you mean " + near + "?"
		}
		l.warn(WarnUnknownSource, r.Place, r.item(), "Unknown source "+r.Source+", skipping", hint)
	}
	for i := range r.Exceptions {
		x := &r.Exceptions[i]
		if !x.Fields.valid() {
			return l.invalid(x.Place, r.item(), "Rule exception item must have fields property with a list of fields", "")
		}
		if !l.validException(x, l.knownSource(r), r.item()) {
			return false
		}
	}
	l.number()
	r.begin()
	if prev == nil {
		l.rules = append(l.rules, r)
		l.ruleByName[r.Name] = r
		return true
	}
	r.Overridden = prev.Overridden
	r.Overridden = append(r.Overridden, prev.Place)
	*prev = *r
	return true
}

// previous finds the rule that a change is about, and checks that the change says anything.
func (l *loader) previous(c *change, missing, empty string) *Rule {
	prev := l.ruleByName[c.name]
	switch {
	case prev == nil:
		l.missing(c.at, c.name, c.item, missing)
		return nil
	case !c.any():
		l.invalid(c.at, c.item, empty, "")
		return nil
	case c.source != "" && c.source != prev.Source:
		l.invalid(c.at, c.item, "Rule has been re-defined with a different source", "")
		return nil
	}
	return prev
}

func (l *loader) appendRule(c *change) bool {
	prev := l.previous(c, "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
		"Appended rule must have exceptions or condition property")
	if prev == nil {
		return false
	}
	if c.condition != nil {
		prev.growing.condition.join(*c.condition)
	}
	if c.output != nil {
		prev.growing.output.join(*c.output)
	}
	if c.desc != nil {
		prev.growing.desc = append(prev.growing.desc, *c.desc)
	}
	if c.tags != nil {
		prev.growing.tags = append(prev.growing.tags, *c.tags...)
	}
	if c.exceptions != nil {
		for i := range *c.exceptions {
			if !l.appendException(prev, &(*c.exceptions)[i], c.item) {
				return false
			}
		}
	}
	prev.changed = true
	l.number()
	return true
}

func (l *loader) appendException(r *Rule, x *Exception, item string) bool {
	if at, ok := r.growing.exceptions[x.Name]; ok {
		prev := &r.Exceptions[at]
		if x.Fields.valid() {
			return l.invalid(x.Place, item, "Can not append exception fields to existing exception, only values", "")
		}
		if x.Comps.valid() {
			return l.invalid(x.Place, item, "Can not append exception comps to existing exception, only values", "")
		}
		prev.Values = append(prev.Values, x.Values...)
		return true
	}
	if !x.Fields.valid() {
		return l.invalid(x.Place, item, "Rule exception must have fields property with a list of fields", "")
	}
	if len(x.Values) == 0 {
		return l.invalid(x.Place, item, "Rule exception must have values property with a list of values", "")
	}
	if !l.validException(x, l.knownSource(r), item) {
		return false
	}
	r.growing.exceptions[x.Name] = len(r.Exceptions)
	r.Exceptions = append(r.Exceptions, *x)
	return true
}

func (l *loader) replaceRule(c *change) bool {
	prev := l.previous(c, "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists",
		"The rule must have at least one field that can be replaced")
	if prev == nil {
		return false
	}
	g := &prev.growing
	if c.condition != nil {
		g.condition = composer{}
		g.condition.add(*c.condition)
	}
	if c.output != nil {
		g.output = composer{}
		g.output.add(*c.output)
	}
	if c.desc != nil {
		g.desc = []string{*c.desc}
	}
	set(&g.tags, c.tags)
	set(&prev.Priority, c.priority)
	set(&prev.Enabled, c.enabled)
	set(&prev.WarnEventTypes, c.warnEventTypes)
	set(&prev.SkipIfUnknownFilter, c.skip)
	set(&prev.Capture, c.recording)
	for i, to := range prev.limits() {
		set(to, c.limits[i])
	}
	if c.exceptions != nil {
		for i := range *c.exceptions {
			x := &(*c.exceptions)[i]
			// Falco does not check these, and cannot use them if they lack something; the defaults are those of a definition.
			if !x.Fields.valid() {
				return l.invalid(x.Place, c.item, "Rule exception item must have fields property with a list of fields", "")
			}
			if !l.validException(x, l.knownSource(prev), c.item) {
				return false
			}
		}
		prev.Exceptions = *c.exceptions
		prev.index()
	}
	prev.changed = true
	l.number()
	return true
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// enable sets whether a rule is enabled by the deprecated item that says nothing else.
func (l *loader) enable(c *change) bool {
	prev := l.ruleByName[c.name]
	if prev == nil {
		return l.missing(c.at, c.name, c.item, "Rule has 'enabled' key but no rule by that name already exists")
	}
	prev.Enabled = *c.enabled
	return true
}
