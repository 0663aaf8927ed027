package falco

import "slices"

// analyse tells what Falco does not: rules that never alert, and why.
func (l *loader) analyse() {
	for _, r := range l.rules {
		for _, place := range r.Overridden {
			l.add(Problem{
				Level: Note, Code: NoteRuleOverridden, Item: r.item(), Place: place,
				Message: "this definition is not used: the rule is defined again at " + r.Place.String(),
			})
		}
		if r.Loaded && !r.Enabled {
			l.add(Problem{Level: Note, Code: NoteRuleDisabled, Message: "the rule is disabled", Item: r.item(), Place: r.Place})
		}
	}
	if l.options.FirstMatch {
		l.shadows()
	}
}

// maxCandidates bounds the rules that one rule is compared with, per term.
const maxCandidates = 64

// shadows finds rules that can never be the first to match, because an earlier rule matches every event that they match. It only
// looks at what is written: a rule whose terms hold all terms of an earlier one, or one of its alternatives. So it misses
// some and is never wrong.
func (l *loader) shadows() {
	type earlier struct {
		rule  *Rule
		terms []string // all of them have to be there
	}
	byTerm := map[string][]earlier{} // of every source
	for _, r := range l.rules {
		if !r.Loaded || !r.Enabled {
			continue
		}
		terms := termsOf(r.Expr)
		has := map[string]bool{}
		for _, t := range terms {
			has[t] = true
		}
		types := l.events.expr(r.Expr, false)
		var by *Rule
	search:
		for _, t := range terms {
			for _, e := range byTerm[r.Source+" "+t] {
				// Rules without event types are asked after those with event types, whatever their order.
				if !types.AllBut && l.events.expr(e.rule.Expr, false).AllBut {
					continue
				}
				if !slices.ContainsFunc(e.terms, func(t string) bool { return !has[t] }) {
					by = e.rule
					break search
				}
			}
		}
		if by != nil {
			l.add(Problem{
				Level: Note, Code: NoteRuleShadowed, Item: r.item(), Place: r.Place,
				Message: "with rule_matching: first the rule never alerts: " + by.item() + " at " + by.Place.String() + " matches every event that it matches",
			})
		}
		keep := func(term string, e earlier) {
			if key := r.Source + " " + term; len(byTerm[key]) < maxCandidates {
				byTerm[key] = append(byTerm[key], e)
			}
		}
		keep(terms[len(terms)-1], earlier{r, terms})
		if or, ok := r.Expr.(*Or); ok {
			for _, t := range or.Terms {
				alternative := termsOf(t)
				keep(alternative[len(alternative)-1], earlier{r, alternative})
			}
		}
	}
}

// termsOf returns the terms that all have to be true, as texts, one at least.
func termsOf(e Expr) []string {
	and, ok := e.(*And)
	if !ok {
		return []string{e.String()}
	}
	var terms []string
	for _, t := range and.Terms {
		terms = append(terms, termsOf(t)...)
	}
	return terms
}
