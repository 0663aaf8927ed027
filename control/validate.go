package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// isID reports whether id is kebab-case of at least two words.
func isID(id string) bool {
	words := strings.Split(id, "-")
	for _, w := range words {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return len(words) > 1 && id[0] >= 'a'
}

// Validate checks a catalogue as a whole: identities, documentation, fixes or the reason for their absence, and that
// Suppresses names existing controls without a cycle.
func Validate(catalogue []*Control) error {
	byID := make(map[string]*Control, len(catalogue))
	var errs []error
	fail := func(c *Control, format string, args ...any) {
		errs = append(errs, fmt.Errorf("control %s: %s", c.ID, fmt.Sprintf(format, args...)))
	}
	for _, c := range catalogue {
		if byID[c.ID] != nil {
			fail(c, "declared twice")
		}
		byID[c.ID] = c
		if !isID(c.ID) {
			fail(c, "id is not kebab-case")
		}
		validateTexts(c, fail)
		validateRules(c, fail)
	}
	for _, c := range catalogue {
		for _, id := range c.Suppresses {
			if byID[id] == nil {
				fail(c, "suppresses unknown control %s", id)
			}
		}
		if path := suppressionCycle(c.ID, c, byID, nil); path != nil {
			fail(c, "suppresses itself through %s", strings.Join(path, " → "))
		}
	}
	return errors.Join(errs...)
}

func validateTexts(c *Control, fail func(*Control, string, ...any)) {
	for _, text := range []struct{ name, value string }{
		{"section", c.Section}, {"title", c.Title}, {"why", c.Why}, {"since", c.Since}, {"risk", c.Risk},
	} {
		if strings.TrimSpace(text.value) == "" {
			fail(c, "no %s", text.name)
		}
	}
	if c.Profile != "" && !slices.Contains(Profiles(), c.Profile) {
		fail(c, "profile %q", c.Profile)
	}
	if strings.HasSuffix(c.Title, ".") {
		fail(c, "title ends in a full stop")
	}
	if len(c.Title) > 90 {
		fail(c, "title is longer than 90 characters")
	}
	if len(c.Refs.Source) == 0 {
		fail(c, "no source: which documentation decides the behaviour?")
	}
	if c.Refs.PSS != "" && c.Refs.PSS != "baseline" && c.Refs.PSS != "restricted" {
		fail(c, "pss level %q", c.Refs.PSS)
	}
}

func validateRules(c *Control, fail func(*Control, string, ...any)) {
	if c.Require == nil {
		fail(c, "requires nothing")
		return
	}
	if (c.Scope == Objects || c.Scope == Everything) != (len(c.Kinds) > 0) {
		fail(c, "kinds go with scope object or inventory and with nothing else")
	}
	validateTogether(c, fail)
	if (c.RequireObject != nil) != (len(c.ObjectKinds) > 0) || c.RequireObject != nil && c.Scope == Objects {
		fail(c, "RequireObject goes with ObjectKinds, and not with scope object")
	}
	if c.RequirePod != nil && c.Scope != Containers {
		fail(c, "RequirePod goes with scope container")
	}
	if (c.Fix == Auto) == (c.NoFix != "") {
		fail(c, "NoFix must say why unless the fix is automatic")
	}
	cel := CEL{At: "container", Pod: "pod", Metadata: "metadata", Version: LatestMinor, Params: c.ExampleParams()}
	hasCEL := c.Require.CEL(cel) != "" && (c.RequirePod == nil || c.RequirePod.CEL(cel) != "")
	if hasCEL == (c.NoPolicy != "") {
		fail(c, "NoPolicy must say why exactly if there is no CEL")
	}
	if len(c.Breaks()) == 0 && c.Scope != Everything {
		fail(c, "nothing says what breaks it: Bad is needed")
	}
	seen := map[string]bool{}
	for _, p := range c.Params {
		if seen[p.Name] || p.Name == "" || p.Doc == "" || len(p.Example) == 0 && len(p.Default) == 0 {
			fail(c, "parameter %q is not declared in full", p.Name)
		}
		seen[p.Name] = true
		for _, v := range append(slices.Clone(p.Default), p.Example...) {
			if p.Valid != nil && !p.Valid(v) {
				fail(c, "parameter %q does not take its own value %q", p.Name, v)
			}
		}
	}
}

// validateTogether checks what goes with the scope inventory.
func validateTogether(c *Control, fail func(*Control, string, ...any)) {
	_, together := c.Require.(Joint)
	examples := c.Cases()
	if together != (c.Scope == Everything) || together != (len(examples) > 0) {
		fail(c, "scope inventory, a Together and examples go with one another")
	}
	bad, good := false, false
	for _, e := range examples {
		bad, good = bad || len(e.Want) > 0, good || len(e.Want) == 0
	}
	if together && (!bad || !good || len(examples[0].Want) == 0) {
		fail(c, "examples need one that fails, which comes first, and one that passes")
	}
}

func suppressionCycle(start string, c *Control, byID map[string]*Control, path []string) []string {
	for _, id := range c.Suppresses {
		if id == start {
			return append(path, id)
		}
		next := byID[id]
		if next == nil || slices.Contains(path, id) {
			continue
		}
		if p := suppressionCycle(start, next, byID, append(path, id)); p != nil {
			return p
		}
	}
	return nil
}

// Breaks returns the changes to a hardened subject each of which makes the control fail.
func (c *Control) Breaks() []Change {
	out := slices.Clone(c.Bad)
	out = c.Require.Breaks(out)
	if c.RequirePod != nil {
		for _, b := range c.RequirePod.Breaks(nil) {
			b.Base = OnPodSpec
			out = append(out, b)
		}
	}
	return out
}

// ExampleParams returns the control's example settings, or defaults where there is no example.
func (c *Control) ExampleParams() map[string][]string {
	m := make(map[string][]string, len(c.Params))
	for _, p := range c.Params {
		m[p.Name] = p.Default
		if len(p.Example) > 0 {
			m[p.Name] = p.Example
		}
	}
	return m
}
