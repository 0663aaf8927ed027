package falco

import "strconv"

func itoa(i int) string { return strconv.Itoa(i) }

// EventTypes is a set of names of events: those in Names, or all but those.
type EventTypes struct {
	AllBut bool
	Names  map[string]bool
}

// manyEvents is how many events make Falco warn. It counts enter and exit events, 100 of them (rule_loader_compiler.cpp).
const manyEvents = 50

func (e EventTypes) tooMany() bool { return e.AllBut || len(e.Names) > manyEvents }

// Has reports whether an event of this name is in the set.
func (e EventTypes) Has(name string) bool { return e.Names[name] != e.AllBut }

// maxEventNames bounds the names of a set. A set with more is taken for all events, so the answer is never too small.
const maxEventNames = 512

func (e EventTypes) capped() EventTypes {
	if len(e.Names) > maxEventNames {
		return EventTypes{AllBut: true}
	}
	return e
}

// where returns the names of a for which keep is true, and those of b.
func where(a map[string]bool, keep func(string) bool, b map[string]bool) map[string]bool {
	names := make(map[string]bool, len(a)+len(b))
	for n := range a {
		if keep == nil || keep(n) {
			names[n] = true
		}
	}
	for n := range b {
		names[n] = true
	}
	return names
}

func union(a, b EventTypes) EventTypes {
	if b.AllBut {
		a, b = b, a
	}
	if !a.AllBut {
		return EventTypes{Names: where(a.Names, nil, b.Names)}.capped()
	}
	return EventTypes{AllBut: true, Names: where(a.Names, func(n string) bool { return !b.Has(n) }, nil)}
}

func intersection(a, b EventTypes) EventTypes {
	if a.AllBut {
		a, b = b, a
	}
	if a.AllBut {
		return EventTypes{AllBut: true, Names: where(a.Names, nil, b.Names)}.capped()
	}
	return EventTypes{Names: where(a.Names, b.Has, nil)}
}

// eventKey is one question about the events of a macro.
type eventKey struct {
	macro   *Macro
	negated bool
}

// eventWalk finds the events that a condition can be true for (libs, filter/ppm_codes.cpp). What is asked of a macro is kept.
type eventWalk struct {
	known map[eventKey]EventTypes
	depth int
}

// EventTypesOf returns the events that a condition can be true for, as far as its checks of evt.type tell.
func EventTypesOf(e Expr) EventTypes {
	w := &eventWalk{known: map[eventKey]EventTypes{}}
	return w.expr(e, false)
}

func (w *eventWalk) expr(e Expr, negated bool) EventTypes {
	switch e := e.(type) {
	case *And:
		return w.terms(e.Terms, negated, !negated)
	case *Or:
		return w.terms(e.Terms, negated, negated)
	case *Not:
		return w.expr(e.Term, !negated)
	case *Check:
		return eventsOf(e, negated)
	case *Ref:
		return w.macro(e.Macro, negated)
	default:
		return EventTypes{AllBut: true}
	}
}

func (w *eventWalk) terms(terms []Expr, negated, all bool) EventTypes {
	set := EventTypes{AllBut: all}
	for _, t := range terms {
		if all {
			set = intersection(set, w.expr(t, negated))
		} else {
			set = union(set, w.expr(t, negated))
		}
	}
	return set
}

func (w *eventWalk) macro(m *Macro, negated bool) EventTypes {
	if m == nil || m.Expr == nil || w.depth > maxDepth {
		return EventTypes{AllBut: true}
	}
	key := eventKey{m, negated}
	if set, ok := w.known[key]; ok {
		return set
	}
	w.known[key] = EventTypes{AllBut: true}
	w.depth++
	set := w.expr(m.Expr, negated)
	w.depth--
	w.known[key] = set
	return set
}

// eventsOf is what one check says about the type of the event.
func eventsOf(c *Check, negated bool) EventTypes {
	f, ok := c.Left.(*Field)
	if !ok {
		return EventTypes{AllBut: true}
	}
	values := constants(c.Right)
	switch {
	case f.Name == "evt.num" && (c.Op == "=" || c.Op == "==") && len(values) == 1 && values[0].Text == "0":
		// There is no event 0: the way to say never.
		return EventTypes{AllBut: negated}
	case f.Name != "evt.type" || c.Modifier != "" || len(values) == 0:
		return EventTypes{AllBut: true}
	}
	names := map[string]bool{}
	for _, v := range values {
		names[v.Text] = true
	}
	switch c.Op {
	case "=", "==", "in", "intersects":
		return EventTypes{AllBut: negated, Names: names}.capped()
	case "!=":
		return EventTypes{AllBut: !negated, Names: names}.capped()
	default:
		return EventTypes{AllBut: true}
	}
}
